//! The workspace without a socket.

use pulse_sync::sim::notion::body::Parsed;
use pulse_sync::sim::notion::history::{BODY, IN_TRASH, PARENT};
use pulse_sync::sim::notion::query::{Sort, SortKey, Stamp};
use pulse_sync::sim::notion::{
    ContentUpdate, Filter, Incident, Kind, Parent, Query, Seen, Value, Workspace,
};

use crate::fixture::{T0, T0_MINUTE, table};

fn update(old: &str, new: &str) -> ContentUpdate {
    ContentUpdate {
        old: old.to_owned(),
        new: new.to_owned(),
        all: false,
    }
}

#[test]
fn times_are_rounded_down_to_the_minute() {
    let mut t = table();
    let page = t.row("a", "");
    assert_eq!(t.world.pages[&page].created, T0_MINUTE);
    let later = T0_MINUTE + 119_999;
    t.world
        .edit_body(later, t.ann, page, |_| "x".to_owned())
        .unwrap();
    let page = &t.world.pages[&page];
    assert_eq!((page.edited, page.edited_by), (T0_MINUTE + 60_000, t.ann));
    assert_eq!(page.created_by, t.bot);
    assert_eq!(
        t.world.log.last().unwrap().at,
        later,
        "the log knows the exact time"
    );
}

#[test]
fn the_log_alone_rebuilds_every_value() {
    let mut t = table();
    let page = t.row("a", "one\ntwo");
    let props = vec![
        ("Number".to_owned(), Value::number(4.0)),
        ("State".to_owned(), Value::choice("doing")),
    ];
    t.world.edit_props(T0 + 1, t.ann, page, props).unwrap();
    t.world
        .edit_body(T0 + 2, t.ann, page, |text| text.replace("two", "zwei"))
        .unwrap();
    t.world.trash(T0 + 3, t.ann, page).unwrap();
    t.world.restore(T0 + 4, t.bot, page).unwrap();

    let mut now = std::collections::BTreeMap::new();
    for (at, change) in t.world.log.iter().filter(|c| c.page == page).enumerate() {
        let before = now.insert(change.field.clone(), change.after.clone());
        let first_value = matches!(&change.before, Seen::Absent | Seen::Cell(_))
            || change.before == Seen::Body(String::new());
        assert!(
            before.map_or(first_value, |b| b == change.before),
            "entry {at} does not follow: {change:?}"
        );
    }
    let seqs: Vec<u64> = t.world.log.iter().map(|c| c.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(now[BODY], Seen::Body("one\nzwei".to_owned()));
    assert_eq!(now[IN_TRASH], Seen::Flag(false));
    for (id, value) in &t.world.pages[&page].values {
        let logged = now.get(id).cloned();
        let empty = value.is_empty() || matches!(value, Value::Checkbox(false));
        assert!(
            logged == Some(Seen::Cell(value.clone())) || (logged.is_none() && empty),
            "{id}"
        );
    }
    assert_eq!(
        t.world.value(page, "State"),
        Some(&Value::choice("Doing")),
        "the known spelling wins"
    );
}

#[test]
fn a_change_that_changes_nothing_is_not_logged() {
    let mut t = table();
    let page = t.row("a", "x");
    let before = t.world.log.len();
    t.world
        .edit_props(T0, t.ann, page, vec![("Name".to_owned(), Value::text("a"))])
        .unwrap();
    t.world.set_body(T0, t.bot, page, "x\n\n", false).unwrap();
    assert_eq!(t.world.log.len(), before);
}

#[test]
fn property_ids_and_values_survive_a_rename() {
    let mut t = table();
    let page = t.row("a", "");
    t.world
        .edit_props(
            T0,
            t.bot,
            page,
            vec![("Number".to_owned(), Value::number(4.0))],
        )
        .unwrap();
    let id = t.world.property(t.source, "Number").unwrap().id.clone();
    t.world
        .rename_property(T0, t.ann, t.source, "Number", "Nummer")
        .unwrap();
    assert!(t.world.property(t.source, "Number").is_none());
    assert_eq!(t.world.property(t.source, "Nummer").unwrap().id, id);
    assert_eq!(t.world.value(page, &id), Some(&Value::number(4.0)));
    assert!(
        t.world
            .rename_property(T0, t.ann, t.source, "Nummer", "State")
            .is_err(),
        "the name is taken"
    );
}

#[test]
fn a_deleted_column_takes_its_values_and_the_log_keeps_them() {
    let mut t = table();
    let page = t.row("a", "");
    t.world
        .edit_props(
            T0,
            t.bot,
            page,
            vec![("URL".to_owned(), Value::line("https://x.org"))],
        )
        .unwrap();
    let id = t.world.property(t.source, "URL").unwrap().id.clone();
    t.world.delete_property(T0, t.ann, t.source, "URL").unwrap();
    assert_eq!(t.world.value(page, &id), None);
    let last = t.world.log.last().unwrap();
    assert_eq!(
        (last.actor, &last.before, &last.after),
        (
            t.ann,
            &Seen::Cell(Value::line("https://x.org")),
            &Seen::Absent
        )
    );
    assert!(
        t.world
            .delete_property(T0, t.ann, t.source, "Name")
            .is_err(),
        "the title stays"
    );
}

#[test]
fn a_retyped_column_keeps_its_id_and_converts_what_it_can() {
    let mut t = table();
    let page = t.row("a", "");
    t.world
        .edit_props(
            T0,
            t.bot,
            page,
            vec![("Labels".to_owned(), Value::choices(&["bug", "ui"]))],
        )
        .unwrap();
    let id = t.world.property(t.source, "Labels").unwrap().id.clone();
    t.world
        .retype_property(T0, t.ann, t.source, "Labels", Kind::RichText)
        .unwrap();
    assert_eq!(
        t.world.property(t.source, &id).unwrap().kind,
        Kind::RichText
    );
    assert_eq!(t.world.value(page, &id), Some(&Value::text("bug, ui")));
    t.world
        .retype_property(T0, t.ann, t.source, &id, Kind::plain("number").unwrap())
        .unwrap();
    assert_eq!(
        t.world.value(page, &id),
        Some(&Value::Number(None)),
        "words are no number"
    );
}

#[test]
fn options_are_made_renamed_and_removed() {
    let mut t = table();
    let page = t.row("a", "");
    let write = |t: &mut crate::fixture::Table, key: &str, value: Value| {
        t.world
            .edit_props(T0, t.bot, page, vec![(key.to_owned(), value)])
    };
    write(&mut t, "Kind", Value::choice("Issue")).unwrap();
    write(&mut t, "Labels", Value::choices(&["bug", "BUG"])).unwrap();
    assert_eq!(
        write(&mut t, "State", Value::choice("Nope"))
            .unwrap_err()
            .code,
        "validation_error"
    );
    assert!(
        write(&mut t, "Labels", Value::choices(&["a,b"])).is_err(),
        "commas"
    );
    assert!(
        write(&mut t, "Kind", Value::choice(&"x".repeat(101))).is_err(),
        "101 characters"
    );
    assert!(write(&mut t, "Kind", Value::choice(&"x".repeat(100))).is_ok());
    t.world
        .rename_option(T0, t.ann, t.source, "Labels", ("bug", "defect"))
        .unwrap();
    assert_eq!(
        t.world.value(page, "Labels").unwrap().plain(),
        "defect, BUG"
    );
    t.world
        .delete_option(T0, t.ann, t.source, "State", "Open")
        .unwrap();
    assert_eq!(
        t.world.value(page, "State"),
        Some(&Value::choice("Doing")),
        "a status is never empty"
    );
}

#[test]
fn a_write_that_is_refused_writes_nothing() {
    let mut t = table();
    let page = t.row("a", "");
    let props = vec![
        ("Number".to_owned(), Value::number(1.0)),
        ("State".to_owned(), Value::choice("Nope")),
    ];
    assert!(t.world.edit_props(T0, t.bot, page, props).is_err());
    assert_eq!(t.world.value(page, "Number"), Some(&Value::Number(None)));
    let props = vec![("Ghost".to_owned(), Value::number(1.0))];
    assert!(
        t.world
            .edit_props(T0, t.bot, page, props)
            .unwrap_err()
            .message
            .contains("Ghost is not a property")
    );
}

#[test]
fn a_copy_made_by_hand_carries_the_hidden_id_and_its_own_author() {
    let mut t = table();
    let page = t.row("a", "one\n\ttwo");
    t.world
        .edit_props(
            T0,
            t.bot,
            page,
            vec![("GitHub ID".to_owned(), Value::text("I_1"))],
        )
        .unwrap();
    let copy = t.world.duplicate_page(T0 + 60_000, t.ann, page).unwrap();
    assert_ne!(copy, page);
    assert_eq!(t.world.value(copy, "GitHub ID"), Some(&Value::text("I_1")));
    assert_eq!(t.world.value(copy, "Name").unwrap().plain(), "a (1)");
    assert_eq!(t.body(copy), t.body(page));
    assert_eq!(t.world.pages[&copy].created_by, t.ann);
}

#[test]
fn update_content_is_a_compare_and_swap() {
    let mut t = table();
    let page = t.row("a", "one\ntwo\ntwo");
    let try_update = |t: &mut crate::fixture::Table, updates: &[ContentUpdate]| {
        t.world.update_content(T0, t.bot, page, updates, false)
    };
    assert!(
        try_update(&mut t, &[update("three", "x")]).is_err(),
        "not there"
    );
    assert!(
        try_update(&mut t, &[update("two", "x")]).is_err(),
        "there twice"
    );
    assert!(
        try_update(&mut t, &[update("", "x")]).is_err(),
        "nothing to look for"
    );
    assert!(try_update(&mut t, &[update("one", "x"), update("three", "y")]).is_err());
    assert_eq!(t.body(page), "one\ntwo\ntwo", "all or nothing");
    try_update(&mut t, &[update("one\ntwo", "1\n2")]).unwrap();
    assert_eq!(t.body(page), "1\n2\ntwo");
    let all = ContentUpdate {
        all: true,
        ..update("t", "T")
    };
    try_update(&mut t, &[all]).unwrap();
    assert_eq!(t.body(page), "1\n2\nTwo");
    assert!(
        try_update(&mut t, &vec![update("1", "1"); 101]).is_err(),
        "101 updates"
    );
}

#[test]
fn tags_in_content_are_obeyed_and_recorded() {
    let mut t = table();
    let victim = t.row("victim", "");
    let ann = t.ann;
    let body = format!(
        "hi <page url=\"https://app.notion.com/p/{}\">new name</page>\n<mention-user url=\"user://{ann}\">Ann</mention-user>",
        victim.compact()
    );
    let page = t.row("attack", &body);
    let from = Parent::Source(t.source);
    let found: Vec<&Incident> = t.world.incidents.iter().map(|r| &r.incident).collect();
    assert_eq!(
        found,
        [
            &Incident::Moved {
                page: victim,
                from,
                into: page
            },
            &Incident::Renamed {
                page: victim,
                before: "victim".to_owned()
            },
            &Incident::Notified { user: ann, page },
        ]
    );
    assert_eq!(t.world.pages[&victim].parent, Parent::Page(page));
    assert!(
        t.world
            .log
            .iter()
            .any(|c| c.page == victim && c.field == PARENT)
    );
    let rows = t
        .world
        .query(T0, t.bot, t.source, &Query::default())
        .unwrap();
    assert_eq!(rows.ids, [page], "the row is gone from the table");
    assert!(
        t.body(page)
            .contains(&format!("{}\">new name</page>", victim.compact()))
    );

    // Reading and writing back neither moves nor notifies again.
    let same = t.body(page);
    t.world.set_body(T0, t.bot, page, &same, false).unwrap();
    assert_eq!(t.world.incidents.len(), 3);
}

#[test]
fn tags_that_are_escaped_or_code_are_text() {
    let mut t = table();
    let victim = t.row("victim", "");
    let tag = format!(
        "page url=\"https://app.notion.com/p/{}\">x</page>",
        victim.compact()
    );
    let page = t.row("safe", &format!("\\<{tag}\n`<{tag}`\n```\n<{tag}\n```"));
    assert!(t.world.incidents.is_empty(), "{:?}", t.world.incidents);
    assert_eq!(t.world.pages[&victim].parent, Parent::Source(t.source));
    assert!(t.body(page).starts_with("\\<page url"));
}

#[test]
fn child_pages_are_not_deleted_by_accident() {
    let mut t = table();
    let page = t.row("a", "text");
    let child = t
        .world
        .create_at(
            T0,
            t.ann,
            Parent::Page(page),
            vec![("title".to_owned(), Value::text("Child"))],
            Parsed::default(),
        )
        .unwrap();
    let line = format!(
        "<page url=\"https://app.notion.com/p/{}\">Child</page>",
        child.compact()
    );
    assert_eq!(t.body(page), format!("text\n{line}"));
    let refused = t.world.set_body(T0, t.bot, page, "new", false).unwrap_err();
    assert_eq!(refused.code, "validation_error");
    assert!(refused.message.contains(&child.to_string()));
    t.world
        .update_content(T0, t.bot, page, &[update("text", "new")], false)
        .unwrap();
    assert!(!t.world.pages[&child].in_trash);
    t.world.set_body(T0, t.bot, page, "gone", true).unwrap();
    assert!(t.world.pages[&child].in_trash);
    assert_eq!(
        t.world.incidents.last().unwrap().incident,
        Incident::ChildTrashed { page: child }
    );
}

#[test]
fn blocks_that_did_not_change_keep_their_ids() {
    let mut t = table();
    let page = t.row("a", "one\ntwo\nthree");
    let ids = |t: &crate::fixture::Table| {
        t.world.pages[&page]
            .body
            .iter()
            .map(|b| b.id)
            .collect::<Vec<_>>()
    };
    let before = ids(&t);
    t.world
        .set_body(T0, t.bot, page, "one\nnew\ntwo\nthree", false)
        .unwrap();
    let after = ids(&t);
    assert_eq!(
        (after[0], after[2], after[3]),
        (before[0], before[1], before[2])
    );
    assert!(!before.contains(&after[1]));
}

#[test]
fn a_truncated_body_says_so() {
    let mut t = table();
    let page = t.row("a", "one\ntwo\nthree");
    t.world.pages.get_mut(&page).unwrap().shown_blocks = Some(1);
    let read = t.world.read_body(t.bot, page).unwrap();
    assert_eq!(
        (read.markdown.as_str(), read.truncated, read.unknown.len()),
        ("one", true, 2)
    );
    assert_eq!(
        t.world.read_block_markdown(t.bot, read.unknown[0]).unwrap(),
        "two"
    );
}

#[test]
fn an_api_edit_of_the_body_may_leave_the_time_alone() {
    let mut t = table();
    t.world.options.api_body_edit_moves_time = false;
    let page = t.row("a", "one");
    t.world
        .set_body(T0 + 600_000, t.bot, page, "two", false)
        .unwrap();
    assert_eq!(t.world.pages[&page].edited, T0_MINUTE);
    t.world
        .edit_body(T0 + 600_000, t.ann, page, |_| "three".to_owned())
        .unwrap();
    assert_eq!(t.world.pages[&page].edited, T0_MINUTE + 600_000);
}

#[test]
fn what_is_not_shared_is_not_there_for_the_connection() {
    let mut t = table();
    let page = t.row("a", "");
    t.world.hidden.insert(page);
    assert_eq!(t.world.reach(t.bot, page).unwrap_err().status, 404);
    assert!(
        t.world
            .query(T0, t.bot, t.source, &Query::default())
            .unwrap()
            .ids
            .is_empty()
    );
    assert!(t.world.edit_props(T0, t.ann, page, Vec::new()).is_ok());
    t.world.hidden.insert(t.database);
    assert!(t.world.reach_source(t.bot, t.source).is_err());
    t.world.hidden.clear();
    t.world.options.bot_may_write = false;
    assert_eq!(
        t.world.trash(T0, t.bot, page).unwrap_err().code,
        "restricted_resource"
    );
}

#[test]
fn trashed_pages_leave_queries_refuse_edits_and_come_back() {
    let mut t = table();
    let page = t.row("a", "x");
    t.world.trash(T0, t.ann, page).unwrap();
    assert!(
        t.world
            .query(T0, t.bot, t.source, &Query::default())
            .unwrap()
            .ids
            .is_empty()
    );
    assert!(t.world.edit_props(T0, t.bot, page, Vec::new()).is_err());
    assert!(t.world.set_body(T0, t.bot, page, "y", false).is_err());
    t.world.restore(T0, t.ann, page).unwrap();
    assert_eq!(
        t.world
            .query(T0, t.bot, t.source, &Query::default())
            .unwrap()
            .ids,
        [page]
    );
    t.world.delete_forever(T0, t.ann, page).unwrap();
    assert_eq!(
        t.world.reach(t.bot, page).unwrap_err().code,
        "object_not_found"
    );
    assert_eq!(t.world.log.last().unwrap().after, Seen::Absent);
}

#[test]
fn queries_page_through_everything_once_and_the_cut_is_said() {
    let mut t = table();
    for number in 0..25 {
        t.row(&format!("row {number}"), "");
    }
    let mut query = Query {
        page_size: 10,
        ..Query::default()
    };
    let mut seen = Vec::new();
    loop {
        let rows = t.world.query(T0, t.bot, t.source, &query).unwrap();
        assert!(!rows.incomplete);
        seen.extend(rows.ids);
        match rows.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
    assert_eq!(seen, {
        let mut once = seen.clone();
        once.dedup();
        once
    });

    t.world.options.query_limit = 20;
    t.world.options.rows_per_answer = 15;
    let first = t
        .world
        .query(T0, t.bot, t.source, &Query::default())
        .unwrap();
    assert_eq!(
        (first.ids.len(), first.incomplete),
        (15, false),
        "fewer than asked for, and more to come"
    );
    let query = Query {
        cursor: first.next,
        ..Query::default()
    };
    let second = t.world.query(T0, t.bot, t.source, &query).unwrap();
    assert_eq!(
        (second.ids.len(), second.next, second.incomplete),
        (5, None, true)
    );
}

#[test]
fn a_poll_by_edit_time_sees_the_whole_minute() {
    let mut t = table();
    let first = t.row("a", "");
    let second = t.row("b", "");
    t.world
        .edit_props(T0 + 60_000, t.ann, second, Vec::new())
        .unwrap();
    let since = |ms: i64| Query {
        filter: Some(Filter::edited_since(ms)),
        ..Query::default()
    };
    let ask = |ms: i64| t.world.query(T0, t.bot, t.source, &since(ms)).unwrap().ids;
    assert_eq!(ask(T0_MINUTE), [first, second]);
    assert_eq!(
        ask(T0),
        [second],
        "the exact time lies behind the rounded one"
    );
    let sorts = vec![Sort {
        key: SortKey::Time(Stamp::Edited),
        descending: true,
    }];
    let rows = t
        .world
        .query(
            T0,
            t.bot,
            t.source,
            &Query {
                sorts,
                ..Query::default()
            },
        )
        .unwrap();
    assert_eq!(rows.ids, [second, first]);
}

#[test]
fn new_rows_may_take_a_while_to_be_found() {
    let mut t = table();
    t.world.options.query_lag = 5_000;
    let page = t.row("a", "");
    let id = t.world.property(t.source, "Name").unwrap().id.clone();
    let query = Query {
        filter: Some(Filter::says(&id, "a")),
        ..Query::default()
    };
    assert!(
        t.world
            .query(T0 + 4_999, t.bot, t.source, &query)
            .unwrap()
            .ids
            .is_empty()
    );
    assert_eq!(
        t.world
            .query(T0 + 5_000, t.bot, t.source, &query)
            .unwrap()
            .ids,
        [page]
    );
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let (a, b) = (table(), table());
    assert_eq!(a.world.token, b.world.token);
    assert_eq!((a.source, a.ann), (b.source, b.ann));
    assert_ne!(Workspace::new(1).bot, Workspace::new(2).bot);
}
