//! What the guard asks about, item by item: what changed, what each answer would write, and what is no part of it.

use serde_json::{Value as Json, json};

use super::{changed, json};
use crate::core::guard::{Halt, Reason};
use crate::core::{FieldKey, Side};
use crate::engine::answers::PutBack;
use crate::engine::held::HeldItem;
use crate::shown::Shown;

/// Prints the items of a bulk change; nothing for other questions.
pub fn print(halt: &Halt, items: &[HeldItem]) {
    if !matches!(halt.reason, Reason::Changes | Reason::Cleared) {
        return;
    }
    let (side, other) = (halt.side.name(), halt.side.other().name());
    say!("    what changed on {side}: apply writes it to {other}, keep puts it back on {side}");
    for item in items {
        print_item(halt.side, item);
    }
}

fn print_item(side: Side, item: &HeldItem) {
    let (name, title) = (Shown::line(&item.item), Shown::line(&item.title));
    say!("    {name}  {title}");
    for change in &item.forth {
        changed::print(&change.field, &change.now, &change.then, "      ");
        if let Some(why) = &change.refused {
            say!("        apply does not write it: {}", Shown::line(why));
        }
        if let Some(why) = not_put_back(item, &change.field) {
            say!("        keep does not put it back: {}", Shown::line(&why));
        }
    }
    if !item.follow.is_empty() {
        say!("      with it: {}", names(item.follow.iter()));
    }
    if !item.later.is_empty() {
        let fields = names(item.later.iter().map(|change| &change.field));
        say!("      changed since this was asked, and no part of the answer: {fields}");
    }
    if item.text_unread {
        say!("      the text may have changed, too; that is no part of the answer");
    }
    match item.at {
        None => say!(
            "      not listed on {} since: no part of the answer yet",
            side.name()
        ),
        Some(_) if item.forth.is_empty() && item.later.is_empty() && !item.text_unread => {
            say!("      shows the last agreement again: nothing to write");
        }
        Some(_) => {}
    }
}

fn names<'a>(fields: impl Iterator<Item = &'a FieldKey>) -> String {
    let names: Vec<&str> = fields.map(FieldKey::as_str).collect();
    names.join(", ")
}

/// Why keeping leaves a change as it is.
fn not_put_back(item: &HeldItem, field: &FieldKey) -> Option<String> {
    match put_back(item, field) {
        Some(back) => back.refused.clone(),
        None => Some("it is GitHub's alone: it stays, and goes to Notion".to_owned()),
    }
}

fn put_back<'a>(item: &'a HeldItem, field: &FieldKey) -> Option<&'a PutBack> {
    item.backs.iter().find(|back| back.field == *field)
}

/// One item for scripts. `apply` and `keep` are what the answer writes, null where it writes nothing.
pub fn json(item: &HeldItem) -> Json {
    let field = |change: &PutBack| {
        let is_put_back = not_put_back(item, &change.field).is_none();
        let goes_over = change.refused.is_none();
        json!({
            "field": change.field.as_str(),
            "was": json::value(&change.now),
            "now": json::value(&change.then),
            "applies": goes_over,
            "apply": goes_over.then(|| json::value(&change.then)),
            "keeps": is_put_back,
            "keep": is_put_back.then(|| json::value(&change.now)),
        })
    };
    let later = |change: &PutBack| {
        json!({
            "field": change.field.as_str(),
            "was": json::value(&change.now),
            "now": json::value(&change.then),
        })
    };
    json!({
        "item": item.item,
        "title": item.title,
        "fields": item.forth.iter().map(field).collect::<Vec<_>>(),
        "later": item.later.iter().map(later).collect::<Vec<_>>(),
        "text_unread": item.text_unread,
        "listed": item.at.map(json::time),
    })
}
