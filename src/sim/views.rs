//! What each service would show of an object, in the normal forms that the adapters produce.

use std::collections::BTreeMap;

use super::github::{Issue, Pull, Refusal, Repo, State, StateReason, timestamp};
use super::notion::state::Page;
use super::notion::{Id, Value as Cell, span};
use super::world::{BOT, World};
use crate::core::mapping::{ID_PROPERTY, KIND_PROPERTY};
use crate::core::{
    FieldKey, Key, Kind, Life, ObjectId, Observation, PropertyKind, Side, Stamp, Time, Value,
};

/// How the marker's line begins.
const MARKER: &str = "<!-- pulse-sync:";

/// An issue's text with a marker as its last line.
pub fn with_marker(text: &str, key: &str) -> String {
    if text.is_empty() {
        format!("{MARKER}{key} -->")
    } else {
        format!("{}\n\n{MARKER}{key} -->", text.trim_end())
    }
}

/// An issue's text without its marker, and the marker's key; the last one counts.
pub fn without_marker(text: &str) -> (String, Option<Key>) {
    let Some(at) = text.rfind(MARKER) else {
        return (text.to_owned(), None);
    };
    let line = text.get(at + MARKER.len()..).unwrap_or_default();
    let (key, rest) = line.split_once(" -->").unwrap_or((line, ""));
    let before = text.get(..at).unwrap_or_default().trim_end();
    let rest = rest.trim_matches('\n');
    let kept = if rest.is_empty() {
        before.to_owned()
    } else {
        format!("{before}\n{rest}")
    };
    (kept, Some(Key(key.to_owned())))
}

/// What a read made now shows of an object; none if it never was.
pub fn show(world: &World, side: Side, node: &str) -> Option<Observation> {
    match side {
        Side::Github if node.contains('@') => super::code::show(world, node),
        Side::Github => show_github(world, node),
        Side::Notion => show_page(world, node),
    }
}

pub(super) fn bare(side: Side, kind: Kind, id: ObjectId, life: Life) -> Observation {
    Observation {
        side,
        kind,
        id,
        life,
        fields: BTreeMap::new(),
        stamp: None,
        created: None,
        created_by_us: false,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at: Time(0),
    }
}

fn show_github(world: &World, node: &str) -> Option<Observation> {
    if let Some((repo, issue)) = world.hub.by_node(node) {
        return Some(issue_view(repo, issue));
    }
    let before = world.latest(Side::Github, node)?;
    let (repo, number) = before.seen.id.locator.rsplit_once('#')?;
    let life = match world.hub.issue(repo, number.parse().ok()?) {
        Err(Refusal::IssueMoved(to, number)) => {
            let there = world.hub.repo_by_id(to)?;
            match there.issues.get(&number) {
                Some(issue) => Life::MovedTo(ObjectId {
                    node: issue.node_id.clone(),
                    locator: format!("{}#{number}", there.full_name()),
                }),
                None => Life::Gone,
            }
        }
        Err(Refusal::Gone) => Life::Gone,
        _ => Life::Unreachable,
    };
    Some(bare(
        Side::Github,
        before.seen.kind,
        before.seen.id.clone(),
        life,
    ))
}

fn issue_view(repo: &Repo, issue: &Issue) -> Observation {
    let kind = if issue.pull.is_some() {
        Kind::Pull
    } else {
        Kind::Issue
    };
    let id = ObjectId {
        node: issue.node_id.clone(),
        locator: format!("{}#{}", repo.full_name(), issue.number),
    };
    let mut seen = bare(Side::Github, kind, id, Life::Live);
    let raw = issue.body.clone().unwrap_or_default();
    let (body, marker) = without_marker(&raw);
    issue_fields(&mut seen, repo, issue, body);
    seen.stamp = Some(Stamp {
        at: Time(issue.updated_at),
        by: None,
        by_us: false,
        settled: true,
    });
    seen.created = Some(Time(issue.created_at));
    seen.created_by_us = &*issue.author == BOT;
    seen.marker = marker;
    seen.raw_body = Some(raw);
    seen
}

/// The fields of an issue or a pull request as the adapter would show them.
fn issue_fields(seen: &mut Observation, repo: &Repo, issue: &Issue, body: String) {
    let kind = seen.kind;
    let milestone = issue.milestone.and_then(|n| repo.milestones.get(&n));
    let date = |at: Option<i64>| at.map_or(Value::Null, |at| Value::text(timestamp(at)));
    let mut put = |name: &'static str, value: Value| {
        seen.fields.insert(FieldKey(name.into()), value);
    };
    put("node", Value::text(issue.node_id.clone()));
    put("kind", Value::text(kind.name()));
    put("title", Value::text(issue.title.clone()));
    put("body", Value::text(body));
    put("labels", Value::set(repo.label_names(issue)));
    put(
        "assignees",
        Value::set(issue.assignees.iter().map(ToString::to_string)),
    );
    put(
        "milestone",
        milestone.map_or(Value::Null, |m| Value::text(m.title.clone())),
    );
    put("repository", Value::text(repo.full_name()));
    put(
        "number",
        Value::Number(issue.number.try_into().unwrap_or(0)),
    );
    put(
        "url",
        Value::text(format!(
            "https://github.com/{}/issues/{}",
            repo.full_name(),
            issue.number
        )),
    );
    put("author", Value::text(issue.author.to_string()));
    put(
        "comments",
        Value::Number(issue.comments.try_into().unwrap_or(0)),
    );
    put("created", date(Some(issue.created_at)));
    put("updated", date(Some(issue.updated_at)));
    put("closed", date(issue.closed_at));
    if kind == Kind::Issue {
        put("state", Value::text(issue.state.as_str()));
        put("closed_as", closed_as(issue));
        put("publish", Value::text("Created"));
    }
    if let Some(pull) = &issue.pull {
        put("pull_state", Value::text(pull_state(issue, pull)));
        put("merged", date(pull.merged_at));
        put("base", Value::text(pull.base.clone()));
        put("head", Value::text(pull.head.clone()));
        let review = if pull.review.is_some() {
            "approved"
        } else {
            "none"
        };
        put("review", Value::text(review));
    }
}

const fn pull_state(issue: &Issue, pull: &Pull) -> &'static str {
    match issue.state {
        _ if pull.merged_at.is_some() => "merged",
        State::Closed => "closed",
        State::Open if pull.draft => "draft",
        State::Open => "open",
    }
}

fn closed_as(issue: &Issue) -> Value {
    match issue.state_reason {
        Some(StateReason::Completed) => Value::text("completed"),
        Some(StateReason::NotPlanned) => Value::text("not planned"),
        Some(StateReason::Duplicate) => Value::text("duplicate"),
        Some(StateReason::Reopened) | None => Value::Null,
    }
}

fn show_page(world: &World, node: &str) -> Option<Observation> {
    let id = Id::parse(node)?;
    let Some(page) = world.notion.pages.get(&id) else {
        let before = world.latest(Side::Notion, node)?;
        let id = before.seen.id.clone();
        return Some(bare(Side::Notion, before.seen.kind, id, Life::Unreachable));
    };
    Some(page_view(world, page))
}

fn page_view(world: &World, page: &Page) -> Observation {
    let node = page.id.to_string();
    let said = text_of(world, page, KIND_PROPERTY);
    let kinds = [Kind::Issue, Kind::Pull, Kind::Commit];
    let kind = kinds.into_iter().find(|kind| kind.name() == said);
    let id = ObjectId {
        node: node.clone(),
        locator: node,
    };
    let life = if page.in_trash {
        Life::Trashed
    } else {
        Life::Live
    };
    let mut seen = bare(Side::Notion, kind.unwrap_or(Kind::Issue), id, life);
    for bound in world.mapping.bound(seen.kind) {
        let value = match &bound.property {
            None => {
                let raw = world.notion.markdown(page);
                let text = Value::text(raw.trim_end());
                seen.raw_body = Some(raw);
                text
            }
            Some((name, _)) => match cell(world, page, name) {
                Some(cell) => hear(cell),
                None => continue,
            },
        };
        seen.fields.insert(bound.field.key.clone(), value);
    }
    let linked = text_of(world, page, ID_PROPERTY);
    seen.linked_node = (!linked.is_empty()).then_some(linked);
    let by_us = page.edited_by == world.notion.bot;
    seen.stamp = Some(Stamp {
        at: Time(page.edited),
        by: Some(page.edited_by.to_string()),
        by_us,
        settled: by_us,
    });
    seen.created = Some(Time(page.created));
    seen.created_by_us = page.created_by == world.notion.bot;
    seen
}

fn cell<'a>(world: &World, page: &'a Page, name: &str) -> Option<&'a Cell> {
    page.values.get(world.columns.get(name)?)
}

fn text_of(world: &World, page: &Page, name: &str) -> String {
    cell(world, page, name).map(Cell::plain).unwrap_or_default()
}

/// A cell as a value.
fn hear(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::text(span::plain(text)),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the sim writes whole numbers only"
        )]
        Cell::Number(number) => number.map_or(Value::Null, |number| Value::Number(number as i64)),
        Cell::Choice(line) | Cell::Line(line) => Value::text(line.clone().unwrap_or_default()),
        Cell::Choices(names) => Value::set(names.iter().cloned()),
        Cell::Date(date) => date
            .as_ref()
            .map_or(Value::Null, |date| Value::text(date.start.clone())),
        Cell::Checkbox(yes) => Value::Bool(*yes),
        Cell::Ids(_) | Cell::Serial(_) => Value::Null,
    }
}

/// A value as a cell of a column's type.
pub fn say(kind: PropertyKind, value: &Value) -> Cell {
    let text = value.as_text();
    let line = (!text.is_empty()).then(|| text.to_owned());
    match kind {
        PropertyKind::Title | PropertyKind::RichText => Cell::text(text),
        PropertyKind::Number => Cell::Number(match value {
            Value::Number(number) => Some(*number as f64),
            _ => None,
        }),
        PropertyKind::Select | PropertyKind::Status => Cell::Choice(line),
        PropertyKind::MultiSelect => Cell::Choices(value.names().into_iter().collect()),
        PropertyKind::Date => Cell::Date(line.map(|start| super::notion::value::DateValue {
            start,
            end: None,
            zone: None,
        })),
        PropertyKind::Checkbox => Cell::Checkbox(*value == Value::Bool(true)),
        PropertyKind::Url => Cell::Line(line),
    }
}
