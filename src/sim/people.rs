//! People on both sides, from the seed: every value they write is new, so that it can be followed.

use std::rc::Rc;

use super::github::{
    AccountKind, IssueEdit, LabelEdit, MilestoneEdit, NewIssue, Permission, State, StateReason,
};
use super::notion::{Id, Value as Cell};
use super::views::{with_marker, without_marker};
use super::world::{Author, ELSEWHERE, PERSON, REPOS, World};
use super::{code, oracle};
use crate::core::words::Words;
use crate::core::{Codec, FieldKey, Kind, Observation, Side, Value};

/// Somebody does something somewhere.
pub fn act(world: &mut World) {
    let side = if world.rng.bool() {
        Side::Github
    } else {
        Side::Notion
    };
    if world.rng.u32(0..100) < 14 {
        match side {
            Side::Github if world.rng.u32(0..3) == 0 => {
                let repo = repo(world);
                code::act(world, repo);
            }
            Side::Github => open_issue(world),
            Side::Notion => open_page(world),
        }
        return;
    }
    let nodes = world.nodes(side);
    let Some(node) = pick(world, &nodes) else {
        return;
    };
    // Several edits in one second.
    for _ in 0..=u32::from(world.rng.u32(0..6) == 0) {
        edit(world, side, &node);
    }
}

/// Many edits at once, enough to make the guard ask.
pub fn act_in_bulk(world: &mut World) {
    let side = if world.rng.bool() {
        Side::Github
    } else {
        Side::Notion
    };
    for node in world.nodes(side) {
        edit(world, side, &node);
    }
}

/// Somebody edits this very object.
pub fn edit(world: &mut World, side: Side, node: &Rc<str>) {
    let Some(seen) = world
        .latest(side, node)
        .map(|version| Rc::clone(&version.seen))
    else {
        return;
    };
    let done = match side {
        Side::Github => edit_issue(world, &seen),
        Side::Notion => edit_page(world, &seen),
    };
    if let Some(kind) = done {
        world.figures.edit(kind);
        world.note(side, node, Author::Human);
        world.event("human", kind, |world| {
            let now = world
                .latest(side, node)
                .map(|version| Rc::clone(&version.seen));
            let shown = now.map(|seen| changed(&seen, seen_before(world, side, node).as_deref()));
            format!("{} {}", world.name(side, node), shown.unwrap_or_default())
        });
    }
}

fn seen_before(world: &World, side: Side, node: &str) -> Option<Rc<Observation>> {
    let versions = world.versions(side, node);
    let at = versions.len().checked_sub(2)?;
    let version = world.log.get(*versions.get(at)?)?;
    Some(Rc::clone(&version.seen))
}

fn changed(now: &Observation, before: Option<&Observation>) -> String {
    let Some(before) = before else {
        return String::new();
    };
    let differing = now.fields.iter().filter(|(key, value)| {
        before.field(key) != Some(value) && !matches!(key.as_str(), "updated" | "closed")
    });
    let said: Vec<String> = differing
        .map(|(key, value)| format!("{key}: {}", value.brief(60)))
        .collect();
    format!("{:?} {}", now.life, said.join(", "))
}

fn pick<T: Clone>(world: &mut World, all: &[T]) -> Option<T> {
    if all.is_empty() {
        return None;
    }
    let at = world.rng.usize(0..all.len());
    all.get(at).cloned()
}

fn noted(world: &mut World, side: Side, node: &str, kind: &'static str) {
    world.figures.edit(kind);
    world.note(side, node, Author::Human);
    world.event("human", kind, |world| {
        let title = world.latest(side, node).map(|v| v.seen.title().to_owned());
        format!("{} {}", world.name(side, node), title.unwrap_or_default())
    });
}

fn repo(world: &mut World) -> &'static str {
    if world.rng.u32(0..3) == 0 {
        REPOS[1]
    } else {
        REPOS[0]
    }
}

fn body(world: &mut World) -> String {
    let lines = world.rng.u32(0..4);
    let lines: Vec<String> = (0..lines).map(|_| line(world)).collect();
    lines.join("\n")
}

fn line(world: &mut World) -> String {
    format!("- {} said", world.fresh("w"))
}

fn open_issue(world: &mut World) {
    let repo = repo(world);
    let mut text = body(world);
    // Somebody pastes an issue's text, with its marker, into a new one.
    if world.chance(60) {
        let nodes = world.nodes(Side::Github);
        if let Some(node) = pick(world, &nodes)
            && let Some(version) = world.latest(Side::Github, &node)
            && let Some(key) = version.seen.marker.clone()
        {
            text = with_marker(&text, &key.0);
        }
    }
    let new = NewIssue {
        title: world.fresh("issue "),
        body: Some(text),
        labels: (0..world.rng.u32(0..3))
            .map(|_| world.fresh("label"))
            .collect(),
        ..NewIssue::default()
    };
    let now = world.now;
    let made = world.hub.create_issue(now, PERSON, repo, new);
    if let Ok(node) = made.map(|issue| issue.node_id.clone()) {
        noted(world, Side::Github, &node, "open issue");
    }
}

fn open_page(world: &mut World) {
    let mut props = vec![("Title".to_owned(), Cell::text(&world.fresh("page ")))];
    if world.chance(800) {
        props.push(("Publish".to_owned(), Cell::choice("Ready")));
    }
    if world.chance(800) {
        let repo = repo(world);
        props.push(("Repository".to_owned(), Cell::choice(repo)));
    }
    if world.chance(300) {
        let label = world.fresh("label");
        let mut labels = vec![label.clone()];
        let words = words(world, &FieldKey::LABELS);
        if !words.is_empty() {
            respell(world, &words, &label, &mut labels);
        }
        props.push(("Labels".to_owned(), Cell::Choices(labels)));
    }
    if world.chance(200) {
        props.push(("Status".to_owned(), Cell::choice("Done")));
    }
    let text = body(world);
    let (now, editor, source) = (world.now, world.editor, world.source);
    let made = world.notion.create_page(now, editor, source, props, &text);
    if let Ok(page) = made {
        noted(world, Side::Notion, &page.to_string(), "open page");
    }
}

fn place(seen: &Observation) -> Option<(String, u64)> {
    let (repo, number) = seen.id.locator.rsplit_once('#')?;
    Some((repo.to_owned(), number.parse().ok()?))
}

/// Changes the lines of a text the way people do.
fn rewrite(world: &mut World, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = world.rng.usize(0..=lines.len());
    match world.rng.u32(0..5) {
        0 if !lines.is_empty() => {
            lines.remove(at.min(lines.len() - 1));
        }
        4 => embolden(&mut lines, at),

        1 if !lines.is_empty() => {
            let at = at.min(lines.len() - 1);
            lines[at] = line(world);
        }
        _ => {
            let new = line(world);
            lines.insert(at, new);
        }
    }
    lines.join("\n")
}

/// Makes the first word of a line bold and leaves its letters alone.
fn embolden(lines: &mut [String], at: usize) {
    let plain = lines
        .iter_mut()
        .skip(at)
        .find(|line| line.starts_with("- w"));
    if let Some(line) = plain
        && let Some((word, rest)) = line.split_at(2).1.split_once(' ')
    {
        *line = format!("- **{word}** {rest}");
    }
}

/// A new text that leaves the marker of the old one where it is.
fn with_marker_of(seen: &Observation, text: &str) -> String {
    let (_, key) = without_marker(seen.raw_body.as_deref().unwrap_or_default());
    match key {
        Some(key) => with_marker(text, &key.0),
        None => text.to_owned(),
    }
}

fn edit_issue(world: &mut World, seen: &Observation) -> Option<&'static str> {
    if !seen.is_live() {
        return None;
    }
    let (repo, number) = place(seen)?;
    if seen.kind == Kind::Pull && world.rng.u32(0..5) < 2 {
        return code::handle(world, &repo, number);
    }
    let now = world.now;
    let mut edit = IssueEdit::default();
    let kind = match world.rng.u32(0..100) {
        0..=19 => {
            edit.title = Some(world.fresh("title "));
            "title"
        }
        20..=39 => {
            let (text, _) = without_marker(seen.raw_body.as_deref().unwrap_or_default());
            let text = rewrite(world, &text);
            edit.body = Some(Some(with_marker_of(seen, &text)));
            "body"
        }
        40..=49 => {
            edit.state = Some(if seen.field(&FieldKey::STATE)?.as_text() == "open" {
                State::Closed
            } else {
                State::Open
            });
            edit.state_reason = world.rng.bool().then_some(StateReason::NotPlanned);
            "state"
        }
        50..=62 => return label_issue(world, seen),
        63..=70 => return assign_issue(world, seen),
        71..=76 => {
            edit.milestone = Some(milestone(world, &repo));
            "milestone"
        }
        77..=80 => {
            let done = world
                .hub
                .add_comment(now, PERSON, &repo, number, "so be it");
            return done.is_ok().then_some("comment");
        }
        81..=84 => {
            let done = world.hub.delete_issue(now, PERSON, &repo, number);
            return done.is_ok().then_some("delete");
        }
        85..=86 => return transfer(world, seen),
        87..=91 => {
            edit.title = Some(older(world, seen, &FieldKey::TITLE)?.as_text().to_owned());
            "title back"
        }
        _ => {
            let text = older(world, seen, &FieldKey::BODY)?.as_text().to_owned();
            edit.body = Some(Some(with_marker_of(seen, &text)));
            "body back"
        }
    };
    let done = world.hub.edit_issue(now, PERSON, &repo, number, edit);
    done.is_ok().then_some(kind)
}

/// A value that the object showed earlier.
fn older(world: &mut World, seen: &Observation, field: &FieldKey) -> Option<Value> {
    let versions = world.versions(seen.side, &seen.id.node).to_vec();
    let at = pick(world, &versions)?;
    world.log.get(at)?.seen.field(field).cloned()
}

fn label_issue(world: &mut World, seen: &Observation) -> Option<&'static str> {
    let (repo, number) = place(seen)?;
    let now = world.now;
    let names: Vec<String> = seen.field(&FieldKey::LABELS)?.names().into_iter().collect();
    if !names.is_empty() && world.rng.bool() {
        let name = pick(world, &names)?;
        let done = world.hub.remove_label(now, PERSON, &repo, number, &name);
        return done.is_ok().then_some("unlabel");
    }
    let prefix = if world.chance(100) { "la,bel" } else { "label" };
    let name = world.fresh(prefix);
    if world.chance(100) {
        let label = LabelEdit {
            name: Some(name.clone()),
            ..LabelEdit::default()
        };
        let _ = world.hub.create_label(now, PERSON, &repo, label);
    }
    let done = world.hub.add_labels(now, PERSON, &repo, number, &[name]);
    done.is_ok().then_some("label")
}

/// Somebody new who may be assigned.
fn colleague(world: &mut World) -> String {
    let login = world.fresh("user");
    let now = world.now;
    world.hub.add_user(now, &login, AccountKind::User);
    for repo in REPOS {
        let _ = world
            .hub
            .set_permission(now, repo, &login, Some(Permission::Write));
    }
    login
}

fn assign_issue(world: &mut World, seen: &Observation) -> Option<&'static str> {
    let (repo, number) = place(seen)?;
    let now = world.now;
    let names: Vec<String> = seen
        .field(&FieldKey::ASSIGNEES)?
        .names()
        .into_iter()
        .collect();
    if !names.is_empty() && world.rng.bool() {
        let name = pick(world, &names)?;
        let done = world
            .hub
            .remove_assignees(now, PERSON, &repo, number, &[name]);
        return done.is_ok().then_some("unassign");
    }
    let login = colleague(world);
    let done = world
        .hub
        .add_assignees(now, PERSON, &repo, number, &[login]);
    done.is_ok().then_some("assign")
}

fn milestone(world: &mut World, repo: &str) -> Option<u64> {
    if world.rng.u32(0..4) == 0 {
        return None;
    }
    let new = MilestoneEdit {
        title: Some(world.fresh("milestone ")),
        ..MilestoneEdit::default()
    };
    let now = world.now;
    let made = world.hub.create_milestone(now, PERSON, repo, new);
    made.ok().map(|milestone| milestone.number)
}

fn transfer(world: &mut World, seen: &Observation) -> Option<&'static str> {
    let to = if world.rng.bool() {
        ELSEWHERE
    } else {
        REPOS[1]
    };
    move_issue(world, seen, to)
}

/// Somebody transfers this very issue.
pub fn transfer_to(world: &mut World, node: &Rc<str>, to: &str) {
    let seen = world
        .latest(Side::Github, node)
        .map(|version| Rc::clone(&version.seen));
    if seen.is_some_and(|seen| move_issue(world, &seen, to).is_some()) {
        world.note(Side::Github, node, Author::Human);
    }
}

fn move_issue(world: &mut World, seen: &Observation, to: &str) -> Option<&'static str> {
    let (repo, number) = place(seen)?;
    let now = world.now;
    let moved = world
        .hub
        .transfer_issue(now, PERSON, &repo, number, to)
        .ok()?;
    let arrived = world.hub.issue(to, moved).ok()?.node_id.clone();
    world
        .moved
        .insert(arrived.clone(), Rc::from(seen.id.node.as_str()));
    world.note(Side::Github, &arrived, Author::Human);
    Some("transfer")
}

fn edit_page(world: &mut World, seen: &Observation) -> Option<&'static str> {
    let page = Id::parse(&seen.id.node)?;
    let (now, editor) = (world.now, world.editor);
    match &seen.life {
        crate::core::Life::Live => {}
        crate::core::Life::Trashed if world.rng.bool() => {
            return world
                .notion
                .restore(now, editor, page)
                .ok()
                .map(|()| "restore");
        }
        _ => return None,
    }
    let (kind, cell): (&'static str, (&str, Cell)) = match world.rng.u32(0..100) {
        0..=17 => ("title", ("Title", Cell::text(&world.fresh("title ")))),
        18..=37 => return rewrite_page(world, seen, page),
        38..=47 => {
            let all = ["Not started", "In progress", "Done"];
            let name = pick(world, &all)?;
            ("state", ("Status", Cell::choice(name)))
        }
        48..=60 => ("labels", ("Labels", names(world, seen, &FieldKey::LABELS)?)),
        61..=67 => (
            "assignees",
            ("Assignees", names(world, seen, &FieldKey::ASSIGNEES)?),
        ),
        68..=72 => return milestone_page(world, seen, page),
        73..=76 => {
            let mut all = vec!["completed".to_owned(), "not planned".to_owned()];
            let words = words(world, &FieldKey::CLOSED_AS);
            all.extend(words.entries().flat_map(|(_, options)| options.to_vec()));
            let name = pick(world, &all)?;
            ("closed as", ("Closed as", Cell::choice(&name)))
        }
        77..=78 => ("mirror", ("Author", Cell::text(&world.fresh("impostor ")))),
        79..=80 => {
            let all = ["OK", "Conflict", "mine"];
            let name = pick(world, &all)?;
            ("sync", ("Sync", Cell::choice(name)))
        }
        81..=85 => return world.notion.trash(now, editor, page).ok().map(|()| "trash"),
        86..=87 => return duplicate(world, page),
        88..=89 => ("publish", ("Publish", Cell::choice("Ready"))),
        90..=94 => {
            let title = older(world, seen, &FieldKey::TITLE)?.as_text().to_owned();
            ("title back", ("Title", Cell::text(&title)))
        }
        _ => {
            let text = older(world, seen, &FieldKey::BODY)?.as_text().to_owned();
            let done = world.notion.set_body(now, editor, page, &text, true);
            return done.ok().map(|()| "body back");
        }
    };
    let done = world
        .notion
        .edit_props(now, editor, page, vec![(cell.0.to_owned(), cell.1)]);
    done.ok().map(|()| kind)
}

/// Somebody rewrites a page's text; some clients do it without a trace (R7).
fn rewrite_page(world: &mut World, seen: &Observation, page: Id) -> Option<&'static str> {
    let (now, editor) = (world.now, world.editor);
    let text = seen.raw_body.clone().unwrap_or_default();
    let text = rewrite(world, &text);
    let before = world.notion.pages.get(&page);
    let before = before.map(|page| (page.edited, page.edited_by));
    let done = world.notion.set_body(now, editor, page, &text, true);
    if world.chance(100)
        && let Some(shown) = world.notion.pages.get_mut(&page)
        && let Some(before) = before
    {
        (shown.edited, shown.edited_by) = before;
        oracle::left_no_trace(world, seen, &text);
        return done.ok().map(|()| "body without a trace");
    }
    done.ok().map(|()| "body")
}

/// A set with one more or one less.
fn names(world: &mut World, seen: &Observation, field: &FieldKey) -> Option<Cell> {
    let mut names: Vec<String> = seen.field(field)?.names().into_iter().collect();
    let words = words(world, field);
    if !names.is_empty() && !words.is_empty() && world.chance(400) {
        let name = pick(world, &names)?;
        respell(world, &words, &name, &mut names);
    } else if !names.is_empty() && world.rng.bool() {
        let at = world.rng.usize(0..names.len());
        names.remove(at);
    } else {
        let name = if *field == FieldKey::LABELS {
            world.fresh("label")
        } else if world.chance(700) {
            colleague(world)
        } else {
            world.fresh("stranger")
        };
        names.push(name.clone());
        if !words.is_empty() {
            respell(world, &words, &name, &mut names);
        }
    }
    Some(Cell::Choices(names))
}

/// The words that the seed's mapping has for a field's values.
fn words(world: &World, field: &FieldKey) -> Words {
    match world
        .mapping
        .field(Kind::Issue, field)
        .map(|field| &field.codec)
    {
        Some(Codec::Name(words) | Codec::Names(words)) => words.clone(),
        _ => Words::default(),
    }
}

/// Says one of the names, which may be an option or GitHub's name, by another word: instead of it, or beside it.
fn respell(world: &mut World, words: &Words, name: &str, names: &mut Vec<String>) {
    let github = words.value(name, None).unwrap_or(name).to_owned();
    let entry = words.entries().find(|(of, _)| *of == github);
    let mut all = entry.map_or_else(Vec::new, |(_, options)| options.to_vec());
    all.push(github);
    let Some(other) = pick(world, &all) else {
        return;
    };
    if world.rng.bool() {
        names.retain(|own| own != name);
    }
    if !names.contains(&other) {
        names.push(other);
    }
}

fn milestone_page(world: &mut World, seen: &Observation, page: Id) -> Option<&'static str> {
    let repo = seen.field(&FieldKey::REPOSITORY)?.as_text().to_owned();
    let title = if world.chance(200) {
        None
    } else if world.chance(700) {
        let number = milestone(world, &repo)?;
        let repo = world.hub.repo(&repo).ok()?;
        Some(repo.milestones.get(&number)?.title.clone())
    } else {
        Some(world.fresh("unknown milestone "))
    };
    let (now, editor) = (world.now, world.editor);
    let cell = ("Milestone".to_owned(), Cell::Choice(title));
    let done = world.notion.edit_props(now, editor, page, vec![cell]);
    done.ok().map(|()| "milestone")
}

fn duplicate(world: &mut World, page: Id) -> Option<&'static str> {
    let (now, editor) = (world.now, world.editor);
    let copy = world.notion.duplicate_page(now, editor, page).ok()?;
    world.note(Side::Notion, &copy.to_string(), Author::Human);
    Some("duplicate")
}
