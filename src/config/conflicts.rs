//! `profile` and `[link.conflicts]`: what happens when both sides changed one field differently.

use std::borrow::Cow;
use std::cmp::Reverse;

use glob::Pattern;

use super::model::Link;
use super::section::{Fault, Named, Own, Section};
use crate::core::codec::StateMap;
use crate::core::mapping::Placement;
use crate::core::plan::{ByLabel, NewPages, OnTrashed};
use crate::core::{Direction, FieldKey, Kind, Mapping, Policy};

/// The policy of a field, of one kind or of all.
pub(super) type OfField = (Option<Kind>, FieldKey, Policy);

/// A named set of policies that a link begins with; what the link says itself counts more.
#[derive(Clone, Copy)]
pub(super) enum Profile {
    /// Every conflict is a question.
    Ask,
    /// GitHub is law: it wins every conflict.
    Github,
    /// Notion plans: what planning is about is Notion's to decide, words are a question.
    Planning,
    /// Notion mirrors GitHub, and nothing ever goes back.
    Mirror,
}

impl Named for Profile {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("ask", Self::Ask),
        ("github", Self::Github),
        ("planning", Self::Planning),
        ("mirror", Self::Mirror),
    ];
}

impl Profile {
    /// Sets what the profile is about.
    pub(super) fn apply(self, link: &mut Link) {
        const PLANNED: [FieldKey; 5] = [
            FieldKey::STATE,
            FieldKey::LABELS,
            FieldKey::ASSIGNEES,
            FieldKey::MILESTONE,
            FieldKey::TYPE,
        ];
        match self {
            Self::Ask => link.conflict = Policy::Ask,
            Self::Github => link.conflict = Policy::Github,
            Self::Planning => {
                link.conflict = Policy::Ask;
                let planned = PLANNED.map(|key| (None, key, Policy::Notion));
                link.conflicts.extend(planned);
            }
            Self::Mirror => {
                link.new_pages = NewPages::Ignore;
                link.on_trashed_page = OnTrashed::Unlink;
                let mirrored = FieldKey::BOTH_WAYS.map(|key| {
                    let placement = Placement {
                        direction: Some(Direction::ToNotion),
                        ..Placement::default()
                    };
                    (None, key, placement)
                });
                link.fields.extend(mirrored);
            }
        }
    }
}

impl Profile {
    /// The key by which a link takes back what its profile promises: left in the file by oversight it would make an empty
    /// word of the profile.
    pub(super) fn contradicted(self, link: &Link) -> Option<&'static str> {
        match self {
            Self::Github if link.conflict != Policy::Github => Some("conflict"),
            Self::Mirror if link.new_pages != NewPages::Ignore => Some("new_pages"),
            Self::Mirror if link.on_trashed_page != OnTrashed::Unlink => Some("on_trashed_page"),
            _ => None,
        }
    }
}

/// Reads policies of single fields, those of all kinds, then those of one; and those of labels.
pub(super) fn read(mut section: Section<'_, '_>) -> (Vec<OfField>, Vec<ByLabel>) {
    let mut all = fields(&mut section, None);
    for (name, kind) in [("issue", Kind::Issue), ("pull_request", Kind::Pull)] {
        let mut own = section.table(name);
        all.extend(fields(&mut own, Some(kind)));
        own.finish();
    }
    let labelled = labelled(section.table("labelled"));
    section.finish();
    (all, labelled)
}

fn fields(section: &mut Section<'_, '_>, kind: Option<Kind>) -> Vec<OfField> {
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    let of = |key: &FieldKey, kind: Kind| mapping.field(kind, key).is_some();
    let takes = |key: &FieldKey| kind.is_none_or(|kind| of(key, kind));
    let keys = FieldKey::BOTH_WAYS.into_iter().filter(takes);
    let chosen = keys.filter_map(|key| {
        let Cow::Borrowed(name) = key.0 else {
            return None;
        };
        Some((kind, key, section.choice(name)?))
    });
    chosen.collect()
}

/// The keys are labels, by pattern. Of several that an item has the most exact one counts.
fn labelled(mut section: Section<'_, '_>) -> Vec<ByLabel> {
    let mut rules = Vec::new();
    for key in section.own_keys() {
        let label = match Pattern::new(&key) {
            Ok(label) => label,
            Err(error) => {
                let message = format!("`{}` is no pattern: {}", key.value, error.msg);
                let label = "`*` any text, `?` one character, `[ab]` one of these";
                section.source.fault(&key.span, &Fault::new(message, label));
                continue;
            }
        };
        let rule = |field: Option<FieldKey>, policy: Policy| ByLabel {
            label: label.clone(),
            field,
            policy,
        };
        match section.own(&key, Policy::named) {
            Own::Nothing => {}
            Own::Value(policy) => rules.push(rule(None, policy)),
            Own::Table(mut own) => {
                let chosen = fields(&mut own, None);
                own.finish();
                rules.extend(
                    chosen
                        .into_iter()
                        .map(|(_, key, policy)| rule(Some(key), policy)),
                );
            }
        }
    }
    rules.sort_by_key(|rule| exactness(rule.label.as_str()));
    rules
}

/// Sorts patterns, the most exact first: the one with the most letters of its own, and of equal ones a label before a
/// pattern, and the one that leaves less open.
fn exactness(pattern: &str) -> (Reverse<usize>, usize) {
    let (mut own, mut open) = (0, 0);
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '*' => open += WIDE,
            '?' => open += 1,
            '[' => {
                // A `]` right behind the bracket, or behind its `!`, is one of the letters.
                let rest = signs.as_str();
                let first = rest.strip_prefix('!').unwrap_or(rest);
                let skipped =
                    rest.len() - first.len() + first.chars().next().map_or(0, char::len_utf8);
                let end = rest[skipped..]
                    .find(']')
                    .map_or(rest.len(), |at| skipped + at + 1);
                signs = rest[end..].chars();
                open += 1;
            }
            _ => own += 1,
        }
    }
    (Reverse(own), open)
}

/// How much more a `*` leaves open than one sign.
const WIDE: usize = 1_000;
