//! Texts from outside are data, whatever they look like.

use std::collections::BTreeMap;

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::{Base, FieldKey, PairId, Side, Time, Value};
use pulse_sync::store::{Cursor, HistoryQuery, Store, Which};

use crate::make::{error, hostile, id, object, pair, record, with};

pub async fn texts_of_a_pair(store: &impl Store) {
    for (number, text) in (1..).zip(hostile()) {
        let put = with(pair(number), |pair| {
            pair.title.clone_from(&text);
            pair.last_error = Some(text.clone());
            let value = Value::set([text.as_str(), "x"]);
            let base = Base::new(Value::Text(text.clone()), value);
            pair.base = BTreeMap::from([(FieldKey::BODY, base)]);
        });
        store.put(&put, &[]).await.unwrap();
        let read = store.pair(&id(number)).await.unwrap();
        assert_eq!(read, Some(with(put, |pair| pair.rev = 1)), "{text:?}");
    }
}

pub async fn nodes_and_links(store: &impl Store) {
    let texts = hostile();
    for (number, text) in (1..).zip(&texts) {
        let put = with(pair(number), |pair| {
            pair.link.clone_from(text);
            pair.github = Some(object(text));
            pair.notion = Some(object(text));
            pair.dirty_since = Some(Time(1));
        });
        assert_eq!(store.put(&put, &[]).await, Ok(1), "{text:?}");
    }
    let nodes: Vec<_> = texts.iter().map(String::as_str).collect();
    for (number, text) in (1..).zip(&texts) {
        let found = store.by_nodes(text, Side::Notion, &nodes).await.unwrap();
        assert_eq!(found.len(), 1, "{text:?}");
        assert_eq!(found[text].id, id(number));
        assert_eq!(store.counts(text).await.unwrap().queued, 1);
        assert_eq!(store.due(text, Time(5), 9).await.unwrap()[0].id, id(number));
        let pairs = store.pairs(text, Which::All, None, 9).await.unwrap();
        assert_eq!(pairs.len(), 1, "{text:?}");
    }
}

pub async fn titles_with_a_megabyte(store: &impl Store) {
    let long = "ü💥\0\"".repeat(130_000);
    let put = with(pair(1), |pair| {
        let base = Base::new(Value::Text(long.clone()), Value::Text(format!("{long}!")));
        pair.base.insert(FieldKey::BODY, base);
    });
    store.put(&put, &[]).await.unwrap();
    let read = store.pair(&id(1)).await.unwrap().unwrap();
    assert!(read.base == put.base);
    let mut kept = record("a", 1);
    kept.changes.push(FieldChange {
        field: FieldKey::BODY,
        before: Value::Text(long),
        after: Value::Null,
        other: None,
    });
    store.record(std::slice::from_ref(&kept)).await.unwrap();
    assert!(store.record_by_id("a").await.unwrap() == Some(kept));
}

pub async fn names_of_settings_and_cursors(store: &impl Store) {
    for (number, text) in (1..).zip(hostile()) {
        store.put_setting(&text, Some(&text)).await.unwrap();
        let cursor = Cursor {
            stamp: Some(Time(number)),
            tag: Some(text.clone()),
            ..Cursor::default()
        };
        store.put_cursor(&text, &cursor).await.unwrap();
    }
    for (number, text) in (1..).zip(hostile()) {
        assert_eq!(store.setting(&text).await, Ok(Some(text.clone())));
        let cursor = store.cursor(&text).await.unwrap().unwrap();
        assert_eq!((cursor.stamp, cursor.tag), (Some(Time(number)), Some(text)));
    }
}

pub async fn texts_of_records_and_errors(store: &impl Store) {
    for (number, text) in (1..).zip(hostile()) {
        let mut entry = error(&text, number);
        entry.message.clone_from(&text);
        store.put_error(&entry).await.unwrap();
        assert_eq!(store.error(&text).await, Ok(Some(entry)), "{text:?}");

        let mut kept = record(&text, number);
        kept.pair = Some(PairId(text.clone()));
        kept.note.clone_from(&text);
        store.record(std::slice::from_ref(&kept)).await.unwrap();
        let query = HistoryQuery {
            pair: Some(PairId(text.clone())),
            before: Some((Time(1_000), text.clone())),
            limit: 9,
            ..HistoryQuery::default()
        };
        assert_eq!(store.history(&query).await, Ok(vec![kept]), "{text:?}");
    }
}

pub async fn names_of_leases(store: &impl Store) {
    for text in hostile() {
        let lease = store.lease(&text, &text, Time(1), 10).await.unwrap();
        assert_eq!((lease.holder, lease.fence), (text, 1));
    }
}

pub async fn field_keys(store: &impl Store) {
    let base: BTreeMap<_, _> = hostile()
        .into_iter()
        .map(|text| {
            (
                FieldKey::of(&text),
                Base::new(Value::Number(i64::MIN), Value::Null),
            )
        })
        .collect();
    let put = with(pair(1), |pair| pair.base = base);
    store.put(&put, &[]).await.unwrap();
    assert_eq!(store.pair(&id(1)).await.unwrap().unwrap().base, put.base);
}
