//! `[link.fields]`: where fields are kept in Notion, in which words, and which way they go.

use std::borrow::Cow;

use super::section::{At, Fault, Named, Section, listed};
use super::words;
use crate::core::codec::StateMap;
use crate::core::mapping::{Bound, ID_PROPERTY, KIND_PROPERTY, Placement};
use crate::core::told;
use crate::core::words::Words;
use crate::core::{Class, Direction, FieldKey, Kind, Mapping, Policy, PropertyKind};

/// A field, of one kind or of all, and where it is kept.
pub type Placed = (Option<Kind>, FieldKey, Placement);

/// What pages are recognised by, and what tells people how a pair stands: these are never left out.
const NEEDED: [FieldKey; 2] = [FieldKey::REPOSITORY, FieldKey::PUBLISH];

/// What GitHub says of why an issue was closed (<https://docs.github.com/en/rest/issues/issues>, `state_reason`).
const REASONS: [&str; 3] = ["completed", "duplicate", "not planned"];

/// Reads the placements of all kinds, then those of one.
pub(super) fn read(mut section: Section<'_, '_>) -> Vec<Placed> {
    let standard = Mapping::standard(StateMap::default(), Policy::Ask);
    let mut all = of_kind(&mut section, &standard, None);
    for (name, kind) in Kind::NAMES {
        let mut own = section.listed_table(name);
        all.extend(of_kind(&mut own, &standard, Some(*kind)));
        own.finish();
    }
    section.finish();
    all
}

fn of_kind(section: &mut Section<'_, '_>, standard: &Mapping, kind: Option<Kind>) -> Vec<Placed> {
    let mut placed = Vec::new();
    for bound in fields(standard, kind) {
        let Cow::Borrowed(name) = bound.field.key.0 else {
            continue;
        };
        if !section.has(name) {
            section.knows(name);
            continue;
        }
        let span = section.span_of(name);
        let placement = placement(section, bound, name);
        match check(bound, &placement) {
            Err(fault) => section.source.fault(&span, &fault),
            Ok(()) => placed.push((kind, bound.field.key.clone(), placement)),
        }
    }
    placed
}

/// The fields of a kind, or of all kinds, each once, without those by which pages are recognised.
fn fields(standard: &Mapping, kind: Option<Kind>) -> Vec<&Bound> {
    let kinds = Kind::NAMES.iter().map(|(_, kind)| *kind);
    let kinds = kinds.filter(|of| kind.is_none_or(|kind| kind == *of));
    let mut all: Vec<&Bound> = Vec::new();
    for bound in kinds.flat_map(|kind| standard.bound(kind)) {
        let is_own = bound
            .property
            .as_ref()
            .is_some_and(|(name, _)| name == ID_PROPERTY || name == KIND_PROPERTY);
        if !is_own && !all.iter().any(|other| other.field.key == bound.field.key) {
            all.push(bound);
        }
    }
    all
}

/// A text is the property's name; a table says more.
fn placement(section: &mut Section<'_, '_>, bound: &Bound, name: &'static str) -> Placement {
    if !section.is_table(name) {
        return Placement {
            property: value(section.listed_text(name, words::filled)),
            ..Placement::default()
        };
    }
    let mut own = section.listed_table(name);
    let placement = Placement {
        property: value(own.listed_text("property", words::filled)),
        kind: value(own.listed_text("type", property_kind)),
        direction: value(own.listed_text("direction", Direction::named)),
        words: words_of(&mut own, bound),
    };
    own.finish();
    placement
}

/// What the values of a field are called in Notion: `values = { bug = "Defect", task = ["To do", "Chore"] }`.
fn words_of(section: &mut Section<'_, '_>, bound: &Bound) -> Words {
    let mut words = Words::default();
    if !section.has("values") {
        section.knows("values");
        return words;
    }
    let span = section.span_of("values");
    let mut own = section.listed_table("values");
    if let Err(fault) = takes_words(bound) {
        section.source.fault(&span, &fault);
        return words;
    }
    for key in own.own_keys() {
        let options = own.own_list(&key.value, words::option);
        if let Err(fault) = check_word(bound, &words, &key.value, &options) {
            own.source.fault(&key.span, &fault);
            continue;
        }
        words.add(key.value, options.into_iter().map(|at| at.value).collect());
    }
    words
}

/// Whether a field's values are names that may be called otherwise in Notion.
fn takes_words(bound: &Bound) -> Result<(), Fault> {
    let key = &bound.field.key;
    if *key == FieldKey::STATE {
        return Err(Fault::new(
            "what means open and what means closed is said in [link.status]",
            "take `values` out",
        ));
    }
    let is_name = matches!(bound.form, PropertyKind::Select | PropertyKind::MultiSelect);
    if !is_name || NEEDED.contains(key) || told::is_told(key) {
        return Err(Fault::new(
            format!("the values of `{key}` have no other words"),
            "labels, assignees, milestones, types and the like have",
        ));
    }
    Ok(())
}

/// Of a set's names each needs a word for itself: of two that mean one, the second would come and go with the first.
fn check_word(
    bound: &Bound,
    words: &Words,
    name: &str,
    options: &[At<String>],
) -> Result<(), Fault> {
    if words.option(name, None).is_some() {
        return Err(Fault::new(
            format!("`{name}` has words already"),
            "GitHub's names differ by more than their case",
        ));
    }
    if bound.field.key == FieldKey::CLOSED_AS && !REASONS.contains(&name.to_lowercase().as_str()) {
        return Err(Fault::new(
            format!("GitHub closes no issue as `{name}`"),
            format!("it knows: {}", listed(&REASONS)),
        ));
    }
    if bound.class != Class::Set {
        return Ok(());
    }
    if options.len() > 1 {
        return Err(Fault::new(
            format!("`{name}` has more than one word"),
            "where an item has several names at once, each has one",
        ));
    }
    let taken = options.iter().find_map(|at| words.value(&at.value, None));
    taken.map_or(Ok(()), |other| {
        Err(Fault::new(
            format!("`{name}` has the same word as `{other}`"),
            "where an item has several names at once, each has its own",
        ))
    })
}

fn property_kind(name: &str) -> Result<PropertyKind, Fault> {
    PropertyKind::named(name).ok_or_else(|| {
        let names: Vec<&str> = PropertyKind::ALL
            .iter()
            .map(|kind| kind.api_name())
            .collect();
        Fault::new(
            format!("`{name}` is no type of property that a field can be kept in"),
            format!("allowed: {}", listed(&names)),
        )
    })
}

/// Whether a field can be kept there and go that way.
fn check(bound: &Bound, placement: &Placement) -> Result<(), Fault> {
    let key = &bound.field.key;
    if bound.property.is_none() && (placement.property.is_some() || placement.kind.is_some()) {
        return Err(Fault::new(
            format!("`{key}` is the text of the page, not a property"),
            "only its direction can be chosen",
        ));
    }
    if let Some(kind) = placement.kind
        && !bound.form.fitting().contains(&kind)
    {
        let names: Vec<&str> = bound
            .form
            .fitting()
            .iter()
            .map(|kind| kind.api_name())
            .collect();
        return Err(Fault::new(
            format!(
                "`{key}` does not fit into a property of the type {}",
                kind.api_name()
            ),
            format!("fitting: {}", listed(&names)),
        ));
    }
    check_direction(bound, placement.direction)
}

fn check_direction(bound: &Bound, direction: Option<Direction>) -> Result<(), Fault> {
    let key = &bound.field.key;
    let is_mirror = bound.field.class == Class::Mirror;
    match direction {
        Some(Direction::Both | Direction::ToGithub) if is_mirror => Err(Fault::new(
            format!("`{key}` is GitHub's alone"),
            "it goes `to_notion`, or is `off`",
        )),
        Some(Direction::ToGithub | Direction::Off) if *key == FieldKey::TITLE => Err(Fault::new(
            "every page and every issue has a title",
            "it goes `both` ways, or `to_notion`",
        )),
        Some(Direction::Off) if NEEDED.contains(key) => Err(Fault::new(
            format!("`{key}` is needed to make issues of pages"),
            "keep it in another property, if this one is in your way",
        )),
        _ => Ok(()),
    }
}

/// Reports fields of one kind that share a property: each would put the other's value back.
pub(super) fn shared(mapping: &Mapping) -> Option<(Kind, FieldKey, FieldKey)> {
    Kind::NAMES.iter().find_map(|(_, kind)| {
        let bound = mapping.bound(*kind);
        bound.iter().enumerate().find_map(|(at, one)| {
            let name = &one.property.as_ref()?.0;
            let same = |other: &&Bound| other.property.as_ref().is_some_and(|(to, _)| to == name);
            let other = bound[..at].iter().find(same)?;
            Some((*kind, other.field.key.clone(), one.field.key.clone()))
        })
    })
}

fn value<T>(at: Option<At<T>>) -> Option<T> {
    at.map(|at| at.value)
}
