//! Text from strangers, in every place that shows text: nothing reaches a cell that could steer a terminal, hide or
//! turn text around, or push a frame out of line.

use pulse_sync::core::history::FieldChange;
use pulse_sync::core::plan::Move;
use pulse_sync::core::schedule::Reason;
use pulse_sync::core::{FieldKey, PairId, PairLife, Value};
use pulse_sync::engine::Event;
use pulse_sync::engine::answers::PutBack;
use pulse_sync::engine::face::LinkState;
use pulse_sync::engine::queue::Standing;
use pulse_sync::shown::Shown;
use pulse_sync::ui::app::{Answer, App, Effect, Input, Request};
use pulse_sync::ui::data::{Level, LogLine};
use pulse_sync::ui::state;
use pulse_sync::ui::theme::{Glyphs, Meaning};
use ratatui::buffer::Buffer;

use crate::make::{
    NOW, bare, busy, draw, halt, history, item, plan, press, rows, running, snapshot, tell, text,
};

/// What people could write into a title, and what must not come of it.
fn table() -> Vec<String> {
    let mut table: Vec<String> = [
        "\u{1b}[2J\u{1b}[H cleared",
        "\u{1b}]0;owned\u{7} title",
        "\u{1b}]52;c;ZXZpbA==\u{7} clipboard",
        "\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
        "\u{1b}P1;2|x\u{1b}\\ device control",
        "\u{1b}_G a=T \u{1b}\\ graphics",
        "\u{1b}c reset",
        "\u{1b}[?1049l\u{1b}[?25h alternate screen",
        "\u{1b}[31;5mred\u{1b}[0m",
        "\u{9b}31m eight-bit",
        "\u{90}q sixel\u{9c}",
        "\u{9d}0;title\u{9c}",
        "\u{85}next line",
        "a\rOVERWRITTEN",
        "a\u{8}\u{8}\u{8}back",
        "tab\tand\u{b}vertical\u{c}feed",
        "line\nbreak\r\nand more",
        "null\u{0}byte",
        "del\u{7f}ete",
        "bell\u{7}\u{7}\u{7}",
        "shift\u{e}out\u{f}in",
        "\u{202e}gnp.exe",
        "\u{202d}left\u{202c}",
        "\u{2066}isolate\u{2069}",
        "\u{2067}right\u{2068}first",
        "\u{200f}mark\u{200e}",
        "\u{61c}arabic letter mark",
        "zero\u{200b}width\u{200c}non\u{200d}joiner",
        "word\u{2060}joiner\u{feff}bom",
        "soft\u{ad}hyphen",
        "grapheme\u{34f}joiner",
        "invisible\u{2062}times\u{2063}",
        "line\u{2028}separator\u{2029}paragraph",
        "tags\u{e0041}\u{e0042}\u{e007f}",
        "selectors\u{fe0f}\u{fe00}\u{e0100}",
        "mongolian\u{180b}\u{180e}",
        "khmer\u{17b4}\u{17b5}inherent",
        "hangul\u{115f}\u{1160}\u{3164}\u{ffa0}filler",
        "music\u{1d173}\u{1d17a}beam",
        "shorthand\u{1bca0}\u{1bca3}",
        "annotation\u{fff9}a\u{fffa}b\u{fffb}",
        "世界地図を見る 世界地図を見る 世界地図を見る",
        "全角 wide mixed with narrow ｆｕｌｌ",
        "🎉👍🏽👩‍👩‍👧‍👦🏳️‍🌈 party",
        "🇩🇪🇫🇷🇯🇵 flags 🇩",
        "1️⃣ keycap #️⃣",
        "e\u{301}a\u{308}o\u{302} composed",
        "\u{301}\u{301} begins with marks",
        "العربية لا لا اللغة",
        "עברית שלום",
        "हिन्दी क्षत्रिय ज्ञान",
        "ไทย ก้้้้้้้้้้้้้้้",
        "தமிழ் வணக்கம்",
        "각각 한글",
        "ﷺ very wide ﷽",
        "\u{2e3b} three-em dash",
        "┌──┐│ fake frame │└──┘",
        "✓ ✗ ● RUNNING  next 0:42",
        "\u{fffd}\u{ffff}\u{fdd0} no characters",
        "",
        " ",
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    table.push(format!("z{}", "\u{0301}".repeat(200)));
    table.push(format!("ก{}", "\u{0e49}".repeat(200)));
    table.push(format!("o{}", "\u{0489}".repeat(60)));
    table.push("x".repeat(700));
    table.push("世".repeat(300));
    table
}

/// Unicode's characters that are not to be seen (Default_Ignorable_Code_Point), and those that turn text around.
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

/// Terminals that count a cell's characters one by one come to the same columns as those that take them together.
fn assert_sure(symbol: &str, what: &str) {
    let unsure = |c: char| matches!(u32::from(c), 0x1F1E6..=0x1F1FF | 0x1F3FB..=0x1F3FF | 0x20E3 | 0x2E3A..=0x2E3B);
    assert!(!symbol.chars().any(unsure), "{what} holds {symbol:?}");
    let whole = pulse_sync::ui::text::width(symbol);
    let single = symbol.chars();
    let single: usize = single
        .map(|c| pulse_sync::ui::text::width(&c.to_string()))
        .sum();
    assert_eq!(whole, single, "{what} holds {symbol:?}");
}

fn check_cells(buffer: &Buffer, what: &str) {
    for (at, cell) in buffer.content.iter().enumerate() {
        let symbol = cell.symbol();
        let bad = symbol.chars().find(|c| c.is_control() || is_hidden(*c));
        assert_eq!(bad, None, "{what}: cell {at} holds {symbol:?}");
        assert!(
            symbol.chars().count() <= 12,
            "{what}: cell {at} holds a pile: {symbol:?}"
        );
        assert_sure(symbol, &format!("{what}: cell {at}"));
    }
}

/// Frames are whole: every row of a picture drawn as a terminal draws it has its border signs where the same picture
/// with harmless text has them.
fn check_frames(buffer: &Buffer, what: &str) {
    let area = buffer.area;
    let symbol = |x: u16, y: u16| buffer[(x, y)].symbol();
    for y in 0..area.height {
        let mut covered = 0;
        for x in 0..area.width {
            if covered > 0 {
                covered -= 1;
                let left = symbol(x, y);
                assert!(
                    left == " " || left.is_empty(),
                    "{what}: {x},{y} is half covered: {left:?}"
                );
                continue;
            }
            covered = pulse_sync::ui::text::width(symbol(x, y)).saturating_sub(1);
        }
        assert_eq!(covered, 0, "{what}: row {y} is wider than the screen");
    }
    for y in 0..area.height {
        for x in 0..area.width {
            let (down, ends): (&[&str], &[&str]) = match symbol(x, y) {
                "┏" => (&["┃"], &["┗"]),
                "┓" => (&["┃"], &["┛"]),
                _ => continue,
            };
            let mut below = y + 1;
            while below < area.height && down.contains(&symbol(x, below)) {
                below += 1;
            }
            assert!(
                below < area.height && ends.contains(&symbol(x, below)),
                "{what}: the border from {x},{y} down is broken at row {below}:\n{}",
                rows(buffer).join("\n")
            );
        }
    }
}

/// A link in which every text of a stranger is this one.
fn hostile(text: &str) -> LinkState {
    let mut link = busy();
    let own = || text.to_owned();
    link.name = own();
    if let Some(next) = &mut link.next {
        next.reason = Reason::Failed(own());
    }
    for line in &mut link.conflicts {
        (line.title, line.item) = (own(), format!("acme/widgets{text}#482"));
        line.conflict.note = own();
        let conflict = &mut line.conflict;
        (conflict.github_by, conflict.notion_by) = (Some(own()), Some(own()));
        for (at, value) in [
            &mut conflict.base,
            &mut conflict.github,
            &mut conflict.notion,
        ]
        .into_iter()
        .enumerate()
        {
            *value = match value {
                Value::Set(_) => Value::set([own(), format!("{at}{text}")]),
                Value::Null => Value::Null,
                _ => Value::text(format!("{at} {text}\n\nsame {text}\n\nend {at}")),
            };
        }
    }
    for line in &mut link.queue {
        (line.title, line.item) = (own(), own());
        line.urls = [Some(own()), Some(own())];
        match &mut line.standing {
            Standing::Deferred { reason, .. }
            | Standing::Held { reason, .. }
            | Standing::Parked { reason } => *reason = own(),
            Standing::Queued { .. } | Standing::InDoubt { .. } | Standing::HeldByUser { .. } => {}
        }
    }
    let mut held = halt();
    held.note = own();
    link.halts = vec![held];
    let mut progress = running();
    if let Some(writing) = &mut progress.writing {
        writing.item = own();
        writing.verb = own();
        writing.fields = vec![own()];
    }
    link.running = Some(progress);
    let mut steps = plan();
    for planned in &mut steps {
        (planned.title, planned.item) = (own(), own());
        for step in &mut planned.plan.steps {
            if let pulse_sync::core::Action::Patch(changes) = &mut step.action {
                for change in changes {
                    change.field = FieldKey::of(text);
                    (change.pre, change.new) = (Value::text(own()), Value::text(own()));
                }
            }
        }
        for one in &mut planned.plan.moves {
            if let Move::Open(conflict) = one {
                conflict.note = own();
            }
        }
    }
    link.planned = Some((NOW, steps));
    link
}

fn app_with(text: &str, size: (u16, u16)) -> App {
    let mut app = bare(size.0, size.1);
    app.data.facts.subject = text.to_owned();
    app.data.facts.log_folder = text.to_owned();
    tell(&mut app, snapshot(hostile(text)));
    let mut records = history();
    for record in &mut records {
        record.item = text.to_owned();
        record.note = text.to_owned();
        record.verb = text.to_owned();
        record.run = text.to_owned();
        record.request = Some(text.to_owned());
        record.changes = vec![FieldChange {
            field: FieldKey::of(text),
            before: Value::text(text),
            after: Value::text(format!("{text}\n{text}")),
            other: None,
        }];
    }
    let query = pulse_sync::engine::face::HistoryQuery {
        limit: 100,
        ..Default::default()
    };
    app.update(Input::Answer(Box::new(Answer::History(query, Ok(records)))));
    for level in [Level::Info, Level::Error] {
        let text = text.to_owned();
        app.update(Input::Log(LogLine {
            at: NOW,
            level,
            text,
        }));
    }
    app
}

/// Presses keys; items that are asked for are full of the same text.
fn go(app: &mut App, keys: &str, text: &str) -> Vec<Effect> {
    let mut out = Vec::new();
    for key in keys.split_whitespace() {
        let key = pulse_sync::ui::keymap::Key::parse(key).unwrap();
        let effects = app.update(Input::Key(key));
        for effect in &effects {
            if let Effect::Ask(Request::Item(PairId(id))) = effect {
                let mut pair = item(id, text);
                pair.life = PairLife::Parked(text.to_owned());
                pair.last_error = Some(text.to_owned());
                if let Some(github) = &mut pair.github {
                    github.locator = text.to_owned();
                }
                for base in pair.base.values_mut() {
                    *base = pulse_sync::core::Base::new(Value::text(text), Value::text(text));
                }
                let answer = Answer::Item(pair.id.clone(), Ok(Some(Box::new(pair))));
                app.update(Input::Answer(Box::new(answer)));
            }
            if let Effect::Ask(Request::UndoPlan(id)) = effect {
                let back = PutBack {
                    field: FieldKey::of(text),
                    now: Value::text(text),
                    then: Value::text(text),
                    page: None,
                    refused: Some(text.to_owned()),
                };
                let answer = Answer::UndoPlan(id.clone(), Ok(vec![back]));
                app.update(Input::Answer(Box::new(answer)));
            }
        }
        out.extend(effects);
    }
    out
}

/// The keys to every view.
const VIEWS: [&str; 18] = [
    "1",
    "2 j j",
    "3",
    "4",
    "5",
    "3 z",
    "5 z",
    "4 Enter",
    "4 Enter j",
    "4 Enter j v",
    "4 Enter j v v w",
    "4 Enter j j m",
    "d",
    "3 Enter",
    "3 u",
    "2 i",
    "H",
    ": j",
];

#[test]
fn nothing_from_outside_reaches_a_cell_of_any_view() {
    for (at, text) in table().iter().enumerate() {
        for keys in VIEWS {
            // Every text meets every view; narrow and wide take turns.
            for size in [[(60, 16), (120, 40)][at % 2]] {
                let mut app = app_with(text, size);
                go(&mut app, keys, text);
                if keys == "d" {
                    tell(&mut app, snapshot(hostile(text)));
                    go(&mut app, "j", text);
                }
                let what = format!("row {at}, keys {keys}, {size:?}");
                let picture = draw(&app);
                check_cells(&picture, &what);
                check_frames(&picture, &what);
            }
        }
    }
}

#[test]
fn wide_screens_keep_their_columns() {
    for (at, text) in table().iter().enumerate() {
        for keys in ["4", "4 Enter j", "3 Enter"] {
            let mut app = app_with(text, (200, 50));
            go(&mut app, keys, text);
            let what = format!("row {at}, keys {keys}");
            let picture = draw(&app);
            check_cells(&picture, &what);
            check_frames(&picture, &what);
        }
    }
}

#[test]
fn messages_filters_and_states_are_cleaned() {
    for text in table() {
        let mut app = app_with(&text, (120, 40));
        app.say(text.clone(), Meaning::Error);
        check_cells(&draw(&app), "message");
        app.update(Input::Event(Event::Waiting {
            until: NOW,
            reason: text.clone(),
        }));
        check_cells(&draw(&app), "waiting");
        app.update(Input::Answer(Box::new(Answer::Done(
            Request::Pause(true),
            Err(text.clone()),
        ))));
        check_cells(&draw(&app), "refused");
        press(&mut app, "Esc 2 /");
        app.update(Input::Paste(text.clone()));
        check_cells(&draw(&app), "filter");
        press(&mut app, "Esc :");
        app.update(Input::Paste(text.clone()));
        check_cells(&draw(&app), "palette");
        press(&mut app, "Esc ?");
        app.update(Input::Paste(text.clone()));
        check_cells(&draw(&app), "help");
        app.update(Input::Trouble(text.clone()));
        press(&mut app, "Esc");
        check_cells(&draw(&app), "trouble");
        let mut away = snapshot(hostile(&text));
        away.links[0].running = None;
        away.store_trouble = Some(text.clone());
        away.store_away = Some(away.at);
        app.data.trouble = None;
        tell(&mut app, away);
        check_cells(&draw(&app), "store trouble");
    }
}

#[test]
fn the_title_of_the_terminal_has_no_text_from_outside() {
    let harmless = state::title(&app_with("a title", (80, 24)).data, Glyphs::UNICODE);
    for text in table() {
        let mut app = app_with(&text, (80, 24));
        let title = state::title(&app.data, Glyphs::UNICODE);
        assert_eq!(title.contains('!'), harmless.contains('!'));
        assert!(title.len() < 40 && !title.chars().any(|c| c.is_control() || is_hidden(c)));
        assert_eq!(Shown::line(&title).as_str(), title);
        app.update(Input::Trouble(text));
        let title = state::title(&app.data, Glyphs::UNICODE);
        assert!(title.len() < 40 && !title.chars().any(|c| c.is_control() || is_hidden(c)));
    }
}

#[test]
fn in_ascii_nothing_else_gets_through() {
    for text in table() {
        for keys in VIEWS {
            let mut app = app_with(&text, (80, 24));
            app.look.glyphs = Glyphs::ASCII;
            go(&mut app, keys, &text);
            for cell in &draw(&app).content {
                let symbol = cell.symbol();
                assert!(
                    symbol.chars().all(|c| c.is_ascii_graphic() || c == ' '),
                    "{keys}: {symbol:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_shown_is_cleaned_once_and_stays_readable() {
    for text in table() {
        for shown in [Shown::line(&text), Shown::block(&text)] {
            let bad = shown
                .as_str()
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || is_hidden(*c));
            assert_eq!(bad, None);
        }
    }
    let mut app = app_with("\u{202e}gnp.exe", (120, 40));
    press(&mut app, "2");
    assert!(
        text(&app).contains("gnp.exe"),
        "the author cannot be spoofed by turning text around"
    );
    let mut app = app_with("Grüße, 世界 🎉", (120, 40));
    press(&mut app, "2");
    assert!(text(&app).contains("Grüße, 世界 🎉"));
}
