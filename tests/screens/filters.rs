//! Filters ask for words and for fields, and say which fields there are.

use pulse_sync::core::{Outcome, RecordKind};
use pulse_sync::ui::app::App;
use pulse_sync::ui::layout::Pane;
use pulse_sync::ui::panes;

use crate::make::{full, press, record, said, text, type_in};

fn filtered(key: &str, filter: &str) -> App {
    let mut app = full(120, 40);
    press(&mut app, &format!("{key} /"));
    type_in(&mut app, filter);
    press(&mut app, "Enter");
    app
}

fn rows(key: &str, pane: Pane, filter: &str) -> usize {
    panes::names(&filtered(key, filter), pane).len()
}

#[test]
fn each_list_can_be_asked_for_its_fields() {
    for (key, pane, some) in [
        ("2", Pane::Queue, "state:held"),
        ("2", Pane::Queue, "to:github state:queued"),
        ("2", Pane::Queue, "repo:acme/widgets !state:queued"),
        ("2", Pane::Queue, "why:429"),
        ("3", Pane::History, "outcome:failed"),
        ("3", Pane::History, "verb:change field:body"),
        ("3", Pane::History, "kind:run"),
        ("4", Pane::Conflicts, "field:title"),
        ("4", Pane::Conflicts, "title:\"crash on\" field:body"),
        ("5", Pane::Log, "level:warn"),
    ] {
        let (all, found) = (rows(key, pane, ""), rows(key, pane, some));
        assert!((1..all).contains(&found), "{some}: {found} of {all}");
        let (name, rest) = some.split_once(':').unwrap();
        let name = name.rsplit(' ').next().unwrap();
        assert!(panes::facets(pane).contains(&name), "{some}");
        assert_eq!(
            rows(key, pane, &format!("{name}:nobody{rest}")),
            0,
            "{some}"
        );
    }
    // The word is elsewhere in the row: a field is only asked for its own value.
    assert_eq!(rows("4", Pane::Conflicts, "title:acme"), 0);
}

#[test]
fn the_fields_are_named_where_one_filters_and_in_the_help() {
    for (key, pane) in [
        ("2", Pane::Queue),
        ("3", Pane::History),
        ("4", Pane::Conflicts),
        ("5", Pane::Log),
    ] {
        for width in [80, 120, 200] {
            let mut app = full(width, 40);
            press(&mut app, &format!("{key} ?"));
            let help = text(&app);
            press(&mut app, "Esc /");
            let line = said(&app);
            for name in panes::facets(pane) {
                let name = format!("{name}:");
                assert!(help.contains(&name), "{width}: {name} is not in {help}");
                assert!(line.contains(&name), "{width}: {name} is not in {line}");
            }
            type_in(
                &mut app,
                "a filter that is so long that there is no room left for anything else beside",
            );
            assert!(
                said(&app).contains("/ a filter that is so long"),
                "{}",
                said(&app)
            );
        }
    }
}

#[test]
fn records_say_what_happened_in_words() {
    let of = |verb: &str, note: &str| {
        let mut record = record("r", 1, RecordKind::Conflict, Outcome::Info, verb);
        record.note = note.to_owned();
        panes::history::what(&record)
    };
    let chosen = "title: GitHub's value, chosen by kim on laptop";
    assert_eq!(of("choose", chosen), chosen);
    let undone = "title: put back by kim on laptop, as it was before record 1a";
    assert_eq!(of("undo", undone), undone);
    assert_eq!(of("unlink", "closed here"), "unlinked: closed here");
    assert_eq!(of("hold", ""), "hold");
}
