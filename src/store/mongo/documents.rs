//! The documents of the collections: what a person reads and queries, from which everything of ours can be read again.

use mongodb::bson::{Bson, DateTime, Document, doc, serialize_to_vec};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::codec;
use crate::core::{Pair, PairLife, Record, Side, Time};
use crate::store::rules::{self, ALWAYS};
use crate::store::{Cursor, ErrorEntry, StoreError, Which};

/// The collections.
pub(super) const ITEMS: &str = "sync_items";
/// See [`ITEMS`].
pub(super) const HISTORY: &str = "sync_history";
/// See [`ITEMS`].
pub(super) const ERRORS: &str = "sync_errors";
/// See [`ITEMS`].
pub(super) const CURSORS: &str = "cursors";
/// See [`ITEMS`].
pub(super) const LEASES: &str = "leases";
/// See [`ITEMS`].
pub(super) const SETTINGS: &str = "settings";

/// `MongoDB` stores no document above 16 MB; a little is left for what the server adds.
const LARGEST: usize = 16 * 1024 * 1024 - 16 * 1024;

const MARKS: [Which; 5] = [
    Which::Conflicted,
    Which::Held,
    Which::HeldByUser,
    Which::InDoubt,
    Which::Troubled,
];

/// The words under `marks`, by which lists find their pairs.
pub(super) const fn mark_word(which: Which) -> Option<&'static str> {
    match which {
        Which::All => None,
        Which::Conflicted => Some("conflicted"),
        Which::Held => Some("held"),
        Which::HeldByUser => Some("held_by_user"),
        Which::InDoubt => Some("in_doubt"),
        Which::Troubled => Some("troubled"),
    }
}

/// A point in time as a date.
pub(super) fn date(at: Time) -> Bson {
    Bson::DateTime(DateTime::from_millis(at.0))
}

/// The error for a document that cannot be understood. The others go on.
pub(super) fn damaged(collection: &str, id: &str, detail: &str) -> StoreError {
    StoreError::Damaged(format!(
        "the document {id} in {collection} cannot be read ({detail}). It is left as it is and skipped; the others go \
         on. Put a backup of the document in its place, or delete it with a MongoDB shell while nothing runs"
    ))
}

/// The error for a document that is larger than the server stores.
pub(super) fn too_large(collection: &str, id: &str) -> StoreError {
    StoreError::Damaged(format!(
        "the document {id} for {collection} is larger than the 16 MB that MongoDB stores. It stays as it was; the \
         others go on. Shorten the item's text, or use the embedded store, which has no such limit"
    ))
}

/// Refuses what the server would refuse.
pub(super) fn fits(collection: &str, id: &str, doc: &Document) -> Result<(), StoreError> {
    let bytes =
        serialize_to_vec(doc).map_err(|error| damaged(collection, id, &error.to_string()))?;
    if bytes.len() > LARGEST {
        return Err(too_large(collection, id));
    }
    Ok(())
}

/// The document of a pair under its new `rev`.
pub(super) fn of_pair(pair: &Pair, rev: i64) -> Result<Document, StoreError> {
    let id = pair.id.0.as_str();
    let mut map = codec::to_json(pair).map_err(|error| damaged(ITEMS, id, &error))?;
    let kind = map.remove("kind").unwrap_or_default();
    for known in ["id", "rev", "life", "link"] {
        map.remove(known);
    }
    let mut doc = doc! { "_id": id, "rev": rev, "link": &pair.link, "item": pair.name() };
    let mut facts = Map::new();
    facts.insert("type".to_owned(), kind);
    facts.insert("life".to_owned(), rules::life_word(&pair.life).into());
    if let PairLife::Unlinked(note) | PairLife::Parked(note) = &pair.life {
        facts.insert("life_note".to_owned(), note.clone().into());
    }
    codec::fill(&mut doc, facts);
    if let Some(source) = source_id(pair) {
        doc.insert("source_id", source);
    }
    codec::fill(&mut doc, map);
    let marks = MARKS.into_iter().filter(|which| rules::is(*which, pair));
    let marks: Vec<_> = marks.filter_map(mark_word).map(Bson::from).collect();
    doc.insert("marks", marks);
    let ready = rules::ready_at(pair);
    if ready != ALWAYS {
        doc.insert("ready_at", date(ready));
    }
    if pair.is_due(Time(i64::MAX)) {
        doc.insert("wants_turn", true);
    }
    Ok(doc)
}

/// What the item is called where it came from: GitHub's id, or the page's while there is no other.
fn source_id(pair: &Pair) -> Option<String> {
    match (pair.object(Side::Github), pair.object(Side::Notion)) {
        (Some(object), _) => Some(object.node.clone()),
        // A page's id must not be taken for a GitHub id.
        (None, Some(page)) => Some(format!("notion:{}", page.node)),
        (None, None) => None,
    }
}

/// Reads a pair. What is derived is not read.
pub(super) fn to_pair(mut doc: Document) -> Result<Pair, String> {
    doc.remove("outbox");
    let mut map = codec::fields(doc)?;
    rename(&mut map, "_id", "id");
    rename(&mut map, "type", "kind");
    if let (Some(note), Some(Value::String(life))) = (map.remove("life_note"), map.get("life")) {
        let mut with_note = Map::new();
        with_note.insert(life.clone(), note);
        map.insert("life".to_owned(), Value::Object(with_note));
    }
    codec::from_doc(map)
}

/// The document of a record.
pub(super) fn of_record(record: &Record) -> Result<Document, StoreError> {
    let doc = named(&record.id, codec::to_json(record))
        .map_err(|error| damaged(HISTORY, &record.id, &error))?;
    fits(HISTORY, &record.id, &doc)?;
    Ok(doc)
}

/// The document of an error.
pub(super) fn of_error(entry: &ErrorEntry) -> Result<Document, StoreError> {
    let mut doc = named(&entry.id, codec::to_json(entry))
        .map_err(|error| damaged(ERRORS, &entry.id, &error))?;
    doc.insert("open", entry.resolved_at.is_none());
    fits(ERRORS, &entry.id, &doc)?;
    Ok(doc)
}

/// The document of a cursor.
pub(super) fn of_cursor(name: &str, cursor: &Cursor) -> Result<Document, StoreError> {
    let doc =
        named(name, codec::to_json(cursor)).map_err(|error| damaged(CURSORS, name, &error))?;
    fits(CURSORS, name, &doc)?;
    Ok(doc)
}

fn named(id: &str, map: Result<Map<String, Value>, String>) -> Result<Document, String> {
    let mut map = map?;
    map.remove("id");
    let mut doc = doc! { "_id": id };
    codec::fill(&mut doc, map);
    Ok(doc)
}

/// Reads a record, an error or a cursor.
pub(super) fn read<T: DeserializeOwned>(doc: Document) -> Result<T, String> {
    let mut map = codec::fields(doc)?;
    rename(&mut map, "_id", "id");
    codec::from_doc(map)
}

fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = map.remove(from) {
        map.insert(to.to_owned(), value);
    }
}
