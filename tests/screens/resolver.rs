//! The conflict resolver as a table: keys pressed, what the engine is asked.

use pulse_sync::core::{Time, Value};
use pulse_sync::engine::answers::Pick;
use pulse_sync::engine::face::{ConflictLine, LinkState};
use pulse_sync::ui::app::{Answer, App, Effect, Input, Request};
use pulse_sync::ui::remember::Memory;

use crate::make::{
    GITHUB_TEXT, NOTION_TEXT, NOW, bare, calm, conflict, conflicts, full, line, pair, press, said,
    snapshot, tell, text, texts, writes,
};

/// What is asked, in short: `c1=github`, `sync p482 p77`.
fn asked(effects: &[Effect]) -> Vec<String> {
    writes(effects).iter().map(short).collect()
}

fn short(request: &Request) -> String {
    match request {
        Request::Choose(id, pick) => {
            let pick = match pick {
                Pick::Github => "github".to_owned(),
                Pick::Notion => "notion".to_owned(),
                Pick::Base => "base".to_owned(),
                Pick::Edited(value) => format!("own {}", value.brief(60)),
            };
            format!("{id}={pick}")
        }
        Request::Sync(None, ask) => {
            let only = ask.only.iter().flatten();
            let names: Vec<&str> = only.map(|pair| pair.0.as_str()).collect();
            assert!(ask.forced && !ask.dry);
            format!("sync {}", names.join(" "))
        }
        other => format!("{other:?}"),
    }
}

/// One link with only these conflicts.
fn with(lines: Vec<ConflictLine>) -> LinkState {
    let mut link = calm();
    link.counts.conflicted = lines.len() as u64;
    link.conflicts = lines;
    link
}

fn one(field: &str, values: [Value; 3]) -> Vec<ConflictLine> {
    vec![line(
        482,
        "Crash on resize",
        conflict("c1", Some(field), values),
    )]
}

fn title() -> Vec<ConflictLine> {
    one("title", texts("old", "from GitHub", "from Notion"))
}

fn open(lines: Vec<ConflictLine>) -> App {
    let mut app = bare(120, 40);
    tell(&mut app, snapshot(with(lines)));
    press(&mut app, "4 Enter");
    assert_eq!(app.screens.len(), 1);
    app
}

#[test]
fn keys_lead_to_choices() {
    let number = [Value::Number(1), Value::Number(2), Value::Number(3)];
    let labels = [
        Value::set(["a"]),
        Value::set(["a", "b"]),
        Value::set(["a", "c"]),
    ];
    let body = texts(
        "# A\n\none\n\n## B\n\ntwo\n",
        "# A\n\nGITHUB\n\n## B\n\ntwo\n",
        "# A\n\nNOTION\n\n## B\n\ntwo\n",
    );
    let named = texts("old", "from GitHub", "from Notion");
    let table: Vec<(&str, &[Value; 3], &str, &[&str])> = vec![
        ("title", &named, "h Enter", &["c1=github", "sync p482"]),
        ("title", &named, "Left Enter", &["c1=github", "sync p482"]),
        ("title", &named, "l Enter", &["c1=notion", "sync p482"]),
        ("title", &named, "Right Enter", &["c1=notion", "sync p482"]),
        ("title", &named, "b Enter", &["c1=base", "sync p482"]),
        ("title", &named, "< Enter", &["c1=github", "sync p482"]),
        ("title", &named, "> Enter", &["c1=notion", "sync p482"]),
        ("title", &named, "h l Enter", &["c1=notion", "sync p482"]),
        ("title", &named, "Enter", &[]),
        ("title", &named, "h u Enter", &[]),
        ("title", &named, "m Enter", &[]),
        ("estimate", &number, "m Enter", &[]),
        ("estimate", &number, "h Enter", &["c1=github", "sync p482"]),
        (
            "labels",
            &labels,
            "m Enter",
            &["c1=own a, b, c", "sync p482"],
        ),
        ("labels", &labels, "m b Enter", &["c1=base", "sync p482"]),
        (
            "body",
            &body,
            "h Enter",
            &["c1=own # A GITHUB ## B two", "sync p482"],
        ),
        (
            "body",
            &body,
            "l Enter",
            &["c1=own # A NOTION ## B two", "sync p482"],
        ),
        (
            "body",
            &body,
            "b Enter",
            &["c1=own # A one ## B two", "sync p482"],
        ),
        (
            "body",
            &body,
            "m Enter",
            &["c1=own # A GITHUB NOTION ## B two", "sync p482"],
        ),
        ("body", &body, "> Enter", &["c1=notion", "sync p482"]),
    ];
    for (field, values, keys, wanted) in table {
        let mut app = open(one(field, values.clone()));
        let got = asked(&press(&mut app, keys));
        assert_eq!(got, wanted, "{field}: {keys}");
    }
}

#[test]
fn each_clashing_place_is_decided_by_itself() {
    let start = |keys: &str| {
        let mut app = full(120, 40);
        // One side for the other three fields, so that only the text is left.
        let effects = press(&mut app, &format!("4 Enter h j j h j h k k {keys} Enter"));
        let mut chosen = effects.into_iter().find_map(|effect| match effect {
            Effect::Ask(Request::Choose(id, Pick::Edited(value))) if id == "c2" => {
                Some(value.as_text().to_owned())
            }
            _ => None,
        });
        chosen.take()
    };
    let holds = |keys: &str, there: [&str; 2], gone: [&str; 2]| {
        let text = start(keys).unwrap_or_else(|| panic!("{keys}: nothing chosen"));
        for words in there {
            assert!(text.contains(words), "{keys}: {words} in {text}");
        }
        for words in gone {
            assert!(!text.contains(words), "{keys}: {words} not in {text}");
        }
        assert!(
            text.contains("2. Make the window small"),
            "what both agree on stays"
        );
    };
    let (g1, g2) = ("Resize the terminal", "keeps its last key");
    let (n1, n2) = ("Resize the tmux pane", "footer wraps");
    holds("h l", [g1, n2], [n1, g2]);
    holds("l h", [n1, g2], [g1, n2]);
    holds("J h l", [n1, g2], [g1, n2]);
    // Behind the last place there is no other: it does not go round to a decided one.
    holds("h l J h", [g1, g2], [n1, n2]);
    holds("h l K h", [g1, n2], [n1, g2]);
    holds("h l K K K l", [n1, n2], [g1, g2]);
    holds("b h", ["Resize the window", g2], [g1, n1]);
    holds("m l", [g1, n1], [g2, "stays whole"]);
    assert_eq!(start("h"), None, "one of two is no choice");
    assert_eq!(start("h h u"), None, "taken back");
    holds("h h u ctrl-r", [g1, g2], [n1, n2]);
}

#[test]
fn a_place_that_is_decided_anew_says_so() {
    let hint = |keys: &str| {
        let mut app = full(120, 40);
        press(&mut app, &format!("4 Enter j {keys}"));
        said(&app)
    };
    for (keys, wanted) in [
        ("J J", "place 2 of 2 is the last one"),
        ("K", "place 1 of 2 is the first one"),
        (
            "h l h",
            "place 2 of 2 was decided: it takes GitHub's lines now, not Notion's lines; u takes it back",
        ),
        ("h K h", "place 1 of 2 takes GitHub's lines already"),
    ] {
        let shown = hint(keys);
        assert!(shown.contains(wanted), "{keys}: {shown}");
    }
    for keys in ["h", "h l", "l K"] {
        let shown = hint(keys);
        assert!(!shown.contains("place "), "{keys}: {shown}");
    }
}

#[test]
fn all_to_one_side_then_one_place_to_the_other() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 Enter < j J l Enter");
    let texts: Vec<String> = writes(&effects)
        .iter()
        .filter_map(|request| match request {
            Request::Choose(id, Pick::Edited(value)) if id == "c2" => {
                Some(value.as_text().to_owned())
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        texts.len(),
        1,
        "the other place stays GitHub's: {effects:?}"
    );
    assert!(texts[0].contains("Resize the terminal") && texts[0].contains("footer wraps"));
}

#[test]
fn many_items_at_once() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 Space Space Space <");
    assert_eq!(writes(&effects), [], "nothing is written without a look");
    assert!(text(&app).contains("Conflict 1 of 3"));
    let effects = press(&mut app, "] ] [ Enter");
    assert_eq!(
        asked(&effects),
        [
            "c1=github",
            "c2=github",
            "c3=github",
            "c4=github",
            "c5=github",
            "c6=github",
            "sync p482 p519 p77"
        ]
    );
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 j j Space > Enter");
    assert_eq!(
        asked(&effects),
        ["c6=notion", "sync p77"],
        "only what is marked"
    );
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 j j > Enter");
    assert_eq!(
        asked(&effects),
        ["c6=notion", "sync p77"],
        "none marked: this one"
    );
}

#[test]
fn marks_of_items_that_are_resolved_are_forgotten() {
    let mut app = full(120, 40);
    press(&mut app, "4 Space Space");
    let rest = conflicts().split_off(5);
    tell(&mut app, snapshot(with(rest)));
    assert!(!text(&app).contains("of 1 marked"), "{}", text(&app));
    let effects = press(&mut app, "> Enter");
    assert_eq!(asked(&effects), ["c6=notion", "sync p77"]);
}

#[test]
fn enter_is_off_until_every_field_has_a_choice() {
    let mut app = full(120, 40);
    press(&mut app, "4 Enter");
    let steps = [
        ("h", "no choice yet for body, labels, state"),
        ("j h", "no choice yet for body, labels, state"),
        ("l", "no choice yet for labels, state"),
        ("j m", "no choice yet for state"),
    ];
    for (keys, hint) in steps {
        let effects = press(&mut app, keys);
        assert!(said(&app).contains(hint), "{keys}: {}", said(&app));
        assert_eq!(writes(&effects), []);
        let effects = press(&mut app, "Enter");
        assert_eq!(writes(&effects), [], "after {keys}");
        assert!(said(&app).contains("nothing was written"));
    }
    let effects = press(&mut app, "j b Enter");
    assert_eq!(writes(&effects).len(), 5, "four choices and a run");
    assert!(said(&app).contains("both sides are read again"));
}

#[test]
fn choices_are_taken_back_and_made_again_any_number_of_times() {
    let mut app = full(120, 40);
    press(&mut app, "4 Enter h j h l j m j b");
    let whole = text(&app);
    press(&mut app, "u u u u u");
    assert!(text(&app).contains("0 of 4 chosen"));
    press(&mut app, "u");
    assert!(said(&app).contains("nothing to undo"));
    press(&mut app, "ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r");
    assert!(text(&app).contains("4 of 4 chosen"));
    press(&mut app, "ctrl-r");
    assert!(said(&app).contains("nothing to redo"));
    press(&mut app, "v v v");
    assert_eq!(text(&app), whole, "as it was before");
    press(&mut app, "u g l");
    press(&mut app, "ctrl-r");
    assert!(
        said(&app).contains("nothing to redo"),
        "a new choice ends it"
    );
}

fn edited(app: &mut App, text: Option<&str>) {
    app.update(Input::Edited("c1".to_owned(), text.map(str::to_owned)));
}

#[test]
fn a_text_of_ones_own() {
    let mut app = open(title());
    let effects = press(&mut app, "e");
    let [Effect::Edit(id, given)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(id, "c1");
    for part in [
        "<<<<<<< GitHub",
        "from GitHub",
        "old",
        "from Notion",
        ">>>>>>> Notion",
    ] {
        assert!(given.contains(part), "{part}");
    }
    let given = given.clone();
    edited(&mut app, Some(&format!("{given}more")));
    assert!(said(&app).contains("markers left"), "{}", said(&app));
    assert_eq!(asked(&press(&mut app, "Enter")), Vec::<String>::new());
    edited(&mut app, None);
    assert!(said(&app).contains("left as it was"));
    for wrong in ["", "  \n", "two\nlines"] {
        edited(&mut app, Some(wrong));
        assert!(said(&app).contains("one line"), "{wrong:?}");
        assert_eq!(asked(&press(&mut app, "Enter")), Vec::<String>::new());
    }
    edited(&mut app, Some(" both at once \n"));
    assert_eq!(
        asked(&press(&mut app, "Enter")),
        ["c1=own both at once", "sync p482"]
    );
}

#[test]
fn a_body_opens_in_the_editor_with_each_clashing_place_marked() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 Enter j e");
    let given = effects.iter().find_map(|effect| match effect {
        Effect::Edit(id, text) => Some((id.as_str(), text.as_str())),
        _ => None,
    });
    let (id, given) = given.unwrap();
    assert_eq!(id, "c2");
    assert_eq!(given.matches("<<<<<<< GitHub\n").count(), 2);
    assert_eq!(given.matches("2. Make the window small").count(), 1);
    let effects = press(&mut app, "h l e");
    let again = effects.iter().find_map(|effect| match effect {
        Effect::Edit(_, text) => Some(text.clone()),
        _ => None,
    });
    assert!(
        !again.unwrap().contains("<<<<<<<"),
        "what was chosen so far is edited"
    );
    let effects = press(&mut app, "j e");
    assert!(effects.is_empty() && said(&app).contains("only texts"));
}

#[test]
fn deleted_against_edited() {
    for (keys, wanted) in [
        ("h Enter", vec!["c5=github", "sync p519"]),
        ("l Enter", vec!["c5=notion", "sync p519"]),
        ("b Enter", vec![]),
        ("m Enter", vec![]),
        ("e Enter", vec![]),
    ] {
        let mut app = full(120, 40);
        let effects = press(&mut app, &format!("4 j Enter {keys}"));
        assert_eq!(asked(&effects), wanted, "{keys}");
    }
    let mut app = full(80, 24);
    press(&mut app, "4 j Enter");
    let shown = text(&app);
    assert!(shown.contains("taking this side keeps it"));
    assert!(shown.contains("taking this side removes it"));
    press(&mut app, "b");
    assert!(said(&app).contains("there is no base"));
}

fn moved(mut lines: Vec<ConflictLine>) -> Vec<ConflictLine> {
    lines[0].conflict.github = Value::text("newer on GitHub");
    lines[0].conflict.github_at = Some(NOW);
    lines
}

#[test]
fn a_side_that_moved_on_voids_the_choice_and_says_so() {
    let mut app = open(title());
    press(&mut app, "h");
    tell(&mut app, snapshot(with(moved(title()))));
    assert!(said(&app).contains("moved on"), "{}", said(&app));
    assert!(text(&app).contains("0 of 1 chosen"));
    assert!(text(&app).contains("newer on GitHub"));
    assert_eq!(asked(&press(&mut app, "Enter")), Vec::<String>::new());
    assert_eq!(
        asked(&press(&mut app, "h Enter")),
        ["c1=github", "sync p482"],
        "chosen anew"
    );
}

#[test]
fn choices_on_other_fields_are_kept_when_a_side_moves_on() {
    let mut app = full(120, 40);
    press(&mut app, "4 Enter h j h l j m j b");
    tell(&mut app, snapshot(with(moved(conflicts()))));
    assert!(text(&app).contains("3 of 4 chosen"), "{}", text(&app));
    assert!(said(&app).contains("moved on"), "{}", said(&app));
}

#[test]
fn a_side_that_moved_on_after_enter_reopens_the_conflict() {
    let mut app = open(title());
    press(&mut app, "h Enter");
    let mut kept = title();
    kept[0].conflict.choice = Some(pulse_sync::core::pair::Choice {
        github: Value::text("from GitHub"),
        notion: Value::text("from GitHub"),
        pick: "github".to_owned(),
        at: NOW,
    });
    tell(&mut app, snapshot(with(kept)));
    assert!(said(&app).contains("both sides are read again"));
    tell(&mut app, snapshot(with(moved(title()))));
    assert!(said(&app).contains("nothing was written"), "{}", said(&app));
    assert_eq!(app.screens.len(), 1);
    assert!(text(&app).contains("newer on GitHub"));
}

#[test]
fn the_screen_closes_once_all_is_written() {
    let mut app = open(title());
    press(&mut app, "h Enter");
    // The engine may speak once more before it has taken the choice.
    tell(&mut app, snapshot(with(title())));
    assert_eq!(app.screens.len(), 1);
    assert!(
        said(&app).contains("both sides are read again"),
        "{}",
        said(&app)
    );
    tell(&mut app, snapshot(with(vec![])));
    assert!(app.screens.is_empty());
    assert!(said(&app).contains("resolved"));
}

#[test]
fn a_choice_that_the_engine_refuses_is_said() {
    let mut app = open(title());
    press(&mut app, "h Enter");
    let request = Request::Choose("c1".to_owned(), Pick::Github);
    let answer = Answer::Done(request, Err("there is no such conflict".to_owned()));
    app.update(Input::Answer(Box::new(answer)));
    assert!(said(&app).contains("there is no such conflict"));
    assert_eq!(app.screens.len(), 1);
}

#[test]
fn a_conflict_put_aside_comes_back_after_a_day_or_when_a_side_changes() {
    let count = |app: &App| app.data.conflicts().len();
    let put_aside = |keys: &str| {
        let mut app = bare(120, 40);
        tell(&mut app, snapshot(with(title())));
        for effect in press(&mut app, keys) {
            // The loop keeps it; here the test does.
            if let Effect::Defer(id, until) = effect {
                app.data.deferred.push((id, until));
            }
        }
        assert!(app.screens.is_empty());
        assert_eq!((count(&app), app.data.needs()), (0, 0), "{keys}");
        app
    };
    for keys in ["4 D", "4 Enter D"] {
        let mut app = put_aside(keys);
        tell(&mut app, snapshot(with(title())));
        assert_eq!(count(&app), 0, "nothing changed");
        app.update(Input::Tick(Time(NOW.0 + 24 * 3_600_000 + 1)));
        assert_eq!(count(&app), 1, "a day later");
        let mut app = put_aside(keys);
        tell(&mut app, snapshot(with(moved(title()))));
        assert_eq!(count(&app), 1, "a side changed");
    }
}

#[test]
fn choices_outlive_the_program() {
    let mut app = full(120, 40);
    press(&mut app, "4 Enter h j h l j m");
    let folder = std::env::temp_dir().join(format!("pulse-sync-screens-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("screen.json");
    Memory::of(&app).write(&path).unwrap();
    let memory = Memory::read(&path);
    let _ = std::fs::remove_dir_all(&folder);
    let mut later = bare(120, 40);
    later.restore(memory.prefs.clone());
    later.drafts = memory.drafts;
    tell(&mut later, snapshot(crate::make::busy()));
    press(&mut later, "Enter");
    assert!(text(&later).contains("3 of 4 chosen"));
    let effects = press(&mut later, "G b");
    assert_eq!(writes(&effects), []);
}

#[test]
fn the_texts_of_the_table_clash_in_two_places() {
    let body = conflict(
        "c",
        Some("body"),
        texts(crate::make::BASE_TEXT, GITHUB_TEXT, NOTION_TEXT),
    );
    assert_eq!(pulse_sync::ui::drafts::hunks(&body), 2);
    assert_eq!(pair("p482").0, "p482");
}
