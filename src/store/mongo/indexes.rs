//! The indexes, made at start; making one that exists does nothing.

use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;

use super::documents::{ERRORS, HISTORY, ITEMS};

fn index(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// An index of the documents that have what the filter says. A query must say the same to be answered by it.
fn partial(name: &str, keys: Document, filter: Document, unique: bool) -> IndexModel {
    let options = IndexOptions::builder()
        .name(name.to_owned())
        .unique(unique)
        .partial_filter_expression(filter)
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}

fn there(field: &str) -> Document {
    doc! { field: { "$exists": true } }
}

/// The index of the pairs with records in their outbox, which are always asked for by its name.
pub(super) const OUTBOX: &str = "outbox";

/// All indexes by collection.
///
/// Within a link an object occurs once, whatever its kind: no two pairs for one issue, none for one page, none with one
/// key. Never change an index under its name: give the changed one a new name.
pub(super) fn all() -> [(&'static str, Vec<IndexModel>); 3] {
    let unique =
        |name, field: &str| partial(name, doc! { "link": 1, field: 1 }, there(field), true);
    let source = doc! { "link": 1, "type": 1, "source_id": 1 };
    let wants = || doc! { "wants_turn": true };
    let items = vec![
        partial("source", source, there("source_id"), true),
        unique("github", "github.node"),
        unique("notion", "notion.node"),
        unique("key", "key"),
        index("pages", doc! { "link": 1, "_id": 1 }),
        index("marks", doc! { "link": 1, "marks": 1, "_id": 1 }),
        index("life", doc! { "link": 1, "life": 1, "dirty_since": 1 }),
        partial(
            "due",
            doc! { "link": 1, "dirty_since": 1, "_id": 1, "ready_at": 1 },
            wants(),
            false,
        ),
        partial("wake", doc! { "link": 1, "ready_at": 1 }, wants(), false),
        partial(OUTBOX, doc! { "outbox._id": 1 }, there("outbox._id"), false),
    ];
    let history = vec![
        index("at", doc! { "at": 1, "_id": 1 }),
        partial(
            "pair",
            doc! { "pair": 1, "at": 1, "_id": 1 },
            there("pair"),
            false,
        ),
        index("outcome", doc! { "outcome": 1, "at": 1, "_id": 1 }),
        index("kind", doc! { "kind": 1, "at": 1, "_id": 1 }),
        partial("values", doc! { "at": 1 }, there("changes.field"), false),
    ];
    let errors = vec![
        index("at", doc! { "last_at": 1, "_id": 1 }),
        index("open", doc! { "open": 1, "last_at": 1, "_id": 1 }),
        index("class", doc! { "class": 1, "last_at": 1, "_id": 1 }),
        partial("pair", doc! { "pair": 1, "class": 1 }, there("pair"), false),
    ];
    [(ITEMS, items), (HISTORY, history), (ERRORS, errors)]
}
