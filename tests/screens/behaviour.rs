//! What the screen does over time: pausing, read-only, filters, messages, paging, memory.

use pulse_sync::core::{Outcome, PairId, Record, RecordKind, Side, Time};
use pulse_sync::engine::Event;
use pulse_sync::engine::face::HistoryQuery;
use pulse_sync::engine::report::{Report, Stop};
use pulse_sync::ui::action::Action;
use pulse_sync::ui::app::{Answer, App, Effect, Input, PAGE, Request};
use pulse_sync::ui::data::{Level, LogLine};
use pulse_sync::ui::layout::Pane;
use pulse_sync::ui::remember::Memory;
use pulse_sync::ui::theme::Meaning;

use crate::make::{
    MINUTE, NOW, answer_items, bare, busy, calm, conflicts, draw, full, halt, living, press,
    queued, record, rows, said, snapshot, tell, text, type_in, writes,
};
use crate::scenes::SCENES;

fn header(app: &App) -> String {
    rows(&draw(app)).swap_remove(0)
}

#[test]
fn a_pause_is_shown_as_asked_until_the_engine_confirms_it() {
    let mut app = living(120, 40, calm());
    assert!(header(&app).contains("RUNNING"));
    let effects = press(&mut app, "p");
    assert_eq!(writes(&effects), [Request::Pause(true)]);
    assert!(header(&app).contains("PAUSING"));
    tell(&mut app, snapshot(calm()));
    assert!(header(&app).contains("PAUSING"), "not confirmed yet");
    let mut paused = snapshot(calm());
    paused.paused = Some(NOW);
    tell(&mut app, paused.clone());
    assert!(
        header(&app).contains("PAUSED  since 14:32"),
        "{}",
        header(&app)
    );
    assert!(rows(&draw(&app)).pop().unwrap().contains("resume"));
    let effects = press(&mut app, "p");
    assert_eq!(writes(&effects), [Request::Pause(false)]);
    assert!(header(&app).contains("RESUMING"));
    tell(&mut app, snapshot(calm()));
    assert!(header(&app).contains("RUNNING"));
}

#[test]
fn a_pause_that_failed_is_not_shown_as_asked() {
    let mut app = living(120, 40, calm());
    press(&mut app, "p");
    let failed = Answer::Done(Request::Pause(true), Err("the store is away".to_owned()));
    app.update(Input::Answer(Box::new(failed)));
    assert!(header(&app).contains("RUNNING"));
    assert!(said(&app).contains("the store is away"));
}

#[test]
fn read_only_stands_in_the_header_of_every_size() {
    for (columns, rows) in [(60, 16), (80, 24), (120, 40)] {
        let mut app = full(columns, rows);
        app.data.facts.read_only = true;
        let header = header(&app);
        assert!(header.contains("READ-ONLY"), "{header}");
        assert!(!header.contains("RUNNING"), "{header}");
    }
}

#[test]
fn read_only_refuses_everything_that_writes() {
    for scene in SCENES {
        for action in Action::ALL {
            let mut app = (scene.make)(120, 40);
            app.data.facts.read_only = true;
            let mut out = Vec::new();
            app.act(*action, &mut out);
            assert_eq!(writes(&out), [], "{} on {}", action.name(), scene.name);
            if action.writes() {
                assert!(
                    app.message
                        .is_some_and(|message| message.text.contains("--read-only")),
                    "{} on {}: says why",
                    action.name(),
                    scene.name
                );
            }
        }
    }
}

#[test]
fn whatever_writes_is_said_to_write() {
    for scene in SCENES {
        for action in Action::ALL.iter().filter(|action| !action.writes()) {
            // Opening is applying on the screens that show what will be written.
            if *action == Action::Open {
                continue;
            }
            let mut app = (scene.make)(120, 40);
            let mut out = Vec::new();
            app.act(*action, &mut out);
            assert_eq!(writes(&out), [], "{} on {}", action.name(), scene.name);
        }
    }
}

#[test]
fn keys_of_the_engine_ask_it() {
    let table: Vec<(&str, Vec<&str>)> = vec![
        ("S", vec!["forced"]),
        ("2 s", vec!["forced acme/widgets#101"]),
        ("2 j j j r", vec!["retry q104"]),
        ("2 R", vec!["retry all"]),
        ("1 s", vec![]),
        ("d", vec![]),
    ];
    for (keys, wanted) in table {
        let mut app = full(120, 40);
        let effects = press(&mut app, keys);
        let got: Vec<String> = writes(&effects)
            .into_iter()
            .map(|request| match request {
                Request::Sync(None, ask) => {
                    let item = ask.item.map_or_else(String::new, |item| format!(" {item}"));
                    format!("{}{item}", if ask.forced { "forced" } else { "when due" })
                }
                Request::Retry(pair) => {
                    format!("retry {}", pair.map_or("all".to_owned(), |PairId(id)| id))
                }
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(got, wanted, "{keys}");
    }
    let mut app = full(120, 40);
    let effects = press(&mut app, "2 o O");
    let [Effect::Browse(github), Effect::Browse(notion)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(github.contains("github.com") && notion.contains("notion.so"));
}

#[test]
fn the_guard_is_answered_only_by_the_number() {
    let held = || {
        let mut link = busy();
        link.halts = vec![halt()];
        let mut app = living(120, 40, link);
        press(&mut app, "H");
        app
    };
    let table: [(&str, Vec<Request>); 9] = [
        ("Enter", vec![]),
        ("j Enter", vec![]),
        (
            "j 4 3 Enter",
            vec![Request::AnswerHalt("h1".to_owned(), false)],
        ),
        // The number was typed for the other answer.
        ("j 4 3 j Enter", vec![]),
        ("j j 4 3 k Enter", vec![]),
        ("j j Enter", vec![]),
        ("j j 4 Enter", vec![]),
        (
            "j j 4 3 Enter",
            vec![Request::AnswerHalt("h1".to_owned(), true)],
        ),
        (
            "j j 4 3 3 Backspace Enter",
            vec![Request::AnswerHalt("h1".to_owned(), true)],
        ),
    ];
    for (keys, wanted) in table {
        let mut app = held();
        let effects = press(&mut app, keys);
        assert_eq!(writes(&effects), wanted, "{keys}");
    }
    let mut app = held();
    press(&mut app, "]");
    assert!(
        text(&app).contains("Held: 43 items"),
        "there is no other one:\n{}",
        text(&app)
    );

    let mut link = busy();
    let mut other = halt();
    other.id = "h2".to_owned();
    link.halts = vec![halt(), other];
    let mut app = living(120, 40, link);
    let effects = press(&mut app, "H j j 4 3 ] Enter");
    assert_eq!(
        writes(&effects),
        [],
        "the number was typed for the other halt"
    );
    let mut app = full(120, 40);
    press(&mut app, "H");
    assert!(app.screens.is_empty() && said(&app).contains("nothing is held"));
}

#[test]
fn filters_are_typed_and_cleared() {
    let mut app = full(120, 40);
    press(&mut app, "2 /");
    type_in(&mut app, "notion !label");
    assert!(said(&app).starts_with("/ notion !label_"), "{}", said(&app));
    let shown = text(&app);
    assert!(shown.contains("Upload fails") && !shown.contains("Dark theme"));
    assert!(!shown.contains("A label that"));
    press(&mut app, "Backspace Enter");
    assert!(!app.typing);
    assert_eq!(app.lists[Pane::Queue as usize].filter, "notion !labe");
    assert!(
        text(&app).contains("2 Queue /notion !labe"),
        "the title says so"
    );
    press(&mut app, "q");
    let mut app = full(120, 40);
    press(&mut app, "2 /");
    type_in(&mut app, "qp");
    assert!(!app.data.quitting, "letters are typed, not obeyed");
    app.update(Input::Paste("aste\u{1b}[2J\nx".to_owned()));
    assert_eq!(app.lists[Pane::Queue as usize].filter, "qpaste[2Jx");
    press(&mut app, "Esc");
    assert!(app.lists[Pane::Queue as usize].filter.is_empty() && !app.typing);
    press(&mut app, "/ ctrl-c");
    let effects = press(&mut app, "ctrl-c");
    assert_eq!(effects, [Effect::QuitNow], "the way out is never typed");
}

#[test]
fn the_marked_row_stays_when_rows_come_and_go() {
    let mut app = full(120, 40);
    press(&mut app, "2 j j j 3 j j 4 j 5 j");
    let marked: Vec<Option<String>> = app.lists.iter().map(|list| list.at.clone()).collect();
    let mut link = busy();
    let standing = pulse_sync::engine::queue::Standing::Queued { since: Some(NOW) };
    link.queue.insert(0, queued(99, "Just came in", standing));
    let mut first = conflicts().remove(0);
    (first.pair, first.conflict.id) = (PairId("p1".to_owned()), "c0".to_owned());
    link.conflicts.insert(0, first);
    tell(&mut app, snapshot(link));
    let new = record("r0", 0, RecordKind::Write, Outcome::Done, "create");
    app.update(Input::Event(Event::Recorded(Box::new(new))));
    let line = LogLine {
        at: NOW,
        level: Level::Info,
        text: "new line".to_owned(),
    };
    let before = marked_log(&app);
    app.update(Input::Log(line));
    let after: Vec<Option<String>> = app.lists.iter().map(|list| list.at.clone()).collect();
    assert_eq!(after, marked);
    assert_eq!(marked_log(&app), before);
    // The log keeps so many lines; the marked one stays marked while it is there.
    for at in 0..1_500 {
        let line = LogLine {
            at: NOW,
            level: Level::Info,
            text: format!("line {at}"),
        };
        app.update(Input::Log(line));
        if at == 1_200 {
            press(&mut app, "5 G k k k");
        }
    }
    assert!(marked_log(&app).is_some());
}

/// The text of the log's marked row.
fn marked_log(app: &App) -> Option<String> {
    let mut app = app.clone();
    app.prefs.focus = Pane::Log;
    let buffer = draw(&app);
    let reversed = |y: &u16| {
        (0..app.size.width).any(|x| {
            buffer[(x, *y)]
                .modifier
                .contains(ratatui::style::Modifier::REVERSED)
        })
    };
    let y = (0..app.size.height).find(reversed)?;
    Some(rows(&buffer).swap_remove(usize::from(y)))
}

#[test]
fn the_log_keeps_its_marked_line_when_old_ones_are_dropped() {
    let mut app = bare(120, 40);
    let log = |app: &mut App, at: usize| {
        let line = LogLine {
            at: NOW,
            level: Level::Info,
            text: format!("line {at} end"),
        };
        app.update(Input::Log(line));
    };
    for at in 0..1_000 {
        log(&mut app, at);
    }
    press(&mut app, "5 j j j j");
    assert!(marked_log(&app).unwrap().contains("line 995 end"));
    for at in 1_000..1_010 {
        log(&mut app, at);
    }
    assert!(
        marked_log(&app).unwrap().contains("line 995 end"),
        "{:?}",
        marked_log(&app)
    );
}

#[test]
fn messages_go_away_after_six_seconds() {
    let mut app = full(120, 40);
    app.say("something happened", Meaning::Info);
    app.update(Input::Tick(NOW.plus(5_900)));
    assert!(said(&app).contains("something happened"));
    app.update(Input::Tick(NOW.plus(6_000)));
    assert_eq!(said(&app), "");
    assert!(
        app.data
            .log
            .iter()
            .any(|line| line.text == "something happened"),
        "kept in the log"
    );
    app.say("again", Meaning::Error);
    press(&mut app, "Esc");
    assert_eq!(said(&app), "", "or when it is dismissed");
}

fn pages(effects: &[Effect]) -> Vec<HistoryQuery> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask(Request::History(query)) if query.pair.is_none() => Some(query.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_history_is_read_page_by_page() {
    let page = |from: usize, count: usize| {
        (from..from + count)
            .map(|at| {
                let id = format!("r{at:05}");
                record(&id, at as i64, RecordKind::Write, Outcome::Done, "change")
            })
            .collect::<Vec<_>>()
    };
    let mut app = bare(120, 40);
    let asked = pages(&tell(&mut app, snapshot(calm())));
    assert_eq!(
        asked.len(),
        1,
        "the first page is asked for as soon as there is an engine"
    );
    assert_eq!((asked[0].limit, &asked[0].before), (PAGE, &None));
    assert_eq!(pages(&tell(&mut app, snapshot(calm()))).len(), 0, "once");
    app.update(Input::Answer(Box::new(Answer::History(
        asked[0].clone(),
        Ok(page(0, PAGE)),
    ))));
    assert!(!app.data.history_complete);
    assert_eq!(
        pages(&press(&mut app, "3 j j ctrl-d")).len(),
        0,
        "far from the end"
    );
    let asked = pages(&press(&mut app, "G"));
    assert_eq!(asked.len(), 1);
    let last = app.data.history.back().unwrap();
    assert_eq!(asked[0].before, Some((last.at, last.id.clone())));
    app.update(Input::Answer(Box::new(Answer::History(
        asked[0].clone(),
        Ok(page(PAGE, 7)),
    ))));
    assert!(app.data.history_complete);
    assert_eq!(app.data.history.len(), PAGE + 7);
    assert_eq!(pages(&press(&mut app, "G j k")).len(), 0, "that was all");
    let asked = pages(&app.update(Input::Missed(3)));
    assert_eq!((asked.len(), app.data.history.len()), (1, 0), "read anew");
}

#[test]
fn a_dashboard_left_open_keeps_the_newest_of_the_history_and_reads_the_rest_again() {
    let mut app = living(120, 40, calm());
    press(&mut app, "3");
    let happens = |app: &mut App, number: i64| {
        let id = format!("r{number:05}");
        let new = record(&id, -number, RecordKind::Write, Outcome::Done, "change");
        app.update(Input::Event(Event::Recorded(Box::new(new))));
    };
    for number in 0..3_000 {
        happens(&mut app, number);
    }
    let kept = app.data.history.len();
    assert!((100..1_000).contains(&kept), "{kept}");
    assert!(!app.data.history_complete, "there is more in the store");
    // Whoever scrolls back keeps what is read, however much happens.
    let asked = pages(&press(&mut app, "G"));
    let older = (1..=100).map(|at| {
        let id = format!("o{at}");
        record(&id, at, RecordKind::Write, Outcome::Done, "change")
    });
    app.update(Input::Answer(Box::new(Answer::History(
        asked[0].clone(),
        Ok(older.collect()),
    ))));
    happens(&mut app, 3_000);
    assert_eq!(app.data.history.len(), kept + 101);
}

#[test]
fn nothing_is_drawn_differently_when_nothing_happened() {
    for scene in SCENES {
        let mut app = (scene.make)(120, 40);
        app.update(Input::Tick(app.data.now));
        let before = draw(&app);
        app.update(Input::Tick(app.data.now));
        app.update(Input::Focus(true));
        tell_again(&mut app);
        assert_eq!(draw(&app), before, "{}", scene.name);
        assert_eq!(draw(&app), draw(&app.clone()), "{}", scene.name);
    }
}

fn tell_again(app: &mut App) -> Vec<Effect> {
    let same = app.data.snapshot.clone();
    if app.data.links().is_empty() {
        return Vec::new();
    }
    let effects = app.update(Input::Snapshot(same));
    answer_items(app, &effects);
    effects
}

#[test]
fn attention_is_called_once_for_each() {
    let mut app = bare(120, 40);
    let calls = |effects: Vec<Effect>| {
        let is_call = |effect: &Effect| matches!(effect, Effect::Attention(_));
        effects.iter().filter(|effect| is_call(effect)).count()
    };
    assert_eq!(calls(tell(&mut app, snapshot(calm()))), 0);
    let mut link = busy();
    assert_eq!(
        calls(tell(&mut app, snapshot(link.clone()))),
        3,
        "once an item"
    );
    assert_eq!(calls(tell(&mut app, snapshot(link.clone()))), 0);
    link.halts = vec![halt()];
    assert_eq!(calls(tell(&mut app, snapshot(link.clone()))), 1);
    // A refused login calls once, and again only after it worked.
    let refused = |stopped: Option<Stop>| {
        let mut link = link.clone();
        let report = Report {
            stopped,
            ..Report::default()
        };
        link.last = Some((NOW, report));
        snapshot(link)
    };
    let login = || Stop::Side {
        side: Side::Notion,
        class: "unauthorized",
        message: "401".to_owned(),
    };
    for (stopped, wanted) in [
        (Some(login()), 1),
        (Some(login()), 0),
        (None, 0),
        (Some(login()), 1),
    ] {
        assert_eq!(calls(tell(&mut app, refused(stopped))), wanted);
    }
}

#[test]
fn where_one_was_is_remembered() {
    let mut app = full(120, 40);
    press(&mut app, "3 f z T M L / b u g Enter");
    app.data.deferred.push(("c6".to_owned(), NOW.plus(MINUTE)));
    app.data.deferred.push(("c7".to_owned(), NOW.minus(MINUTE)));
    let folder = std::env::temp_dir().join(format!("pulse-sync-prefs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("screen.json");
    let memory = Memory::of(&app);
    memory.write(&path).unwrap();
    assert_eq!(Memory::read(&path), memory);
    let mut later = bare(120, 40);
    later.restore(Memory::read(&path).prefs);
    assert_eq!(later.remember(), app.remember());
    assert!(later.data.absolute && later.prefs.zoomed && later.prefs.only_failed);
    assert!(!later.prefs.mouse);
    assert_eq!(later.lists[Pane::History as usize].filter, "bug");
    assert_eq!(memory.deferred.len(), 1, "what is over is forgotten");
    std::fs::write(&path, "{ not json").unwrap();
    assert_eq!(Memory::read(&path), Memory::default());
    assert!(path.with_extension("json.bad").exists(), "kept aside");
    assert_eq!(Memory::read(&folder.join("none.json")), Memory::default());
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn an_undo_is_shown_before_it_is_asked_for() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "3 u");
    assert!(effects.contains(&Effect::Ask(Request::UndoPlan("r1".to_owned()))));
    assert_eq!(writes(&effects), []);
    assert_eq!(
        writes(&press(&mut app, "Enter")),
        [],
        "nothing is known yet"
    );
    let make = SCENES
        .iter()
        .find(|scene| scene.name == "record_undo")
        .unwrap()
        .make;
    let mut app = make(120, 40);
    assert!(text(&app).contains("Undo would write"));
    let effects = press(&mut app, "Enter");
    assert_eq!(writes(&effects), [Request::Undo("r1".to_owned())]);
    assert_eq!(writes(&press(&mut app, "Enter")), [], "once");
}

#[test]
fn the_records_of_an_item_are_read_again_when_one_comes() {
    let scene = SCENES.iter().find(|scene| scene.name == "record_undo");
    let mut app = (scene.unwrap().make)(120, 40);
    press(&mut app, "Enter");
    // What is on its way stays in view, not the change that it undoes.
    assert!(text(&app).contains("Undo writes"), "{}", text(&app));
    let own = |effects: &[Effect]| {
        let is_own = |effect: &&Effect| matches!(effect, Effect::Ask(Request::History(query)) if query.pair.is_some());
        effects.iter().filter(is_own).count()
    };
    assert_eq!(own(&tell_again(&mut app)), 0, "nothing is new");
    let back = record("r0", 0, RecordKind::Write, Outcome::Done, "change");
    app.update(Input::Event(Event::Recorded(Box::new(back))));
    assert_eq!(own(&tell_again(&mut app)), 1);
    assert_eq!(own(&tell_again(&mut app)), 0, "once for each");
    let mut other = record("r00", 0, RecordKind::Write, Outcome::Done, "change");
    other.pair = Some(PairId("p1".to_owned()));
    app.update(Input::Event(Event::Recorded(Box::new(other))));
    assert_eq!(own(&tell_again(&mut app)), 0, "of another item");
}

#[test]
fn a_plan_is_applied_as_far_as_it_is_switched_on() {
    let make = SCENES
        .iter()
        .find(|scene| scene.name == "plan")
        .unwrap()
        .make;
    let only = |keys: &str| {
        let mut app = make(120, 40);
        press(&mut app, "g");
        let effects = press(&mut app, keys);
        writes(&effects)
            .into_iter()
            .filter_map(|request| match request {
                Request::Sync(_, ask) => ask.only,
                _ => None,
            })
            .flatten()
            .map(|PairId(id)| id)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(only("Enter"), "q101 q102 q103 q104 q105");
    assert_eq!(only("Space j Space Enter"), "q103 q104 q105");
    assert_eq!(only("Space Space Enter"), "q101 q102 q103 q104 q105");
    assert_eq!(only("a Enter"), "", "all off");
    assert_eq!(only("a a Enter"), "q101 q102 q103 q104 q105");
    assert_eq!(only("a j j Space Enter"), "q103", "one on again");
    let mut app = make(120, 40);
    let effects = press(&mut app, "W");
    let [Effect::Save(name, json)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(name.ends_with(".json") && !name.contains([' ', ':', '/']));
    assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
}

#[test]
fn clicks_and_the_wheel() {
    let mut app = full(120, 40);
    let places = app.layout();
    for (pane, area) in places.panes {
        app.update(Input::Click(area.x + 3, area.y + 1));
        assert_eq!(app.prefs.focus, pane);
        app.update(Input::Scroll(area.x + 3, area.y + 1, 3));
        app.update(Input::Scroll(area.x + 3, area.y + 1, -3));
        assert!(app.screens.is_empty(), "{pane:?}");
    }
    let area = app
        .layout()
        .panes
        .into_iter()
        .find(|(pane, _)| *pane == Pane::Conflicts);
    let (_, area) = area.unwrap();
    app.update(Input::Click(area.x + 3, area.y + 2));
    assert!(app.screens.is_empty(), "the first click marks");
    app.update(Input::Click(area.x + 3, area.y + 2));
    assert!(text(&app).contains("Faster start"), "the second one opens");
    let footer = app.layout().footer;
    for scene in SCENES {
        for (width, height) in [(60, 16), (120, 40)] {
            let made = (scene.make)(width, height);
            for y in (0..height).step_by(5) {
                for x in (0..width).step_by(23) {
                    let mut app = made.clone();
                    app.update(Input::Scroll(x, y, 50));
                    app.update(Input::Click(x, y));
                    draw(&app);
                }
            }
        }
    }
    assert_eq!(footer.height, 1);
}

#[test]
fn scrolling_past_an_end_is_no_debt() {
    let table = [("2 ?", "help"), ("2 :", "palette")];
    for (keys, name) in table {
        let mut app = full(80, 24);
        press(&mut app, keys);
        app.update(Input::Scroll(10, 10, 500));
        let end = text(&app);
        app.update(Input::Scroll(10, 10, -1));
        let up = text(&app);
        app.update(Input::Scroll(10, 10, 1));
        assert_eq!(text(&app), end, "{name}");
        assert!(up != end, "{name}: one step back shows");
        app.update(Input::Scroll(10, 10, -500));
        app.update(Input::Scroll(10, 10, -1));
    }
}

#[test]
fn a_plan_row_is_clicked_where_it_is_drawn() {
    let make = SCENES
        .iter()
        .find(|scene| scene.name == "plan")
        .unwrap()
        .make;
    let mut app = make(60, 16);
    press(&mut app, "G");
    let shown = rows(&draw(&app));
    let y = shown.iter().position(|row| row.contains("#104")).unwrap();
    app.update(Input::Click(10, u16::try_from(y).unwrap()));
    let subject = app.subject().unwrap();
    assert_eq!(subject.item, "acme/widgets#104");
}

#[test]
fn times_in_the_future_and_far_past_are_no_trouble() {
    for at in [Time(0), Time(i64::MAX), Time(i64::MIN)] {
        for scene in SCENES {
            let mut app = (scene.make)(120, 40);
            app.update(Input::Tick(at));
            draw(&app);
            app.data.absolute = true;
            draw(&app);
        }
    }
}

/// Runs come with their end and are as old as their beginning; looks in a row that found nothing are one row.
#[test]
fn runs_are_in_the_history_as_they_end_and_looks_are_one_row() {
    let mut app = full(120, 40);
    press(&mut app, "3 z");
    let newest = app.data.history.front().unwrap().clone();
    for minute in 1..=5 {
        let look = Record {
            id: format!("look{minute}"),
            at: newest.at.plus(minute * 60_000),
            kind: RecordKind::Run,
            outcome: Outcome::Done,
            verb: "look".to_owned(),
            note: "0 to GitHub, 0 to Notion".to_owned(),
            ..newest.clone()
        };
        app.update(Input::Event(Event::Recorded(Box::new(look))));
    }
    let late = Record {
        id: "late".to_owned(),
        at: newest.at.minus(1),
        ..newest.clone()
    };
    app.update(Input::Event(Event::Recorded(Box::new(late))));
    let ids: Vec<&str> = app.data.history.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids[0], "look5");
    assert_eq!(ids[6], "late", "by age, not by arrival");
    let rows = text(&app).matches("looked, nothing to write").count();
    assert_eq!(rows, 1);
}

#[test]
fn the_memory_of_a_container_is_named_where_it_is_the_shorter_one() {
    let mut app = living(120, 40, calm());
    assert!(text(&app).contains(" mem "), "{}", text(&app));
    let scope = pulse_sync::core::schedule::Scope::Container;
    let memory = (231_000_000, 300_000_000);
    app.update(Input::Sample(pulse_sync::ui::data::Sample {
        memory,
        scope,
        ..crate::make::sample(1)
    }));
    let shown = text(&app);
    let row = shown.lines().find(|line| line.contains(" cgrp "));
    assert!(row.is_some_and(|row| row.contains("220M/286M")), "{shown}");
}
