//! What the resolver says will be written, and what it says about choices on their way.

use pulse_sync::core::pair::Choice;
use pulse_sync::core::text::{for_notion, mark_public};
use pulse_sync::core::{Conflict, FieldKey, Time, Value};
use pulse_sync::engine::answers::{Pick, chosen};
use pulse_sync::engine::face::ConflictLine;
use pulse_sync::ui::app::{Answer, App, Effect, Input, Request};
use pulse_sync::ui::theme::Meaning;

use crate::make::{
    BASE_TEXT, GITHUB_TEXT, MINUTE, NOTION_TEXT, NOW, bare, busy, calm, conflict, conflicts, draw,
    full, halt, line, press, rows, running, said, snapshot, tell, text, texts, writes,
};

/// An app of this size with the resolver open on one field of #482.
fn open(size: (u16, u16), field: &str, values: [Value; 3]) -> App {
    let mut app = bare(size.0, size.1);
    let mut link = calm();
    link.conflicts = vec![line(482, "Crash", conflict("c1", Some(field), values))];
    link.counts.conflicted = 1;
    tell(&mut app, snapshot(link));
    press(&mut app, "4 Enter");
    app
}

fn body(size: (u16, u16)) -> App {
    open(size, "body", texts(BASE_TEXT, GITHUB_TEXT, NOTION_TEXT))
}

/// The rows of the frame with this title, without its border.
fn inside(app: &App, title: &str) -> Vec<String> {
    let rows = rows(&draw(app));
    let top = rows.iter().position(|row| row.contains(title)).unwrap();
    let left = rows[top].split(title).next().unwrap().chars().count() - 3;
    let inner = |row: &String| {
        let chars: Vec<char> = row.chars().skip(left + 1).collect();
        let end = chars.iter().rposition(|c| "│┃".contains(*c));
        chars[..end.unwrap_or(chars.len())]
            .iter()
            .collect::<String>()
    };
    let is_within = |row: &&String| !row.chars().nth(left).is_some_and(|c| "└┗".contains(c));
    rows[top + 1..]
        .iter()
        .take_while(is_within)
        .map(|row| inner(row).trim().to_owned())
        .collect()
}

/// What the engine makes of the choice that Enter sends.
fn kept(app: &mut App) -> Choice {
    let line = app.data.links()[0].conflicts[0].clone();
    let effects = press(app, "Enter");
    let pick = writes(&effects)
        .into_iter()
        .find_map(|request| match request {
            Request::Choose(_, pick) => Some(pick),
            _ => None,
        });
    let (field, base) = (line.field.as_ref(), line.base.as_ref());
    chosen(&line.conflict, field, base, &pick.unwrap(), NOW).unwrap()
}

/// The rows without the names of those whose lines they are.
fn bare_rows(rows: &[String]) -> Vec<String> {
    let bare = |row: &String| row.split("   ").next().unwrap_or_default().to_owned();
    rows.iter()
        .map(bare)
        .filter(|row| !row.is_empty())
        .collect()
}

fn lines_of(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_result_is_the_text_that_is_written() {
    for size in [(200, 60), (120, 40), (80, 24), (60, 16)] {
        for keys in ["h l", "l h", "h h", "b m", "m b", "<", ">", "< J l"] {
            let mut app = body(size);
            press(&mut app, keys);
            if size.0 < 200 {
                press(&mut app, "z");
            }
            let title = if size.0 < 200 {
                "Result"
            } else {
                "Result: body"
            };
            let mut shown = Vec::new();
            for _ in 0..20 {
                for row in bare_rows(&inside(&app, title)) {
                    if !shown.contains(&row) {
                        shown.push(row);
                    }
                }
                press(&mut app, "PageDown");
            }
            let wanted = lines_of(kept(&mut app).github.as_text());
            let whole = format!("{size:?} {keys}: {shown:#?}");
            if size.0 >= 80 {
                let found = shown.windows(wanted.len()).any(|rows| rows == wanted);
                assert!(found, "{whole}\nis to be {wanted:#?}");
            }
            assert!(wanted.iter().all(|line| shown.contains(line)), "{whole}");
        }
    }
}

#[test]
fn an_open_place_is_told_apart_until_it_is_chosen() {
    let mut app = body((120, 40));
    let open = |app: &App| text(app).matches("is open").count();
    assert_eq!(open(&app), 2, "{}", text(&app));
    assert!(text(&app).contains("? place 1 of 2 is open"));
    press(&mut app, "h");
    assert_eq!(open(&app), 1);
    let rows = inside(&app, "Result");
    let place = |words: &str| rows.iter().position(|row| row.contains(words)).unwrap();
    assert!(place("GitHub, place 1 of 2") < place("? place 2 of 2 is open"));
    press(&mut app, "l");
    assert_eq!(open(&app), 0);
    assert!(text(&app).contains("GitHub and Notion get this text"));
    assert!(text(&app).contains("Notion, place 2 of 2"));
}

#[test]
fn each_side_is_told_what_it_gets() {
    let named = || texts("old", "from GitHub", "from Notion");
    for (keys, wanted) in [
        ("h", ["GitHub stays from GitHub", "Notion gets from GitHub"]),
        ("l", ["GitHub gets from Notion", "Notion stays from Notion"]),
        ("b", ["GitHub gets old", "Notion gets old"]),
    ] {
        let mut app = open((120, 40), "title", named());
        press(&mut app, keys);
        let rows = inside(&app, "Result");
        for words in wanted {
            assert!(rows.iter().any(|row| row.starts_with(words)), "{rows:#?}");
        }
    }
    let mut app = open((120, 40), "state", texts("open", "closed", "In progress"));
    press(&mut app, "h");
    let rows = inside(&app, "Result");
    assert!(rows.contains(&"Notion gets Done   (says In progress now)".to_owned()));
    let mut app = open((200, 60), "title", named());
    press(&mut app, "h");
    assert!(text(&app).contains("will write  GitHub  nothing"));
    assert!(text(&app).contains("its page (title)"));
}

#[test]
fn a_heading_like_the_private_one_is_shown_as_the_page_gets_it() {
    let github = "intro\n\n## Private notes\n\nfrom GitHub\n";
    let mut app = open((120, 40), "body", texts("one\n", github, "two\n"));
    press(&mut app, "<");
    let wanted = mark_public(&for_notion(github), "Private notes");
    assert_ne!(wanted, github);
    let shown = inside(&app, "Result");
    for line in lines_of(&wanted) {
        assert!(shown.contains(&line), "{line} in {shown:#?}");
    }
}

#[test]
fn a_choice_that_a_side_cannot_say_is_no_choice() {
    let long = "a long title ".repeat(40);
    let mut app = open((120, 40), "title", texts("old", "short", &long));
    press(&mut app, "l");
    assert!(text(&app).contains("cannot be written"), "{}", text(&app));
    assert!(said(&app).contains("Enter is off"), "{}", said(&app));
    assert_eq!(writes(&press(&mut app, "Enter")), []);
    assert_eq!(writes(&press(&mut app, "h Enter")).len(), 2);
}

#[test]
fn scrolling_ends_where_the_text_does() {
    for size in [(60, 16), (80, 24), (120, 40)] {
        let mut app = body(size);
        press(&mut app, "h l z");
        let first = text(&app);
        for _ in 0..30 {
            let _ = draw(&app);
            press(&mut app, "PageDown");
        }
        let last = text(&app);
        let _ = draw(&app);
        press(&mut app, "PageUp");
        let up = text(&app);
        if first.contains(", PgDn") {
            assert_ne!(last, first, "{size:?}: it scrolls\n{first}");
            assert_ne!(up, last, "{size:?}: the first step back is seen\n{last}");
        }
        for _ in 0..30 {
            let _ = draw(&app);
            app.update(Input::Scroll(5, 8, -3));
        }
        let top = text(&app);
        let _ = draw(&app);
        app.update(Input::Scroll(5, 8, 3));
        assert!(
            text(&app) != top || !top.contains(", PgDn"),
            "the wheel, {size:?}"
        );
        press(&mut app, "Esc");
        assert_eq!(app.screens.len(), 1, "Esc leaves the large result first");
    }
}

#[test]
fn a_click_hits_the_field_that_is_drawn_there() {
    for (size, keys) in [
        ((80, 24), "4 Enter G"),
        ((60, 16), "4 Enter G"),
        ((120, 40), "4 Enter j"),
    ] {
        let mut app = full(size.0, size.1);
        press(&mut app, keys);
        let shown = rows(&draw(&app));
        let top = shown
            .iter()
            .position(|row| row.contains(" Fields "))
            .unwrap();
        let wanted: String = shown[top + 1].chars().skip(3).take(10).collect();
        app.update(Input::Click(6, u16::try_from(top + 1).unwrap()));
        let marked = rows(&draw(&app));
        let marked = marked.iter().find(|row| row.starts_with("┃>")).unwrap();
        assert!(
            marked.contains(wanted.trim()),
            "{size:?}: {wanted} in {marked}"
        );
    }
    let mut app = full(120, 40);
    press(&mut app, "4 Enter");
    let before = text(&app);
    app.update(Input::Click(60, 5));
    assert_eq!(
        text(&app),
        before,
        "a click beside the fields marks none of them"
    );
}

/// All conflicts, with the choices that were sent, as the engine keeps them.
fn with_choices(mut lines: Vec<ConflictLine>, asked: &[Effect]) -> Vec<ConflictLine> {
    for request in writes(asked) {
        let Request::Choose(id, pick) = request else {
            continue;
        };
        let Some(line) = lines.iter_mut().find(|line| line.conflict.id == id) else {
            continue;
        };
        let (field, base) = (line.field.as_ref(), line.base.as_ref());
        let choice = chosen(&line.conflict, field, base, &pick, NOW).unwrap();
        line.conflict.choice = Some(choice);
    }
    lines
}

#[test]
fn choices_during_a_pause_are_kept_and_said_so() {
    let mut app = full(80, 24);
    let paused = |lines: Vec<ConflictLine>| {
        let mut link = busy();
        link.conflicts = lines;
        let mut snapshot = snapshot(link);
        snapshot.paused = Some(NOW.minus(MINUTE));
        snapshot
    };
    tell(&mut app, paused(conflicts()));
    let effects = press(&mut app, "4 Space j Space > Enter");
    assert!(
        writes(&effects)
            .iter()
            .all(|one| matches!(one, Request::Choose(..))),
        "no run is asked for that could not write: {effects:?}"
    );
    let lines = with_choices(conflicts(), &effects);
    tell(&mut app, paused(lines));
    assert!(app.screens.is_empty(), "{}", text(&app));
    assert!(said(&app).contains("choices are kept"), "{}", said(&app));
    assert!(said(&app).contains("once you resume"), "{}", said(&app));
    assert!(text(&app).contains("5 chosen, not written yet"));
    let request = Request::Choose("c1".to_owned(), Pick::Notion);
    let answer = Answer::Done(request, Ok("the choice is kept".to_owned()));
    app.update(Input::Answer(Box::new(answer)));
    assert!(said(&app).contains("once you resume"), "{}", said(&app));
}

#[test]
fn a_run_that_is_under_way_is_no_error() {
    let mut app = full(120, 40);
    let request = writes(&press(&mut app, "S")).remove(0);
    let answer = Answer::Done(request, Err("already running".to_owned()));
    app.update(Input::Answer(Box::new(answer)));
    let message = app.message.clone().unwrap();
    assert_eq!(message.meaning, Meaning::Info, "{}", message.text);
}

#[test]
fn a_choice_on_its_way_stays_in_view_and_does_not_wait_for_ever() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 Enter h j < Enter");
    let lines = with_choices(conflicts(), &effects);
    let mut link = busy();
    link.conflicts = lines.clone();
    link.running = Some(running());
    tell(&mut app, snapshot(link.clone()));
    assert_eq!(app.screens.len(), 1, "it is being written");
    assert!(text(&app).contains("4 of 4 chosen"), "{}", text(&app));
    assert!(text(&app).contains("Crash on resize in tmux   from GitHub"));
    let before = text(&app);
    let effects = press(&mut app, "Enter");
    assert_eq!(writes(&effects), [], "nothing is sent twice");
    press(&mut app, "l");
    assert!(said(&app).contains("on its way"), "{}", said(&app));
    assert!(before.contains("from GitHub") && text(&app).contains("from GitHub"));
    link.running = None;
    app.update(Input::Tick(Time(NOW.0 + 6_000)));
    let mut later = snapshot(link);
    later.at = Time(NOW.0 + 6_000);
    tell(&mut app, later);
    assert!(app.screens.is_empty());
    assert!(said(&app).contains("choices are kept"), "{}", said(&app));
}

#[test]
fn a_choice_for_an_item_that_the_guard_holds_waits_for_the_answer() {
    let mut app = full(120, 40);
    let effects = press(&mut app, "4 j j > Enter");
    let mut link = busy();
    link.conflicts = with_choices(conflicts(), &effects);
    let mut held = halt();
    held.pairs.push(link.conflicts[5].pair.clone());
    link.halts = vec![held];
    tell(&mut app, snapshot(link));
    assert!(app.screens.is_empty());
    assert!(
        said(&app).contains("once you answer what the guard holds"),
        "{}",
        said(&app)
    );
}

#[test]
fn nothing_is_put_aside_where_nothing_is() {
    for read_only in [false, true] {
        for keys in ["4 D", "4 <", "4 >"] {
            let mut app = bare(80, 24);
            app.data.facts.read_only = read_only;
            tell(&mut app, snapshot(calm()));
            let effects = press(&mut app, keys);
            assert!(writes(&effects).is_empty() && app.data.deferred.is_empty());
            assert!(app.screens.is_empty());
            let refused = read_only && said(&app).contains("off: started with --read-only");
            assert!(
                refused || said(&app).contains("nothing was done"),
                "{}",
                said(&app)
            );
        }
    }
    let mut app = full(80, 24);
    let effects = press(&mut app, "4 Enter D");
    let put_aside = effects
        .iter()
        .filter(|one| matches!(one, Effect::Defer(..)));
    assert_eq!(put_aside.count(), 4);
    assert!(said(&app).contains("put aside for a day"), "{}", said(&app));
    let mut app = full(80, 24);
    press(&mut app, "4 Space Space <");
    assert!(text(&app).contains("Conflict 1 of 2  #482"));
    press(&mut app, "D");
    assert!(said(&app).contains("put aside for a day"), "{}", said(&app));
    assert!(text(&app).contains("#519"), "the other marked item is next");
    let asked = writes(&press(&mut app, "Enter"));
    assert!(matches!(&asked[0], Request::Choose(id, _) if id == "c5"));
    assert_eq!(asked.len(), 2, "nothing is chosen for what was put aside");
}

#[test]
fn the_oldest_conflict_is_first() {
    let mut lines = conflicts();
    for line in &mut lines {
        if line.conflict.id == "c6" {
            line.conflict.found_at = NOW.minus(90 * MINUTE);
        }
    }
    let mut app = bare(120, 40);
    let mut link = calm();
    link.conflicts = lines;
    tell(&mut app, snapshot(link));
    let items: Vec<String> = app
        .data
        .conflicted()
        .into_iter()
        .map(|(pair, _)| pair.0)
        .collect();
    assert_eq!(items, ["p77", "p482", "p519"]);
    press(&mut app, "4 Enter");
    assert!(
        text(&app).contains("Conflict 1 of 3  #77"),
        "{}",
        text(&app)
    );
}

#[test]
fn the_footer_keeps_how_to_apply_put_aside_and_leave() {
    for size in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let mut app = full(size.0, size.1);
        press(&mut app, "4 Enter");
        let rows = rows(&draw(&app));
        let footer = rows.last().unwrap();
        for button in [
            "Enter apply",
            "D defer",
            "Esc back",
            "h GitHub",
            "l Notion",
            "? help",
        ] {
            assert!(footer.contains(button), "{size:?}: {button} in {footer}");
        }
    }
}

#[test]
fn at_the_least_size_all_three_texts_are_in_view() {
    let mut app = full(60, 16);
    press(&mut app, "4 Enter j");
    let rows = inside(&app, "body ─");
    for (row, key) in rows.iter().zip(["b", "h", "l"]) {
        assert!(row.starts_with(key), "{rows:#?}");
    }
    let one = |conflict: &Conflict| conflict.field == Some(FieldKey::BODY);
    assert!(conflicts().iter().any(|line| one(&line.conflict)));
}

#[test]
fn names_of_a_set_are_marked_one_by_one() {
    let labels = [
        Value::set(["bug", "old"]),
        Value::set(["bug", "ui"]),
        Value::set(["bug"]),
    ];
    let app = open((120, 40), "labels", labels);
    let rows = text(&app);
    assert!(rows.contains("bug, [-old-], [+ui+]"), "{rows}");
    assert!(rows.contains("bug, [-old-] "), "{rows}");
}

#[test]
fn what_becomes_of_an_item_is_said_in_full() {
    for (keys, wanted) in [
        ("h", ["kept, and brought back", "and brings it back"]),
        (
            "l",
            ["removed on both sides", "removes it on the other, too"],
        ),
    ] {
        let mut app = full(80, 24);
        press(&mut app, &format!("4 j Enter {keys}"));
        let rows = inside(&app, "Result").join(" ");
        assert!(wanted.iter().all(|words| rows.contains(words)), "{rows}");
    }
}
