//! Where fields are kept, and what is forgotten when that changes.

use pulse_sync::core::places::{Columns, Places};
use pulse_sync::core::{Base, FieldKey, Kind, Pair, Value};

use super::rig;

fn at(columns: &[(&str, &str)]) -> Columns {
    let column =
        |(key, column): &(&str, &str)| ((Kind::Issue, FieldKey::of(key)), (*column).to_owned());
    columns.iter().map(column).collect()
}

fn agreed(pair: &mut Pair) {
    for key in ["title", "labels"] {
        pair.base.insert(
            FieldKey::of(key),
            Base::new(Value::text("x"), Value::text("x")),
        );
    }
}

fn keys(pair: &Pair) -> Vec<&str> {
    pair.base.keys().map(FieldKey::as_str).collect()
}

#[test]
fn only_what_moved_is_forgotten_and_only_once() {
    let mut places = Places::default();
    let mut pair = rig::pair(&[]);
    agreed(&mut pair);
    assert!(
        !places.note(&at(&[("title", "a"), ("labels", "b")])),
        "the first sight moves nothing"
    );
    assert!(!places.fit(&mut pair));
    assert!(places.note(&at(&[("title", "a"), ("labels", "c")])));
    assert!(places.fit(&mut pair));
    assert_eq!(keys(&pair), ["title"]);
    agreed(&mut pair);
    assert!(!places.fit(&mut pair), "what was agreed since stays");
    assert_eq!(keys(&pair), ["labels", "title"]);
}

#[test]
fn a_pair_that_slept_through_several_moves_forgets_them_all() {
    let mut places = Places::default();
    let mut pair = rig::pair(&[]);
    places.note(&at(&[("title", "a"), ("labels", "b")]));
    agreed(&mut pair);
    places.note(&at(&[("title", "a2"), ("labels", "b")]));
    places.note(&at(&[("title", "a2"), ("labels", "b2")]));
    assert!(places.fit(&mut pair));
    assert!(keys(&pair).is_empty());
}

#[test]
fn a_field_that_is_paused_for_a_while_stays_where_it_was() {
    let mut places = Places::default();
    let mut pair = rig::pair(&[]);
    places.note(&at(&[("title", "a"), ("labels", "b")]));
    agreed(&mut pair);
    assert!(!places.note(&at(&[("title", "a")])));
    assert!(!places.note(&at(&[("title", "a"), ("labels", "b")])));
    assert!(!places.fit(&mut pair));
    assert!(
        places.note(&at(&[("title", "a"), ("labels", "z")])),
        "and is known to be elsewhere"
    );
}

#[test]
fn it_is_the_same_after_it_was_kept() {
    let mut places = Places::default();
    places.note(&at(&[("title", "a")]));
    places.note(&at(&[("title", "b")]));
    let text = serde_json::to_string(&places).unwrap();
    assert_eq!(serde_json::from_str::<Places>(&text).unwrap(), places);
}
