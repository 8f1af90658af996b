//! Problems of a configuration, and how they are shown.

use std::fmt::{self, Write as _};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::logging::mask;

/// Whether the program can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can.
    Warning,
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a line of a file. Secrets of the line are masked.
    Line {
        /// The file as it was named.
        file: String,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// The line, secrets masked.
        text: String,
        /// The bytes of `text` that are meant.
        span: Range<usize>,
    },
    /// The file as a whole.
    File(String),
    /// An environment variable. Its value is never shown.
    Variable(&'static str),
}

/// One thing that is wrong, with its place and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether the program can go on.
    pub severity: Severity,
    /// What is wrong; secrets masked, control characters made visible.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What stands beside the caret; may be empty.
    pub label: String,
    /// What to do, where that needs a sentence of its own.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self {
            severity: Severity::Error,
            message: printable(message.as_ref()),
            place,
            label: String::new(),
            help: None,
        }
    }

    /// A problem of a file as a whole.
    pub(super) fn of_file(file: &str, message: impl AsRef<str>) -> Self {
        Self::new(Place::File(printable(file)), message)
    }

    pub(super) fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = printable(label.as_ref());
        self
    }

    pub(super) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(printable(help.as_ref()));
        self
    }

    pub(super) const fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The problem as several lines of text with a caret below the place, without a line feed at the end.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let group = self.placed(level.primary_title(self.message.as_str()));
        let label = match self.place {
            Place::Line { .. } => "",
            _ => self.label.as_str(),
        };
        let notes = [label, self.help.as_deref().unwrap_or_default()];
        let group = notes
            .into_iter()
            .filter(|note| !note.is_empty())
            .fold(group, |group, note| {
                group.element(Level::HELP.message(note))
            });
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }

    fn placed<'a>(&'a self, title: annotate_snippets::Title<'a>) -> Group<'a> {
        match &self.place {
            Place::Line {
                file,
                line,
                text,
                span,
                ..
            } => title.element(
                Snippet::source(text.as_str())
                    .line_start(*line)
                    .path(file.as_str())
                    .annotation(
                        AnnotationKind::Primary
                            .span(span.clone())
                            .label(self.label.as_str()),
                    ),
            ),
            Place::File(file) => title.element(Origin::path(file.as_str())),
            Place::Variable(name) => {
                title.element(Origin::path(format!("environment variable {name}")))
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// All problems with an empty line between them, and a last line that counts them.
pub fn render_all(problems: &[Problem], color: bool) -> String {
    let mut all = String::new();
    for problem in problems {
        let _ = writeln!(all, "{}\n", problem.render(color));
    }
    let count = |severity| problems.iter().filter(|p| p.severity == severity).count();
    let counts = [
        (count(Severity::Error), "error"),
        (count(Severity::Warning), "warning"),
    ];
    let words: Vec<_> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    all + &words.join(", ")
}

/// A word of so many characters may be a secret.
const SECRET_MIN: usize = 16;

/// A text from outside, fit for a terminal: secrets masked, control characters escaped.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in mask(text).chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// The place of some bytes of a text.
pub(super) fn place_of(file: &str, text: &str, span: &Range<usize>) -> Place {
    shown_at(file, text, span, without_secrets)
}

/// The place of a key that nobody knows: it may be a misspelt `token`, so its value is shown only where it can be none.
pub(super) fn place_of_unknown(file: &str, text: &str, span: &Range<usize>) -> Place {
    shown_at(file, text, span, |line| {
        let line = without_secrets(line);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let value = line.find('=').map_or(line.len(), |at| at + 1);
        let mut words = line[value..].split(|c| !is_part(c));
        if words.any(|word| word.len() >= SECRET_MIN) {
            format!("{} ***", &line[..value])
        } else {
            line
        }
    })
}

fn shown_at(file: &str, text: &str, span: &Range<usize>, hide: impl Fn(&str) -> String) -> Place {
    let start = floor(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let raw = text[line_start..line_end].trim_end_matches('\r');
    let end = floor(text, span.end).clamp(start, line_start + raw.len().max(start - line_start));
    let safe = hide(raw);
    let shown = safe.bytes().zip(raw.bytes());
    let shown = shown.take_while(|(one, other)| one == other).count();
    let span = if end - line_start <= shown {
        (start - line_start).min(raw.len())..(end - line_start).min(raw.len())
    } else {
        let indent = safe.len() - safe.trim_start().len();
        indent..safe.len()
    };
    Place::Line {
        file: printable(file),
        line: text[..start].matches('\n').count() + 1,
        column: safe[..span.start].chars().count() + 1,
        text: safe,
        span,
    }
}

/// The nearest character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A line of the file without the values of `token` and `uri`, whatever they look like.
fn without_secrets(line: &str) -> String {
    let cut = ["token", "uri"]
        .iter()
        .flat_map(|key| line.match_indices(key))
        .filter_map(|(at, key)| {
            let after = &line[at + key.len()..];
            let value = after.trim_start_matches(['"', '\'', ' ', '\t']);
            value.starts_with('=').then(|| line.len() - value.len() + 1)
        })
        .min();
    match cut {
        Some(at) if !line[at..].trim().is_empty() => format!("{} ***", &line[..at]),
        _ => mask(line).into_owned(),
    }
}
