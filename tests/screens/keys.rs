//! The one table of keys: what is bound, what it means where, and how it is changed.

use std::collections::{BTreeMap, BTreeSet};

use pulse_sync::config;
use pulse_sync::ui::action::{Action, DEFAULT_KEYS, Place};
use pulse_sync::ui::app::{Effect, Input};
use pulse_sync::ui::keymap::{Key, Keymap, Overrides, Resolved, markdown};

use crate::make::{NOW, bare, full, press, rows, said, text, type_in};
use crate::scenes::SCENES;

fn keys(text: &str) -> Vec<Key> {
    text.split_whitespace()
        .map(|key| Key::parse(key).unwrap())
        .collect()
}

fn overrides(table: &[(&str, &str, &[&str])]) -> Overrides {
    let mut overrides: Overrides = BTreeMap::new();
    for (place, action, keys) in table {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let place = overrides.entry((*place).to_owned()).or_default();
        place.insert((*action).to_owned(), keys);
    }
    overrides
}

#[test]
fn every_key_of_the_table_means_its_action_at_its_place() {
    let map = Keymap::default();
    assert_eq!(map.all().len(), DEFAULT_KEYS.len(), "no key is unreadable");
    for (place, text, action) in DEFAULT_KEYS {
        let pressed = keys(text);
        let places = [*place, Place::Everywhere];
        if let [first, _] = pressed.as_slice() {
            assert_eq!(
                map.resolve(&places, &[*first]),
                Resolved::Prefix,
                "{text} at {place:?}"
            );
        }
        assert_eq!(
            map.resolve(&places, &pressed),
            Resolved::Action(*action),
            "{text} at {place:?}"
        );
    }
    assert_eq!(
        Keymap::with(&Overrides::new()),
        Ok(map),
        "the delivered keys do not clash"
    );
}

#[test]
fn a_particular_place_goes_first() {
    let map = Keymap::default();
    let at = |place, text: &str| map.resolve(&[place, Place::Everywhere], &keys(text));
    assert_eq!(at(Place::Queue, "Enter"), Resolved::Action(Action::Open));
    assert_eq!(
        at(Place::Resolver, "Enter"),
        Resolved::Action(Action::Apply)
    );
    assert_eq!(
        at(Place::Plan, "Space"),
        Resolved::Action(Action::ToggleStep)
    );
    assert_eq!(
        at(Place::Conflicts, "Space"),
        Resolved::Action(Action::Mark)
    );
    assert_eq!(at(Place::History, "h"), Resolved::Nothing);
    assert_eq!(
        at(Place::Resolver, "h"),
        Resolved::Action(Action::TakeGithub)
    );
}

#[test]
fn every_action_has_a_key_or_is_in_the_palette() {
    let bound: BTreeSet<Action> = DEFAULT_KEYS.iter().map(|(.., action)| *action).collect();
    for action in Action::ALL {
        let mut app = full(200, 60);
        press(&mut app, ":");
        type_in(&mut app, action.says());
        // A long sentence is cut at the window's edge.
        let start: String = action.says().chars().take(40).collect();
        let is_offered = text(&app).contains(&start);
        assert!(
            bound.contains(action) || is_offered,
            "{} cannot be reached",
            action.name()
        );
        assert!(
            is_offered || *action == Action::Palette,
            "{} is not in the palette",
            action.name()
        );
    }
}

#[test]
fn names_are_unique_and_found() {
    for action in Action::ALL {
        assert_eq!(Action::named(action.name()), Some(*action));
        assert!(!action.says().ends_with('.') && !action.short().is_empty());
    }
    let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(names.len(), Action::ALL.len());
}

#[test]
fn the_footer_only_offers_keys_that_work() {
    for scene in SCENES {
        for width in [60, 80, 120, 200] {
            let app = (scene.make)(width, 40);
            let footer = rows(&crate::make::draw(&app)).pop().unwrap();
            let mut found = 0;
            for column in 0..width {
                let Some(action) = pulse_sync::ui::chrome::footer_at(&app, column) else {
                    continue;
                };
                found += 1;
                let keys = app.keymap.keys_of(&app.places(), action);
                // Where something is typed, a letter is no key.
                let is_window = pulse_sync::ui::chrome::is_window;
                let types = app.typing || app.screens.last().is_some_and(is_window);
                let mut works = keys.iter().filter(|key| !types || key.len() > 1);
                let shown = works
                    .next()
                    .unwrap_or_else(|| panic!("{} in {}", action.name(), scene.name));
                assert!(
                    footer.contains(shown.as_str()),
                    "{}: {} is not in {footer}",
                    scene.name,
                    action.name()
                );
            }
            assert!(found > 0, "{} offers nothing", scene.name);
            let leaves = if app.screens.is_empty() && !app.typing {
                "q quit"
            } else {
                "Esc "
            };
            assert!(
                footer.contains(leaves),
                "{}: how to leave is always there: {footer}",
                scene.name
            );
            assert!(
                footer.ends_with("help"),
                "{}: the way to help is always there: {footer}",
                scene.name
            );
        }
    }
}

#[test]
fn keys_are_read_as_terminals_send_them() {
    let same = [
        ("G", "shift-g"),
        ("shift-Tab", "shift-tab"),
        ("Space", "space"),
        ("F1", "f1"),
        ("ctrl-d", "ctrl-d"),
    ];
    for (one, other) in same {
        assert_eq!(Key::parse(one), Key::parse(other), "{one}");
    }
    for wrong in ["", "ctrl-", "hyper-x", "F99", "ab", "\u{1b}"] {
        assert!(Key::parse(wrong).is_err(), "{wrong:?}");
    }
    for (place, text, _) in DEFAULT_KEYS {
        for key in keys(text) {
            let shown = key.to_string();
            assert!(
                !shown.is_empty() && shown != "?" || *text == "?",
                "{place:?} {text}"
            );
        }
    }
}

#[test]
fn keys_can_be_changed() {
    let map = Keymap::with(&overrides(&[
        ("everywhere", "pause", &["P", "F5"]),
        ("everywhere", "sync-all", &[]),
        ("resolver", "take-github", &["1"]),
        ("queue", "retry-all", &["t a"]),
    ]))
    .unwrap();
    let at = |place, text: &str| map.resolve(&[place, Place::Everywhere], &keys(text));
    assert_eq!(at(Place::Queue, "P"), Resolved::Action(Action::Pause));
    assert_eq!(at(Place::Queue, "F5"), Resolved::Action(Action::Pause));
    assert_eq!(at(Place::Queue, "p"), Resolved::Nothing);
    assert_eq!(at(Place::Queue, "S"), Resolved::Nothing, "switched off");
    assert_eq!(at(Place::Queue, "t"), Resolved::Prefix);
    assert_eq!(at(Place::Queue, "t a"), Resolved::Action(Action::RetryAll));
    assert_eq!(
        at(Place::Resolver, "1"),
        Resolved::Action(Action::TakeGithub)
    );
    assert_eq!(at(Place::Resolver, "h"), Resolved::Nothing);
    assert_eq!(at(Place::Queue, "1"), Resolved::Action(Action::GoSystem));

    let mut app = full(200, 40);
    app.keymap = map;
    let footer = rows(&crate::make::draw(&app)).pop().unwrap();
    assert!(footer.contains("P pause"), "{footer}");
    press(&mut app, "?");
    assert!(text(&app).contains("P  F5"), "help knows the new keys");
    press(&mut app, "Esc F5");
    assert_eq!(app.data.pausing, Some(true));
}

/// The keys of a configuration file.
fn configured(text: &str) -> Keymap {
    config::load(text, "config.toml", &config::Environment::default())
        .unwrap_or_else(|problems| panic!("{text}{}", config::render_all(&problems, false)))
        .screen
        .keymap
}

#[test]
fn every_action_can_be_rebound_at_every_place() {
    for action in Action::ALL {
        let name = action.name();
        let map = configured(&format!("[keys]\n{name} = [\"F5\"]\n"));
        let pressed = map.resolve(&[Place::Everywhere], &keys("F5"));
        assert_eq!(pressed, Resolved::Action(*action), "{name}");
        for place in Place::ALL {
            let at = place.name();
            let map = configured(&format!("[keys.{at}]\n{name} = [\"F5\"]\n"));
            let pressed = map.resolve(&[place], &keys("F5"));
            assert_eq!(pressed, Resolved::Action(*action), "{name} at {at}");
        }
    }
    // The action and the place of one name, side by side.
    let map = configured(
        "[keys.everywhere]\nplan = [\"ctrl-e\"]\n[keys.plan]\nplan = [\"F6\"]\napply = [\"F7\"]\n",
    );
    for (place, key, wanted) in [
        (Place::Everywhere, "ctrl-e", Action::MakePlan),
        (Place::Plan, "F6", Action::MakePlan),
        (Place::Plan, "F7", Action::Apply),
    ] {
        let pressed = map.resolve(&[place], &keys(key));
        assert_eq!(pressed, Resolved::Action(wanted), "{key}");
    }
}

#[test]
fn two_actions_on_one_key_are_refused_and_both_named() {
    let problems = Keymap::with(&overrides(&[
        ("everywhere", "pause", &["s"]),
        ("plan", "save-plan", &["Enter"]),
        ("everywhere", "zoom", &["y"]),
        ("attic", "pause", &["x"]),
        ("queue", "retyr", &["x"]),
        ("queue", "retry", &["ctlr-x", "a b c"]),
    ]))
    .unwrap_err();
    let said = |words: &[&str]| {
        problems
            .iter()
            .any(|problem| words.iter().all(|word| problem.contains(word)))
    };
    assert!(said(&[
        "two actions on `s`",
        "everywhere",
        "pause",
        "sync-item"
    ]));
    assert!(said(&[
        "two actions on `Enter`",
        "plan",
        "save-plan",
        "apply"
    ]));
    assert!(
        said(&["zoom", "yank-url"]),
        "the first of two keys cannot mean something by itself"
    );
    assert!(said(&["`attic` is no place", "resolver"]));
    assert!(said(&["`retyr` is no action", "`retry`"]));
    assert!(said(&["`ctlr-x` is no key"]) && said(&["`a b c`"]));
}

#[test]
fn two_keys_one_after_the_other() {
    let copied = |keys: &str| {
        let mut app = full(120, 40);
        let effects = press(&mut app, &format!("2 {keys}"));
        assert!(app.pending.is_none(), "{keys}");
        effects.into_iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        })
    };
    let url = "https://github.com/acme/widgets/issues/101";
    assert_eq!(copied("y y").as_deref(), Some(url));
    assert_eq!(copied("y u").as_deref(), Some(url));
    assert_eq!(
        copied("y n").as_deref(),
        Some("https://www.notion.so/page101")
    );
    assert_eq!(copied("y i").as_deref(), Some("acme/widgets#101"));
    assert_eq!(
        copied("y t").as_deref(),
        Some("Dark theme for the settings")
    );
    assert_eq!(
        copied("y m"),
        Some(format!("[Dark theme for the settings]({url})"))
    );
    assert_eq!(copied("y e"), None, "a queued item has no error");
    assert_eq!(
        copied("j j j j y e").as_deref(),
        Some("Notion answered 429, try 3")
    );
    assert_eq!(copied("y q"), None, "no such pair of keys");
    assert_eq!(copied("y Esc"), None);
    let json = copied("Y").unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}

#[test]
fn what_may_follow_is_shown_after_a_while() {
    let mut app = full(80, 24);
    press(&mut app, "y");
    assert!(!text(&app).contains("Markdown link"));
    app.update(Input::Tick(NOW.plus(301)));
    let shown = text(&app);
    for what in ["GitHub URL", "Notion URL", "Markdown link", "last error"] {
        assert!(shown.contains(what), "{what}");
    }
    press(&mut app, "u");
    assert!(!text(&app).contains("Markdown link"));
}

#[test]
fn the_list_of_keys_has_every_action() {
    let list = markdown(&Keymap::default());
    for action in Action::ALL {
        assert!(
            list.contains(&format!("| `{}` |", action.name())),
            "{}",
            action.name()
        );
        assert!(list.contains(action.says()));
    }
    for place in Place::ALL {
        let has_keys = DEFAULT_KEYS.iter().any(|(one, ..)| *one == place);
        assert_eq!(
            list.contains(&format!("\n## {}\n", place.name())),
            has_keys,
            "{place:?}"
        );
    }
    for line in list.lines().filter(|line| line.starts_with('|')) {
        let bars = line.matches('|').count() - line.matches("\\|").count();
        assert_eq!(bars, 4, "a row has three cells: {line}");
    }
}

#[test]
fn help_and_palette_run_what_is_marked() {
    let mut app = bare(120, 40);
    press(&mut app, "?");
    type_in(&mut app, "pause");
    press(&mut app, "Enter");
    assert_eq!(app.data.pausing, Some(true), "from help");
    assert!(app.screens.is_empty());
    press(&mut app, ":");
    type_in(&mut app, "pause or resume");
    press(&mut app, "Enter");
    assert_eq!(app.data.pausing, Some(false), "from the palette");
    press(&mut app, ": Esc ?  ?");
    assert!(app.screens.is_empty(), "both close");
}

#[test]
fn the_palette_says_why_something_is_off() {
    let mut app = full(120, 40);
    app.data.facts.read_only = true;
    press(&mut app, ":");
    type_in(&mut app, "sync everything");
    assert!(text(&app).contains("off: started with --read-only"));
    let effects = press(&mut app, "Enter");
    assert_eq!(crate::make::writes(&effects), []);
    assert!(said(&app).contains("--read-only"));

    let mut app = full(120, 40);
    press(&mut app, ":");
    type_in(&mut app, "Take GitHub's value");
    assert!(
        text(&app).contains("Take GitHub's value   off:"),
        "an action of another screen says so"
    );
}
