//! Pages as observations.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::adopted::Adopted;
use super::form;
use super::moment;
use super::property::{self, Shown};
use super::schema::same_id;
use super::wire::Heard;
use crate::core::mapping::{ID_PROPERTY, KIND_PROPERTY};
use crate::core::{
    FieldKey, Kind, Life, Mapping, Name, ObjectId, Observation, PropertyKind, Side, Stamp, Time,
    Value, told,
};
use crate::remote::REPLICA_LAG;

/// Reads the pages of one answer.
pub struct Reader<'a> {
    /// What is bound to what.
    pub adopted: &'a Adopted,
    /// The fields.
    pub mapping: &'a Mapping,
    /// The server's clock when it answered.
    pub server: Time,
    /// When the read began, on our own clock.
    pub asked: Time,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it shows.
    pub seen: Observation,
    /// Whether its `Kind` names something that this program does not keep.
    pub foreign: bool,
    /// Whether a bound property is gone from it or of another type: the schema has changed.
    pub drifted: bool,
    /// Fields whose value is cut in pages and lists, with the property's id and type.
    pub cut: Vec<(FieldKey, String, PropertyKind)>,
}

impl<'a> Reader<'a> {
    /// A reader for the pages in `heard`.
    pub const fn new(adopted: &'a Adopted, mapping: &'a Mapping, heard: &Heard) -> Self {
        Self {
            adopted,
            mapping,
            server: heard.server,
            asked: heard.asked,
        }
    }

    /// Reads a page object. `expected` is the kind where the page itself does not say one that we know.
    /// None when it is no page object.
    pub fn row(&self, page: &Json, expected: Option<Kind>) -> Option<Row> {
        let id = page["id"].as_str()?;
        let properties = page["properties"].as_object()?;
        if page["object"]
            .as_str()
            .is_some_and(|object| object != "page")
        {
            return None;
        }
        let linked = self.own_text(properties, ID_PROPERTY);
        let said = self.own_text(properties, KIND_PROPERTY);
        let known = said.as_deref().map(Kind::of_name);
        let kind = match (known, expected, &linked) {
            // What a page is whose pair is known is not for its own property to say: people may have changed it.
            (_, Some(kind), _) | (Some(Some(kind)), None, _) => kind,
            (_, None, Some(node)) => kind_of_node(node),
            (_, None, None) => Kind::Issue,
        };
        let mut row = Row {
            seen: self.bare(page, id, kind),
            foreign: known == Some(None) && expected.is_none() && linked.is_none(),
            drifted: false,
            cut: Vec::new(),
        };
        row.seen.linked_node = linked;
        if row.seen.life != Life::Unreachable {
            row.drifted = self.adopted.usable().any(|binding| {
                column(properties, &binding.id)
                    .is_none_or(|shown| shown["type"].as_str() != Some(&binding.api_type))
            });
            self.fields(&mut row, properties);
            if row.seen.linked_node.is_none() && row.seen.kind != Kind::Issue {
                self.words(&mut row, properties);
            }
        }
        // A kind of somebody's own on a page that says whose it is, or what it is to become.
        row.foreign &= Name::of_page(&row.seen).is_none() && !is_about_issue(&row.seen);
        Some(row)
    }

    fn fields(&self, row: &mut Row, properties: &Map<String, Json>) {
        for bound in self.mapping.bound(row.seen.kind) {
            let Some((binding, kind)) = self.adopted.column(bound) else {
                continue;
            };
            let key = bound.field.key.clone();
            match column(properties, &binding.id).map(|shown| property::read(kind, shown)) {
                Some(Shown::Value(value)) => {
                    row.seen.fields.insert(key, form::heard(bound, kind, value));
                }
                Some(Shown::Cut) => row.cut.push((key, binding.id.clone(), kind)),
                Some(Shown::Other) | None => {}
            }
        }
    }

    /// Whether a page is to become an issue is a question to every page that is nothing yet, whatever it says it is; and
    /// there it says why it is none.
    fn words(&self, row: &mut Row, properties: &Map<String, Json>) {
        for key in [FieldKey::PUBLISH, FieldKey::SYNC, FieldKey::SYNC_NOTE] {
            let bound = self.mapping.word(row.seen.kind, &key);
            let column_of = |bound| Some((bound, self.adopted.column(bound)?));
            let Some((bound, (binding, kind))) = bound.and_then(column_of) else {
                continue;
            };
            let shown = column(properties, &binding.id).map(|shown| property::read(kind, shown));
            if let Some(Shown::Value(value)) = shown {
                let value = form::heard(bound, kind, value);
                row.seen.fields.insert(key, value);
            }
        }
    }

    /// The text of one of our own properties.
    fn own_text(&self, properties: &Map<String, Json>, name: &str) -> Option<String> {
        let binding = self.adopted.property(name)?;
        match property::read(binding.kind()?, column(properties, &binding.id)?) {
            Shown::Value(value) if !value.is_empty() => Some(value.as_text().to_owned()),
            _ => None,
        }
    }

    fn bare(&self, page: &Json, id: &str, kind: Kind) -> Observation {
        let time = |name: &str| page[name].as_str().and_then(moment::parse);
        let life = if self.lives_elsewhere(page) {
            // It was moved out of the database: its properties are another table's, so nothing may be read into them.
            Life::Unreachable
        } else if page["in_trash"] == true {
            Life::Trashed
        } else {
            Life::Live
        };
        Observation {
            life,
            stamp: time("last_edited_time").map(|at| self.stamp(at, &page["last_edited_by"])),
            created: time("created_time"),
            created_by_us: self.adopted.me.is(&page["created_by"]),
            ..unread(id, kind, self.asked)
        }
    }

    /// A stamp is settled when no later edit can carry it: its minute has passed by the server's clock, even for a
    /// copy of the data that lags behind it, or the editor is our own connection, whose edits are all ours.
    fn stamp(&self, at: Time, by: &Json) -> Stamp {
        // What a person's own token writes cannot be told from what that person writes.
        let by_us = self.adopted.me.bot && self.adopted.me.is(by);
        let passed = self.server.since(at) >= moment::MINUTE + REPLICA_LAG;
        Stamp {
            at,
            by: by["id"].as_str().map(str::to_owned),
            by_us,
            settled: passed || by_us,
        }
    }

    fn lives_elsewhere(&self, page: &Json) -> bool {
        let parent = &page["parent"];
        match parent["data_source_id"].as_str() {
            Some(source) => !same_source(source, &self.adopted.source),
            None => matches!(
                parent["type"].as_str(),
                Some("page_id" | "block_id" | "workspace")
            ),
        }
    }
}

/// A page of which nothing is known but that it could not be read.
pub fn unread(id: &str, kind: Kind, asked: Time) -> Observation {
    Observation {
        side: Side::Notion,
        kind,
        id: ObjectId {
            node: id.to_owned(),
            locator: id.to_owned(),
        },
        life: Life::Unreachable,
        fields: BTreeMap::new(),
        stamp: None,
        created: None,
        created_by_us: false,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at: asked,
    }
}

/// The column with this id among a page's properties, which are keyed by names.
fn column<'a>(properties: &'a Map<String, Json>, id: &str) -> Option<&'a Json> {
    properties
        .values()
        .find(|shown| shown["id"].as_str().is_some_and(|shown| same_id(shown, id)))
}

fn same_source(one: &str, other: &str) -> bool {
    let bare = |id: &str| id.replace('-', "").to_ascii_lowercase();
    bare(one) == bare(other)
}

/// Whether a page asks to become an issue, or still says what we answered.
fn is_about_issue(page: &Observation) -> bool {
    let says = |key: &FieldKey| page.field(key).map_or("", Value::as_text);
    let is_wish = [told::READY, told::ERROR].contains(&says(&FieldKey::PUBLISH));
    // What it says it is has to be seen by whoever decides.
    page.field(&FieldKey::KIND).is_some() && (is_wish || !says(&FieldKey::SYNC).is_empty())
}

/// What a GitHub id is the id of, where the page does not say.
fn kind_of_node(node: &str) -> Kind {
    if node.contains('@') {
        Kind::Commit
    } else if node.starts_with("PR_") {
        Kind::Pull
    } else {
        Kind::Issue
    }
}
