//! Choices that are made and not applied yet. They are bound to the values they were made against, and kept on disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::Data;
use crate::core::pair::Choice;
use crate::core::text::{self, Part, Pick as TextPick};
use crate::core::{Conflict, FieldKey, Time, Value};
use crate::engine::answers::{Pick, chosen, notions_text};
use crate::engine::face::ConflictLine;

/// A choice for one clashing place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HunkPick {
    /// GitHub's lines.
    Github,
    /// Notion's lines.
    Notion,
    /// The lines of the last agreement.
    Base,
    /// GitHub's lines, then Notion's.
    Both,
}

/// A choice for one conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draft {
    /// GitHub's value.
    Github,
    /// Notion's value.
    Notion,
    /// The value of the last agreement.
    Base,
    /// The names of both.
    Union,
    /// Place by place; a text with a place that is not chosen is no choice yet.
    Hunks(Vec<Option<HunkPick>>),
    /// The user's own text.
    Own(String),
}

/// What a draft was made against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    base: Value,
    github: Value,
    notion: Value,
    draft: Draft,
}

/// One change of the drafts, to take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    conflict: Conflict,
    before: Option<Draft>,
    after: Option<Draft>,
}

/// The choices made so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// By conflict id.
    kept: BTreeMap<String, Kept>,
    #[serde(skip)]
    done: Vec<Change>,
    #[serde(skip)]
    undone: Vec<Change>,
}

impl Drafts {
    /// The draft for a conflict, if it was made against these very values.
    pub fn get(&self, conflict: &Conflict) -> Option<&Draft> {
        let kept = self.kept.get(&conflict.id)?;
        let same = kept.base == conflict.base
            && kept.github == conflict.github
            && kept.notion == conflict.notion;
        same.then_some(&kept.draft)
    }

    /// Makes a choice, or takes it away.
    pub fn set(&mut self, conflict: &Conflict, draft: Option<Draft>) {
        let before = self.get(conflict).cloned();
        if before == draft {
            return;
        }
        self.done.push(Change {
            conflict: conflict.clone(),
            before,
            after: draft.clone(),
        });
        self.undone.clear();
        self.put(conflict, draft);
    }

    /// Forgets a draft that was made against other values than these. Says whether there was one.
    pub fn drop_stale(&mut self, conflict: &Conflict) -> bool {
        let is_stale = self.kept.contains_key(&conflict.id) && self.get(conflict).is_none();
        if is_stale {
            self.kept.remove(&conflict.id);
        }
        is_stale
    }

    /// Whether these are the same choices.
    pub fn same_as(&self, other: &Self) -> bool {
        self.kept == other.kept
    }

    fn put(&mut self, conflict: &Conflict, draft: Option<Draft>) {
        match draft {
            Some(draft) => {
                let kept = Kept {
                    base: conflict.base.clone(),
                    github: conflict.github.clone(),
                    notion: conflict.notion.clone(),
                    draft,
                };
                self.kept.insert(conflict.id.clone(), kept);
            }
            None => {
                self.kept.remove(&conflict.id);
            }
        }
    }

    /// Takes the last change back. Gives what it was about, if there was one.
    pub fn undo(&mut self) -> Option<Conflict> {
        let change = self.done.pop()?;
        self.put(&change.conflict, change.before.clone());
        let about = change.conflict.clone();
        self.undone.push(change);
        Some(about)
    }

    /// Makes the last change again that was taken back. Gives what it was about, if there was one.
    pub fn redo(&mut self) -> Option<Conflict> {
        let change = self.undone.pop()?;
        self.put(&change.conflict, change.after.clone());
        let about = change.conflict.clone();
        self.done.push(change);
        Some(about)
    }

    /// Forgets drafts of conflicts that are over, once the engine has said which are open.
    pub fn forget_others(&mut self, data: &Data) {
        if data.links().is_empty() {
            return;
        }
        // A list that is cut says nothing about those beyond it.
        let is_whole = data.links().iter().all(|link| link.counts.conflicted < 100);
        if is_whole {
            let open: Vec<&str> = data
                .links()
                .iter()
                .flat_map(|link| &link.conflicts)
                .map(|line| line.conflict.id.as_str())
                .collect();
            self.kept.retain(|id, _| open.contains(&id.as_str()));
        }
    }
}

/// A conflict's text as settled stretches and clashing places, in GitHub's form; none for other fields.
pub fn parts(conflict: &Conflict) -> Option<Vec<Part>> {
    if conflict.field.as_ref()? != &FieldKey::BODY {
        return None;
    }
    let notion = text::from_notion(conflict.notion.as_text());
    match text::merge(conflict.base.as_text(), conflict.github.as_text(), &notion) {
        text::Merged::Clean(text) => Some(vec![Part::Settled(text)]),
        text::Merged::Conflict(parts) => Some(parts),
    }
}

/// How many clashing places a conflict's text has.
pub fn hunks(conflict: &Conflict) -> usize {
    let parts = parts(conflict).unwrap_or_default();
    parts
        .iter()
        .filter(|part| matches!(part, Part::Conflict(_)))
        .count()
}

/// The value that a draft leads to, in GitHub's form; none while something is left to choose.
pub fn outcome(conflict: &Conflict, draft: &Draft) -> Option<Value> {
    match draft {
        Draft::Github => Some(conflict.github.clone()),
        Draft::Notion => Some(match conflict.field.as_ref() {
            Some(key) if *key == FieldKey::BODY => Value::text(notions_text(conflict, None)),
            _ => conflict.notion.clone(),
        }),
        Draft::Base => Some(conflict.base.clone()),
        Draft::Union => Some(Value::set(
            conflict
                .github
                .names()
                .union(&conflict.notion.names())
                .cloned(),
        )),
        Draft::Own(text) => Some(Value::text(text.clone())),
        Draft::Hunks(picks) => {
            let picks: Vec<HunkPick> = picks.iter().copied().collect::<Option<_>>()?;
            let notion = text::from_notion(conflict.notion.as_text());
            let merged = text::merge(conflict.base.as_text(), conflict.github.as_text(), &notion);
            (merged.hunks().len() == picks.len()).then(|| {
                Value::text(merged.taking(|at, _| match picks[at] {
                    HunkPick::Github => TextPick::Ours,
                    HunkPick::Notion => TextPick::Theirs,
                    HunkPick::Base => TextPick::Base,
                    HunkPick::Both => TextPick::Both,
                }))
            })
        }
    }
}

/// What the engine is told for a draft; none while something is left to choose.
pub fn pick(conflict: &Conflict, draft: &Draft) -> Option<Pick> {
    Some(match draft {
        Draft::Github => Pick::Github,
        Draft::Notion => Pick::Notion,
        Draft::Base => Pick::Base,
        Draft::Union | Draft::Hunks(_) | Draft::Own(_) => Pick::Edited(outcome(conflict, draft)?),
    })
}

/// What both sides will say once a draft is carried out, each in its own form: what the engine would keep for it. None
/// while something is left to choose.
pub fn choice(line: &ConflictLine, draft: &Draft) -> Option<Result<Choice, String>> {
    let pick = pick(&line.conflict, draft)?;
    let (field, base) = (line.field.as_ref(), line.base.as_ref());
    Some(chosen(&line.conflict, field, base, &pick, Time::default()))
}
