//! What the screen says in words: how long something lasts, how far a first sync is, what was not read whole, names of
//! fields, what a row is about where there is little room.

use pulse_sync::core::schedule::{Reason as Due, Waiting};
use pulse_sync::core::{Outcome, Record, RecordKind, Side, Value};
use pulse_sync::engine::Event;
use pulse_sync::engine::face::{Cut, HistoryQuery, LinkState};
use pulse_sync::engine::queue::Standing;
use pulse_sync::engine::report::Stop;
use pulse_sync::ui::app::{Answer, App, Effect, Input, Request};
use pulse_sync::ui::state;

use crate::make::{
    MINUTE, NOW, bare, busy, calm, changed, conflict, draw, full, line, living, pair, plan, press,
    queued, record, rows, running, said, snapshot, tell, text, texts,
};

fn row(app: &App, what: &str) -> String {
    let rows = rows(&draw(app));
    let row = rows.into_iter().find(|row| row.contains(what));
    row.unwrap_or_else(|| panic!("{what} is not in {}", text(app)))
}

fn stopped(stop: Stop) -> LinkState {
    let mut link = calm();
    if let Some((_, report)) = &mut link.last {
        report.stopped = Some(stop);
    }
    link
}

fn limited(ms: i64) -> LinkState {
    stopped(Stop::Limited {
        side: Side::Notion,
        until: NOW.plus(ms),
        reason: "Notion's request limit".to_owned(),
    })
}

// Times.

#[test]
fn a_wait_is_said_as_long_as_it_lasts() {
    let app = living(120, 40, limited(41_000));
    assert!(row(&app, "LIMITED").contains("Notion again in 41 s"));
    let app = living(120, 40, limited(26 * MINUTE));
    assert!(row(&app, "LIMITED").contains("Notion till 14:58"));

    let mut app = full(120, 40);
    let reason = "Notion's request limit".to_owned();
    let until = NOW.plus(41_000);
    app.update(Input::Event(Event::Waiting { until, reason }));
    assert!(
        said(&app).contains("limit, 41 s (till 14:32:48)"),
        "{}",
        said(&app)
    );
}

#[test]
fn a_limit_is_named_once() {
    let mut link = limited(41_000);
    let waiting = Waiting {
        until: NOW.plus(41_000),
        reason: Due::Limit {
            side: Side::Notion,
            note: "Notion's request limit".to_owned(),
        },
    };
    assert_eq!(
        waiting.sentence(NOW, &|_| String::new()),
        "Notion's request limit, 41 s"
    );
    link.next = Some(waiting);
    let app = living(120, 40, link);
    assert!(row(&app, "~ widgets").contains("Notion's request limit, 41 s"));
    assert!(!text(&app).contains("limit ("), "{}", text(&app));
}

#[test]
fn what_is_due_is_not_counted_down_to() {
    let mut link = busy();
    let until = NOW.minus(2_000);
    let reason = "still being edited".to_owned();
    link.queue = vec![
        queued(
            104,
            "Typed",
            Standing::Deferred {
                until,
                reason,
                tries: 0,
            },
        ),
        queued(
            105,
            "Waits",
            Standing::Queued {
                since: Some(NOW.minus(40_000)),
            },
        ),
    ];
    let mut app = living(120, 40, link.clone());
    assert!(
        row(&app, "#104")
            .trim_end_matches(['┃', '│', ' '])
            .ends_with("due")
    );
    assert!(row(&app, "#105").contains("since 40s"));
    press(&mut app, "d");
    link.planned = Some((NOW, Vec::new()));
    tell(&mut app, snapshot(link));
    assert!(row(&app, "#104").contains("due: still being edited"));
}

#[test]
fn ages_count_on_while_a_screen_stays_open() {
    let mut app = full(200, 60);
    press(&mut app, "4 Enter");
    let head = row(&app, "GitHub (h)");
    assert!(
        head.contains("kim 12m ago") && head.contains("Lovelace 9m ago"),
        "{head}"
    );
    let before = text(&app);
    // Within the minute nothing that is drawn has changed but the clock.
    app.update(Input::Tick(NOW.plus(1_000)));
    let clock = |text: &str| text.replace("14:32:07", "").replace("14:32:08", "");
    assert_eq!(clock(&before).replace("0:42", "0:41"), clock(&text(&app)));
    app.update(Input::Tick(NOW.plus(2 * MINUTE)));
    let head = row(&app, "GitHub (h)");
    assert!(
        head.contains("kim 14m ago") && head.contains("Lovelace 11m ago"),
        "{head}"
    );
}

#[test]
fn what_is_shown_has_an_age_once_the_engine_is_silent() {
    let mut app = living(120, 40, calm());
    app.update(Input::Tick(NOW.plus(42_000 + 50_000)));
    assert!(
        !row(&app, "pulse-sync").contains("old)"),
        "a look may take a while"
    );
    app.update(Input::Tick(NOW.plus(42_000 + 90_000)));
    assert!(
        row(&app, "pulse-sync").contains("14:32 (2m old)"),
        "{}",
        row(&app, "pulse-sync")
    );
    // Nothing looks by itself where everything is only read.
    let mut link = calm();
    link.next = Some(Waiting {
        until: NOW,
        reason: Due::ReadOnly,
    });
    let mut app = living(120, 40, link);
    app.update(Input::Tick(NOW.plus(20 * MINUTE)));
    assert!(
        !row(&app, "pulse-sync").contains("old)"),
        "{}",
        row(&app, "pulse-sync")
    );
}

// A first sync.

fn first() -> LinkState {
    let mut link = calm();
    link.last = None;
    let mut progress = running();
    (progress.writes.github, progress.writes.notion) = (0, 0);
    (progress.listed, progress.writing) = (0, None);
    link.running = Some(progress);
    link
}

#[test]
fn a_first_sync_counts_what_it_wrote_and_not_what_it_does_not_know() {
    let mut app = living(120, 40, first());
    assert!(
        row(&app, "2 Queue").contains("… queued"),
        "{}",
        row(&app, "2 Queue")
    );
    assert!(row(&app, "SYNCING").contains("reading both sides"));
    for at in 0..3 {
        let mut record = record(
            &format!("n{at}"),
            0,
            RecordKind::Write,
            Outcome::Done,
            "create",
        );
        record.at = NOW.minus(1_000);
        app.update(Input::Event(Event::Recorded(Box::new(record))));
    }
    assert!(
        row(&app, "SYNCING").contains("3 written"),
        "{}",
        row(&app, "SYNCING")
    );
    assert!(
        row(&app, "▶").contains("writing, 3 written"),
        "{}",
        row(&app, "▶")
    );
    // Counted by the engine, it is said of how much.
    let mut link = first();
    link.counts.queued = 9;
    link.queue = (0..9)
        .map(|at| queued(200 + at, "New", Standing::Queued { since: None }))
        .collect();
    if let Some(progress) = &mut link.running {
        progress.writes.notion = 3;
    }
    tell(&mut app, snapshot(link));
    assert!(
        row(&app, "SYNCING").contains("3 of 12"),
        "{}",
        row(&app, "SYNCING")
    );
    assert!(
        row(&app, "2 Queue").contains("9 queued"),
        "{}",
        row(&app, "2 Queue")
    );
    // A later run that begins knows that nothing waits.
    let mut link = calm();
    link.running = first().running;
    assert!(row(&living(120, 40, link), "2 Queue").contains("0 queued"));
}

#[test]
fn title_and_header_count_alike() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let app = full(width, height);
        let title = state::title(&app.data, app.look.glyphs);
        assert_eq!(title, "pulse-sync ● 3! 1 aside");
        assert!(
            row(&app, "RUNNING").contains("  3!  1 aside"),
            "{}",
            row(&app, "RUNNING")
        );
    }
}

// A plan.

#[test]
fn a_cut_plan_says_why_where_the_plan_stands() {
    let mut app = living(120, 40, calm());
    press(&mut app, "d");
    let mut link = calm();
    link.plan_cut = Cut {
        stopped: Some(Stop::Side {
            side: Side::Notion,
            class: "offline",
            message: "Notion cannot be reached".to_owned(),
        }),
        errors: Vec::new(),
    };
    link.planned = Some((NOW, Vec::new()));
    tell(&mut app, snapshot(link.clone()));
    assert!(row(&app, "NOT WHOLE").contains("NOT WHOLE: Notion cannot be reached"));
    assert!(row(&app, "as far as it was read").contains("was stopped: Notion cannot be reached"));
    // With steps, too.
    link.planned = Some((NOW, plan()));
    tell(&mut app, snapshot(link));
    assert!(row(&app, "NOT WHOLE").contains("NOT WHOLE: Notion cannot be reached"));
}

#[test]
fn a_plan_to_read_only_says_that_none_of_it_runs() {
    let mut app = full(120, 40);
    app.data.facts.read_only = true;
    press(&mut app, "d");
    let mut link = busy();
    link.planned = Some((NOW, plan()));
    tell(&mut app, snapshot(link));
    let head = row(&app, "━ Steps ").replace('━', "");
    assert!(head.contains("5 would run, none does: read-only"), "{head}");
    assert!(!head.contains("will run"), "{head}");
}

#[test]
fn a_row_of_the_plan_says_which_item_it_is() {
    let mut link = busy();
    let reason = "milestone: acme/widgets has no milestone called \"Someday\"; make it on GitHub or pick another one";
    link.queue = vec![queued(
        107,
        "A name",
        Standing::Parked {
            reason: reason.to_owned(),
        },
    )];
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let mut app = living(width, height, link.clone());
        press(&mut app, "d");
        let mut link = link.clone();
        link.planned = Some((NOW, Vec::new()));
        tell(&mut app, snapshot(link));
        press(&mut app, "G");
        let row = row(&app, "#107 ");
        assert!(
            row.contains("A name") && row.contains("milestone: acme"),
            "{row}"
        );
    }
}

#[test]
fn fields_have_names_in_words() {
    let values = texts("completed", "not planned", "duplicate");
    let mut link = calm();
    link.conflicts = vec![line(
        482,
        "Crash",
        conflict("c1", Some("closed_as"), values),
    )];
    link.counts.conflicted = 1;
    let mut app = bare(120, 40);
    tell(&mut app, snapshot(link.clone()));
    assert!(row(&app, "#482").contains("closed as"), "the list");
    press(&mut app, "4 Enter");
    assert!(row(&app, ">? ").contains("closed as"), "the fields");
    assert!(
        said(&app).contains("no choice yet for closed as"),
        "{}",
        said(&app)
    );
    press(&mut app, "Esc d");
    link.planned = Some((NOW, Vec::new()));
    tell(&mut app, snapshot(link));
    assert!(
        row(&app, "#482").contains("closed as: needs a choice"),
        "the plan"
    );
    assert!(!text(&app).contains("closed_as"));
}

// The resolver.

fn titled(base: &str, github: &str, notion: &str) -> LinkState {
    let mut link = calm();
    let values = texts(base, github, notion);
    link.conflicts = vec![line(482, "Crash", conflict("c1", Some("title"), values))];
    link.counts.conflicted = 1;
    link
}

#[test]
fn the_base_shows_which_of_its_words_are_gone() {
    let link = titled("a dark lamp burns", "a lamp burns", "a dark lamp glows");
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut app = bare(width, height);
        tell(&mut app, snapshot(link.clone()));
        press(&mut app, "4 Enter");
        let shown = text(&app);
        assert!(
            shown.contains("[-dark") && shown.contains("[-burns-]"),
            "{shown}"
        );
        press(&mut app, "v v");
        assert!(!text(&app).contains("[-dark"), "raw is raw");
    }
}

#[test]
fn a_choice_that_is_taken_back_is_named_where_there_are_several_items() {
    let mut app = full(120, 40);
    press(&mut app, "4 Space Space <");
    press(&mut app, "u");
    assert!(said(&app).contains("is taken back"), "{}", said(&app));
    assert!(said(&app).contains(" of #"), "{}", said(&app));
    press(&mut app, "ctrl-r");
    assert!(said(&app).contains("is made again"), "{}", said(&app));
    // Of a single one it is plain.
    let mut app = bare(120, 40);
    tell(&mut app, snapshot(titled("a", "b", "c")));
    press(&mut app, "4 Enter h u");
    assert!(!said(&app).contains("taken back"), "{}", said(&app));
    press(&mut app, "u");
    assert!(said(&app).contains("nothing to undo"), "{}", said(&app));
}

/// The record of when the base was written, long before what the screen has read of the history.
fn agreed(after: &str) -> Record {
    let mut record = record(
        "old",
        3 * 24 * 60,
        RecordKind::Write,
        Outcome::Done,
        "change",
    );
    record.changes = vec![changed("title", "before", after)];
    record
}

#[test]
fn the_base_says_when_it_was_written_once_its_record_is_read() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut app = bare(width, height);
        tell(&mut app, snapshot(titled("a", "b", "c")));
        let mut effects = app.update(Input::Key(pulse_sync::ui::keymap::Key::parse("4").unwrap()));
        effects.extend(app.update(Input::Key(
            pulse_sync::ui::keymap::Key::parse("Enter").unwrap(),
        )));
        let asked = effects.into_iter().find_map(|effect| match effect {
            Effect::Ask(Request::History(query)) if query.pair == Some(pair("p482")) => Some(query),
            _ => None,
        });
        let asked: HistoryQuery = asked.expect("its records are asked for");
        assert_eq!(asked.kinds, [RecordKind::Write]);
        assert!(!text(&app).contains("3d ago"), "not known yet");
        let of_another = vec![agreed("something else")];
        app.update(Input::Answer(Box::new(Answer::History(
            asked.clone(),
            Ok(of_another),
        ))));
        assert!(!text(&app).contains("3d ago"), "another value");
        app.update(Input::Answer(Box::new(Answer::History(
            asked,
            Ok(vec![agreed("a")]),
        ))));
        assert!(text(&app).contains("3d ago"), "{}", text(&app));
    }
}

#[test]
fn a_wide_resolver_says_what_stands_while_nothing_is_chosen() {
    let mut app = full(200, 60);
    press(&mut app, "4 Enter");
    let shown = text(&app);
    assert!(
        shown.contains("No side is chosen yet: the field stays as it is on both sides."),
        "{shown}"
    );
    assert!(
        shown.contains("GitHub says now, and goes on saying:"),
        "{shown}"
    );
    assert!(
        shown.contains("Notion says now, and goes on saying:"),
        "{shown}"
    );
    press(&mut app, "h");
    let shown = text(&app);
    assert!(
        !shown.contains("No side is chosen yet") && shown.contains("Notion gets "),
        "{shown}"
    );
    // In step, there is nothing to choose; what both say stands there.
    press(&mut app, "G");
    assert!(
        text(&app).contains("say this; there is nothing to choose:"),
        "{}",
        text(&app)
    );
    // Deleted on one side, edited on the other.
    press(&mut app, "Esc j Enter");
    let shown = text(&app);
    assert!(
        shown.contains("No side is chosen yet: the item stays"),
        "{shown}"
    );
    assert!(shown.contains("removes it on the other"), "{shown}");
}

#[test]
fn fields_that_do_not_fit_are_counted() {
    let mut app = bare(200, 60);
    tell(&mut app, snapshot(titled("a", "b", "c")));
    press(&mut app, "4 Enter");
    let mut item = crate::make::item("p482", "Crash");
    for at in 0..40 {
        let key = pulse_sync::core::FieldKey::of(&format!("field{at:02}"));
        let value = Value::text("something");
        item.base
            .insert(key, pulse_sync::core::Base::new(value.clone(), value));
    }
    let answer = Answer::Item(pair("p482"), Ok(Some(Box::new(item))));
    for (width, height) in [(120, 40), (200, 60)] {
        app.update(Input::Resize(ratatui::layout::Rect::new(
            0, 0, width, height,
        )));
        app.update(Input::Answer(Box::new(answer.clone())));
        let shown = text(&app);
        let result = shown.split("─ Result ").nth(1).unwrap();
        let listed = result.matches("  in step").count();
        let more = row(&app, " more in step: j and k");
        let count: usize = more
            .split(" more in step")
            .next()
            .unwrap()
            .rsplit(['│', ' '])
            .find(|word| !word.is_empty())
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(listed + count, 43, "{shown}");
        assert!(
            result.contains("Before the write both sides are read again"),
            "{shown}"
        );
    }
}

// Others.

#[test]
fn a_record_without_a_change_says_that_there_is_nothing_to_undo() {
    let mut app = full(120, 40);
    press(&mut app, "3 G Enter");
    let effects = press(&mut app, "u");
    assert!(
        effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Ask(Request::UndoPlan(_))))
    );
    assert!(said(&app).contains("nothing to undo"), "{}", said(&app));
    press(&mut app, "Esc");
    let effects = press(&mut app, "u");
    assert!(
        effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Ask(Request::UndoPlan(_))))
    );
    assert!(said(&app).contains("nothing to undo"), "{}", said(&app));
}

#[test]
fn an_item_says_how_many_of_its_fields_are_shown() {
    let mut app = full(80, 24);
    press(&mut app, "2 j i");
    assert!(
        row(&app, "Last agreement").contains("5 fields"),
        "{}",
        text(&app)
    );
    assert!(
        row(&app, "Timeline").contains("10 records"),
        "{}",
        text(&app)
    );
    app.update(Input::Resize(ratatui::layout::Rect::new(0, 0, 60, 16)));
    assert!(
        row(&app, "Last agreement").contains(" of 5 fields"),
        "{}",
        text(&app)
    );
}

#[test]
fn halted_the_question_is_offered_first() {
    let mut link = busy();
    link.halts = vec![crate::make::halt()];
    let app = living(80, 24, link);
    let footer = rows(&draw(&app)).pop().unwrap();
    assert!(footer.starts_with(" H held"), "{footer}");
}

#[test]
fn what_a_person_must_mend_stands_above_what_is_held() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let app = full(width, height);
        let rows = rows(&draw(&app));
        let at = |what: &str| rows.iter().position(|row| row.contains(what));
        let aside = at("#107 ");
        assert!(aside.is_some(), "{}", text(&app));
        assert!(
            at("#106 ").is_none_or(|held| Some(held) > aside),
            "{}",
            text(&app)
        );
    }
}

#[test]
fn what_went_wrong_has_the_room_that_it_needs() {
    let mut app = full(120, 40);
    let note = "refused (422): acme/widgets has no milestone called \"Someday\"; make it";
    let mut record = record("m1", 0, RecordKind::Write, Outcome::Refused, "change");
    record.changes = vec![changed("title", "", "The hinge")];
    record.note = note.to_owned();
    app.update(Input::Event(Event::Recorded(Box::new(record))));
    press(&mut app, "3");
    assert!(text(&app).contains(note), "{}", text(&app));
}

#[test]
fn a_refused_token_is_said_while_it_is_tried_again() {
    let mut link = stopped(Stop::Side {
        side: Side::Notion,
        class: "unauthorized",
        message: "Notion answered 401".to_owned(),
    });
    link.running = first().running;
    let app = living(120, 40, link);
    assert!(row(&app, "pulse-sync").contains("! LOGIN  Notion refused the token"));
    let title = state::title(&app.data, app.look.glyphs);
    assert_eq!(title, "pulse-sync ! LOGIN");
}

#[test]
fn a_refusal_is_shown_to_its_end_in_its_record() {
    let mut app = full(80, 24);
    let note = "refused (422): acme/widgets has no milestone called \"Someday\"; make it on GitHub or pick another one";
    let mut record = record("m1", 0, RecordKind::Write, Outcome::Refused, "change");
    record.note = note.to_owned();
    app.update(Input::Event(Event::Recorded(Box::new(record))));
    press(&mut app, "3 g Enter");
    assert!(row(&app, "note ").contains("refused (422)"));
    assert!(text(&app).contains("pick another one"), "{}", text(&app));
}

#[test]
fn what_a_choice_writes_is_shown_where_there_is_little_room() {
    let mut app = bare(80, 24);
    tell(
        &mut app,
        snapshot(titled(
            "a",
            "The wick smokes at dusk",
            "The wick smokes at dawn",
        )),
    );
    press(&mut app, "4 Enter h");
    assert!(
        text(&app).contains("from GitHub   will write Notion"),
        "{}",
        text(&app)
    );
    app.update(Input::Resize(ratatui::layout::Rect::new(0, 0, 120, 40)));
    assert!(text(&app).contains("from GitHub, your choice   will write Notion"));
}

#[test]
fn in_a_plan_what_is_held_comes_last() {
    let mut app = full(120, 40);
    press(&mut app, "d");
    let mut link = busy();
    link.planned = Some((NOW, Vec::new()));
    tell(&mut app, snapshot(link));
    let rows = rows(&draw(&app));
    let at = |what: &str| rows.iter().position(|row| row.contains(what)).unwrap();
    assert!(at("#107 ") < at("#106 ") && at("#106 ") < at("#108 "));
    assert!(at("#519 ") < at("#107 "));
}

#[test]
fn help_breaks_no_sentence_over_two_columns() {
    let mut app = full(200, 60);
    press(&mut app, "4 ?");
    let rows = rows(&draw(&app));
    let at = |what: &str| {
        let found = rows.iter().enumerate().find(|(_, row)| row.contains(what));
        let (y, row) = found.unwrap_or_else(|| panic!("{what} is not in {}", rows.join("\n")));
        (
            y,
            pulse_sync::ui::text::width(&row[..row.find(what).unwrap()]),
        )
    };
    let (first, second) = (
        at("in the history, plan the"),
        at("reverse of a written change"),
    );
    let start = at("Undo the last choice; in the history");
    assert_eq!((first.0 + 1, start.1), second, "{}", rows.join("\n"));
    // Three columns, about as high as each other.
    let columns = [at("Move down"), at("Pause or resume writing"), start].map(|(_, x)| x);
    assert!(columns.is_sorted() && columns[0] < columns[1] && columns[1] < columns[2]);
    assert!(
        rows[50..].iter().all(|row| !row.contains("Copy")),
        "{}",
        rows.join("\n")
    );
}

#[test]
fn the_system_pane_counts_as_status_does() {
    let mut link = calm();
    link.counts.queued = 3;
    link.counts.in_doubt = 1;
    link.counts.held = 1;
    link.counts.parked = 2;
    let app = living(200, 60, link);
    let shown = text(&app);
    for words in ["2 queued", "1 held", "1 unclear", "2 set aside"] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    assert!(!shown.contains("3 held"), "{shown}");
}

#[test]
fn a_pause_that_a_service_asked_for_is_no_used_up_limit() {
    let mut link = calm();
    let notion = &mut link.budgets[Side::Notion as usize];
    (notion.left, notion.asked) = (0, true);
    notion.resets_at = Some(NOW.plus(41_000));
    let app = living(200, 60, link);
    assert!(
        row(&app, "asked to wait").contains("0:41"),
        "{}",
        text(&app)
    );
}
