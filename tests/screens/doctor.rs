//! What `doctor` finds, within the dashboard: asked for by a key or by its words, shown with what to do.

use pulse_sync::core::Side;
use pulse_sync::engine::Stop;
use pulse_sync::ui::app::{Answer, App, Effect, Input};
use pulse_sync::ui::screens::doctor::{Finding, Verdict};

use crate::make::{NOW, calm, draw, full, living, press, rows, said, text, type_in};

fn finding(verdict: Verdict, name: &str, text: &str, help: &str) -> Finding {
    Finding {
        verdict,
        name: name.to_owned(),
        text: text.to_owned(),
        help: help.to_owned(),
    }
}

/// One of each kind, and so many that are fine.
pub fn findings(fine: usize) -> Vec<Finding> {
    let mut all: Vec<Finding> = (0..fine)
        .map(|at| finding(Verdict::Ok, "store", &format!("all is well, {at}"), ""))
        .collect();
    all.push(finding(
        Verdict::Warn,
        "clock",
        "this machine is 40 s ahead of both services",
        "set the clock, or let the system do it",
    ));
    all.push(finding(
        Verdict::Fail,
        "Notion token",
        "Notion answered 401: the token is not valid",
        "make a new secret at notion.so/my-integrations and put it into NOTION_TOKEN",
    ));
    all
}

fn answered(app: &mut App, found: Result<Vec<Finding>, String>) {
    app.update(Input::Answer(Box::new(Answer::Doctor(found))));
}

/// Where a text stands.
fn at(app: &App, what: &str) -> usize {
    let rows = rows(&draw(app));
    let at = rows.iter().position(|row| row.contains(what));
    at.unwrap_or_else(|| panic!("{what} is not in {}", text(app)))
}

#[test]
fn its_words_find_it_and_it_is_asked_for_once() {
    let mut app = full(120, 40);
    press(&mut app, ":");
    type_in(&mut app, "doctor");
    let effects = press(&mut app, "Enter");
    assert_eq!(effects, [Effect::Doctor]);
    assert!(text(&app).contains("are being looked at"), "{}", text(&app));
    assert_eq!(press(&mut app, "!"), [], "it is being looked at");
    answered(&mut app, Ok(findings(3)));
    assert_eq!(press(&mut app, "!"), [Effect::Doctor], "once more");
    assert!(text(&app).contains("are being looked at"), "{}", text(&app));
    press(&mut app, "Esc");
    assert!(app.screens.is_empty());
}

#[test]
fn what_needs_somebody_stands_first_with_what_to_do() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let mut app = full(width, height);
        press(&mut app, "!");
        answered(&mut app, Ok(findings(3)));
        let (fail, warn) = (at(&app, "fail   Notion token"), at(&app, "warn   clock"));
        assert!(fail < at(&app, "> make a new secret") && at(&app, "> make") < warn);
        assert!(warn < at(&app, "> set the clock"));
        assert!(text(&app).contains("3 ok  1 to look at  1 failed"));
        let shown = text(&app);
        assert!(
            shown.contains('✗') && shown.contains('!'),
            "not by colour alone"
        );
    }
}

#[test]
fn more_than_fits_is_counted_and_scrolled_to() {
    let mut app = full(80, 24);
    press(&mut app, "!");
    answered(&mut app, Ok(findings(40)));
    assert!(text(&app).contains("lines 1-18 of 45"), "{}", text(&app));
    press(&mut app, "j");
    assert!(text(&app).contains("lines 2-19 of 45"), "{}", text(&app));
    press(&mut app, "G");
    assert!(text(&app).contains("all is well, 39"), "{}", text(&app));
    press(&mut app, "j");
    assert!(text(&app).contains("lines 28-45 of 45"), "{}", text(&app));
    press(&mut app, "g");
    assert!(text(&app).contains("lines 1-18 of 45"), "{}", text(&app));
}

#[test]
fn that_nothing_could_be_looked_at_is_said() {
    let mut app = full(80, 24);
    press(&mut app, "!");
    answered(&mut app, Err("no thread to be had".to_owned()));
    assert!(text(&app).contains("no thread to be had"));
    assert!(!text(&app).contains("are being looked at"));
}

#[test]
fn how_old_it_is_counts_on() {
    let mut app = full(120, 40);
    press(&mut app, "!");
    answered(&mut app, Ok(findings(1)));
    assert!(text(&app).contains("looked at 14:32:07"), "{}", text(&app));
    app.update(Input::Tick(NOW.plus(125_000)));
    assert!(text(&app).contains("(2m ago)"), "{}", text(&app));
}

#[test]
fn a_refused_login_leads_there() {
    let mut link = calm();
    if let Some((_, report)) = &mut link.last {
        report.stopped = Some(Stop::Side {
            side: Side::Notion,
            class: "unauthorized",
            message: "Notion answered 401".to_owned(),
        });
    }
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        let app = living(width, height, link.clone());
        let footer = rows(&draw(&app)).pop().unwrap();
        assert!(footer.starts_with(" ! doctor"), "{footer}");
        assert!(text(&app).contains("! LOGIN  Notion refused the token"));
    }
    let calm = living(80, 24, calm());
    assert!(!text(&calm).contains("! doctor"), "only then");
    assert_eq!(said(&calm), "");
}
