//! What `doctor` found, a line each with what to do. It is asked for here and looked at elsewhere.

use std::cell::Cell;

use ratatui::layout::Rect;

use super::Handled;
use crate::core::Time;
use crate::ui::action::Action;
use crate::ui::app::{Answer, App, Effect};
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::Data;
use crate::ui::text::{age, ago, width, wrap};
use crate::ui::theme::Meaning;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::Doctor,
    Action::Down,
    Action::Up,
    Action::PageDown,
    Action::Back,
];

/// Columns of a name, and those before what was found: sign, verdict, name and the gaps.
const NAME: usize = 13;
const BEFORE: usize = 9 + NAME + 1;
/// Lines of a page.
const PAGE: isize = 10;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A sync cannot work so.
    Fail,
    /// It works, or could not be looked at; somebody should know.
    Warn,
    /// It is as it should be.
    Ok,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Ok => "ok",
        }
    }

    const fn meaning(self) -> Meaning {
        match self {
            Self::Fail => Meaning::Error,
            Self::Warn => Meaning::Warn,
            Self::Ok => Meaning::Ok,
        }
    }
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub verdict: Verdict,
    /// What was looked at, in a word or two.
    pub name: String,
    /// What was found.
    pub text: String,
    /// What to do; empty where nothing has to be done.
    pub help: String,
}

/// The screen's state.
#[derive(Clone, Debug)]
pub struct DoctorScreen {
    asked: Time,
    /// When it was found, and what, what needs somebody first; or why nothing could be looked at.
    found: Option<(Time, Result<Vec<Finding>, String>)>,
    scrolled: usize,
    /// How far the last picture could be scrolled.
    reach: Cell<usize>,
}

impl DoctorScreen {
    /// A screen that waits for what was asked for at this time.
    pub const fn new(asked: Time) -> Self {
        Self {
            asked,
            found: None,
            scrolled: 0,
            reach: Cell::new(0),
        }
    }

    /// What was asked for has come.
    pub fn answer(&mut self, answer: &Answer, now: Time) {
        if let Answer::Doctor(found) = answer {
            let mut found = found.clone();
            if let Ok(findings) = &mut found {
                findings.sort_by_key(|finding| finding.verdict);
            }
            self.found = Some((now, found));
        }
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action, data: &Data, out: &mut Vec<Effect>) -> Handled {
        match action {
            Action::Back => return Handled::Close,
            Action::Doctor if self.found.is_some() => {
                *self = Self::new(data.now);
                out.push(Effect::Doctor);
            }
            // It is being looked at.
            Action::Doctor => {}
            Action::Down => self.scroll(1),
            Action::Up => self.scroll(-1),
            Action::HalfDown | Action::PageDown => self.scroll(PAGE),
            Action::HalfUp | Action::PageUp => self.scroll(-PAGE),
            Action::Top => self.scrolled = 0,
            Action::Bottom => self.scrolled = self.reach.get(),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize) {
        let to = self.scrolled.saturating_add_signed(by);
        self.scrolled = to.min(self.reach.get());
    }

    /// Whether an action would do nothing now.
    pub fn rests(&self, action: Action) -> bool {
        action == Action::Doctor && self.found.is_none()
    }

    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let area = canvas.area;
        self.draw_title(app, canvas);
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let room = canvas.columns().saturating_sub(4);
        let lines = self.lines(room, canvas.glyphs().failed, canvas.glyphs().done);
        let rows = usize::from(body.height.saturating_sub(2));
        self.reach.set(lines.len().saturating_sub(rows));
        let top = self.scrolled.min(self.reach.get());
        let part = if lines.len() > rows {
            format!("lines {}-{} of {}", top + 1, top + rows, lines.len())
        } else {
            String::new()
        };
        let mut inner = canvas.part(body);
        let mut inner = inner.frame("What a sync needs", &part, true);
        for (y, line) in lines.iter().skip(top).take(rows).enumerate() {
            inner.line(1, y, room, line);
        }
        if self.found.is_none() {
            let waited = age(app.data.now.since(self.asked));
            let text = format!(
                "Configuration, store, both services and the clock are being looked at … {waited}"
            );
            for (y, line) in wrap(&text, room).iter().enumerate() {
                inner.put(1, y, line, Meaning::Dim);
            }
        }
    }

    fn draw_title(&self, app: &App, canvas: &mut Canvas<'_>) {
        let end = canvas.columns().saturating_sub(1);
        let mut right = end;
        if let Some((_, Ok(findings))) = &self.found {
            let counts = [
                (Verdict::Ok, "ok"),
                (Verdict::Warn, "to look at"),
                (Verdict::Fail, "failed"),
            ];
            for (verdict, word) in counts.into_iter().rev() {
                let is_it = |finding: &&Finding| finding.verdict == verdict;
                let count = findings.iter().filter(is_it).count();
                let tone = if count == 0 {
                    Meaning::Dim
                } else {
                    verdict.meaning()
                };
                right = canvas.put_right(right, 0, &format!("{count} {word}"), tone);
                right = right.saturating_sub(2);
            }
        }
        let when = self.found.as_ref().map_or_else(String::new, |(at, _)| {
            let zone = app.data.facts.zone;
            let past = ago(app.data.now.since(*at));
            format!("  looked at {} ({past})", zone.clock(*at))
        });
        let parts = [ink(" Doctor", Meaning::Title), ink(when, Meaning::Text)];
        canvas.line(0, 0, right.saturating_sub(1), &parts);
    }

    fn lines(&self, room: usize, failed: &str, done: &str) -> Vec<Vec<Ink>> {
        match &self.found {
            None => Vec::new(),
            Some((_, Err(why))) => wrap(why, room)
                .into_iter()
                .map(|line| vec![ink(line, Meaning::Error)])
                .collect(),
            Some((_, Ok(findings))) => findings
                .iter()
                .flat_map(|finding| {
                    let sign = match finding.verdict {
                        Verdict::Fail => failed,
                        Verdict::Warn => "!",
                        Verdict::Ok => done,
                    };
                    told(finding, sign, room.saturating_sub(BEFORE))
                })
                .collect(),
        }
    }
}

/// A finding's lines: what was found, then what to do, marked.
fn told(finding: &Finding, sign: &str, room: usize) -> Vec<Vec<Ink>> {
    let tone = finding.verdict.meaning();
    let found = wrap(&finding.text, room).into_iter();
    let mut lines: Vec<Vec<Ink>> = found
        .map(|line| {
            vec![
                ink(" ".repeat(BEFORE), Meaning::Text),
                ink(line, Meaning::Text),
            ]
        })
        .collect();
    let gap = " ".repeat(NAME.saturating_sub(width(&finding.name)) + 1);
    let head = vec![
        ink(format!("{sign} {:<6} ", finding.verdict.word()), tone),
        ink(format!("{}{gap}", finding.name), Meaning::Title),
    ];
    match lines.first_mut() {
        Some(first) => {
            let text = first.pop();
            *first = head.into_iter().chain(text).collect();
        }
        None => lines.push(head),
    }
    if !finding.help.is_empty() {
        let help = wrap(&finding.help, room.saturating_sub(2));
        for (at, line) in help.into_iter().enumerate() {
            let mark = if at == 0 { "> " } else { "  " };
            lines.push(vec![
                ink(" ".repeat(BEFORE), Meaning::Text),
                ink(mark, Meaning::Key),
                ink(line, Meaning::Info),
            ]);
        }
    }
    lines
}
