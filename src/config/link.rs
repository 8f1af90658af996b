//! `[[link]]`: one pairing, and what must hold between pairings.

use std::ops::Range;

use super::conflicts::Profile;
use super::model::{Config, Link};
use super::section::{At, Fault, Named, Section, Source, listed};
use super::words;
use crate::core::Kind;
use crate::core::codec::StateMap;

/// A link and where its parts stand, for the checks between links.
pub(super) struct Placed {
    pub(super) link: Link,
    name: Range<usize>,
    database: Range<usize>,
}

/// Reads one link. None when a part is missing without which there is no link; that is reported.
pub(super) fn read(mut section: Section<'_, '_>, config: &Config) -> Option<Placed> {
    let name = section.read("name", words::link_name);
    let has_name = name.is_some() || section.has("name");
    let repositories = repositories(&mut section);
    let database = database(&mut section, config);
    let mut link = Link::standard(
        name.as_ref().map_or("", |at| at.value.as_str()),
        Vec::new(),
        String::new(),
    );
    let profile = section.choice::<Profile>("profile");
    if let Some(profile) = profile {
        profile.apply(&mut link);
    }
    selection(&mut section, &mut link);
    content(&mut section, &mut link);
    let source = section.source;
    if let Some(key) = profile.and_then(|profile| profile.contradicted(&link)) {
        let message = format!("`{key}` says otherwise than the profile");
        let fault = Fault::new(message, "take one of the two out");
        source.fault(&section.span_of(key), &fault);
    }
    let span = section.span.clone();
    if !has_name {
        source.fault(
            &span,
            &Fault::new("this link has no `name`", "add name = \"…\""),
        );
    }
    section.finish();

    let repositories = repositories?;
    link.repositories = repositories.value;
    database.as_ref()?.value.clone_into(&mut link.database);
    check_new_pages(source, &link, &repositories.span);
    Some(Placed {
        link,
        name: name?.span,
        database: database?.span,
    })
}

fn repositories(section: &mut Section<'_, '_>) -> Option<At<Vec<String>>> {
    let list = section.list("repositories", words::selection);
    let source = section.source;
    let Some(list) = list else {
        if !section.has("repositories") {
            let fault = Fault::new(
                "this link has no `repositories`",
                "add repositories = [\"owner/*\"]",
            );
            source.fault(&section.span, &fault);
        }
        return None;
    };
    if list.is_empty() && section.is_empty_list("repositories") {
        let fault = Fault::new("a link needs a repository", "for example [\"owner/*\"]");
        source.fault(&list.span, &fault);
    }
    Some(At {
        value: list.value.into_iter().map(|at| at.value).collect(),
        span: list.span,
    })
}

fn database(section: &mut Section<'_, '_>, config: &Config) -> Option<At<String>> {
    let own = section.read("database", words::database);
    if own.is_some() || section.has("database") {
        return own;
    }
    if config.database.is_none() {
        let fault = Fault::new(
            "this link has no `database`",
            "add database = \"…\", or set NOTION_DATABASE_ID",
        );
        section.source.fault(&section.span, &fault);
    }
    Some(At {
        value: config.database.clone()?,
        span: section.span.clone(),
    })
}

/// What of the repositories is taken.
fn selection(section: &mut Section<'_, '_>, link: &mut Link) {
    let values = |list: At<Vec<At<_>>>| list.value.into_iter().map(|at| at.value).collect();
    set(
        &mut link.exclude,
        section.list("exclude", words::exclusion).map(values),
    );
    if let Some(kinds) = section.list("kinds", Kind::named) {
        if kinds.is_empty() && section.is_empty_list("kinds") {
            let names: Vec<_> = Kind::NAMES.iter().map(|(name, _)| *name).collect();
            let fault = Fault::new("a link needs a kind", listed(&names));
            section.source.fault(&kinds.span, &fault);
        }
        link.kinds.clear();
        for kind in kinds.value {
            if !link.kinds.contains(&kind.value) {
                link.kinds.push(kind.value);
            }
        }
    }
    set(
        &mut link.commits_since,
        value(section.duration("commits_since", words::window)),
    );
    set(
        &mut link.closed_since,
        value(section.duration("closed_since", words::window)),
    );
    set(
        &mut link.ignore_label,
        value(section.read("ignore_label", words::any)),
    );
    link.select = super::select::read(section.table("select"));
    set(&mut link.skip_bots, section.flag("skip_bots"));
    set(
        &mut link.skip_merge_commits,
        section.flag("skip_merge_commits"),
    );
}

/// What is done with it.
fn content(section: &mut Section<'_, '_>, link: &mut Link) {
    set(&mut link.new_pages, section.choice("new_pages"));
    link.repository_for_new = value(section.read("repository_for_new", words::repository));
    set(&mut link.public, section.choice("public"));
    set(&mut link.create_labels, section.flag("create_labels"));
    set(&mut link.conflict, section.choice("conflict"));
    set(
        &mut link.private_heading,
        value(section.read("private_heading", words::any)),
    );
    set(&mut link.on_trashed_page, section.choice("on_trashed_page"));
    status(section.table("status"), &mut link.status);
    let (conflicts, by_label) = super::conflicts::read(section.table("conflicts"));
    link.conflicts.extend(conflicts);
    link.by_label = by_label;
    let placed = section.table("fields");
    let (source, span) = (placed.source, placed.span.clone());
    link.fields.extend(super::fields::read(placed));
    check_shared(source, link, &span);
    link.constants = super::constants::read(section.table("constants"), &link.mapping());
}

fn status(mut section: Section<'_, '_>, states: &mut StateMap) {
    let open = section.list("open", words::filled);
    let closed = section.list("closed", words::filled);
    for list in [&open, &closed].into_iter().flatten() {
        if list.is_empty() {
            let fault = Fault::new("a state needs an option", "for example [\"Done\"]");
            section.source.fault(&list.span, &fault);
        }
    }
    let names = |list: &At<Vec<At<String>>>| list.iter().map(|at| at.value.clone()).collect();
    set(&mut states.open, open.as_ref().map(names));
    set(&mut states.closed, closed.as_ref().map(names));
    let twice = |own: &str, other: &[String]| other.iter().any(|o| o.eq_ignore_ascii_case(own));
    let doubled = closed
        .iter()
        .flat_map(|list| list.iter())
        .find(|at| twice(at, &states.open))
        .or_else(|| {
            let mut all = open.iter().flat_map(|list| list.iter());
            all.find(|at| twice(at, &states.closed))
        });
    if let Some(at) = doubled {
        let message = format!("the option `{}` means both open and closed", at.value);
        let fault = Fault::new(message, "name it once");
        section.source.fault(&at.span, &fault);
    }
    section.finish();
}

/// Two fields in one property would overwrite each other for ever.
fn check_shared(source: &Source<'_>, link: &Link, span: &Range<usize>) {
    if let Some((_, one, other)) = super::fields::shared(&link.mapping()) {
        let message = format!("the fields `{one}` and `{other}` are kept in one property");
        source.fault(span, &Fault::new(message, "give each its own"));
    }
}

/// An issue made outside the selection would leave the link at once.
fn check_new_pages(source: &Source<'_>, link: &Link, span: &Range<usize>) {
    let Some(target) = &link.repository_for_new else {
        return;
    };
    if !link.repositories.is_empty() && !link.takes(target) {
        let message =
            format!("`repository_for_new` = \"{target}\" is none of this link's repositories");
        source.fault(
            span,
            &Fault::new(message, "add it here, or choose one of these"),
        );
    }
}

/// Reports links that get in each other's way.
pub(super) fn check_all(source: &Source<'_>, links: &[Placed]) {
    for (at, later) in links.iter().enumerate() {
        let earlier = &links[..at];
        if earlier
            .iter()
            .any(|other| other.link.name == later.link.name)
        {
            let message = format!("two links are named `{}`", later.link.name);
            source.fault(&later.name, &Fault::new(message, "choose another name"));
        }
        let same = earlier
            .iter()
            .find(|other| other.link.database == later.link.database);
        if let Some(other) = same {
            let message = format!(
                "the links `{}` and `{}` share a database",
                other.link.name, later.link.name
            );
            let label = "a new page would become two issues; list all repositories in one link";
            source.fault(&later.database, &Fault::new(message, label));
        }
    }
}

fn value<T>(at: Option<At<T>>) -> Option<T> {
    at.map(|at| at.value)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
