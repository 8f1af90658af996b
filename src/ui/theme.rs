//! Colours by meaning, through one gate; and the glyphs a terminal can show.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means. Never a colour: themes decide that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Plain text.
    Text,
    /// Less important text.
    Dim,
    /// A pane's title.
    Title,
    /// The border and title of the pane that has the keys.
    Focus,
    /// The marked row.
    Select,
    /// Went well.
    Ok,
    /// Needs attention soon.
    Warn,
    /// Went wrong, or needs a person.
    Error,
    /// For information.
    Info,
    /// GitHub's side. Always left.
    Github,
    /// Notion's side. Always right.
    Notion,
    /// The last agreement.
    Base,
    /// Added words.
    Add,
    /// Removed words.
    Remove,
    /// A key that can be pressed.
    Key,
    /// The full part of a bar.
    Bar,
    /// The empty part of a bar.
    BarEmpty,
}

/// How many colours the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: only bold, reverse, underline.
    None,
    /// The eight of the user's own palette.
    C8,
    /// The sixteen of the user's own palette.
    C16,
    /// The 256 of xterm.
    C256,
    /// 24 bits.
    True,
}

/// Terminals of eight colours, as terminfo knows them.
const EIGHT: &[&str] = &["ansi", "cygwin", "linux", "vt100", "vt220"];

impl Depth {
    /// Reads the depth from the environment: `NO_COLOR` (non-empty) means none unless colours are asked for, then
    /// `COLORTERM` and `TERM` decide, as terminals have agreed on.
    pub fn of_environment(get: impl Fn(&str) -> Option<String>, wanted: Wanted) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        if wanted == Wanted::Never || (wanted == Wanted::Auto && set("NO_COLOR").is_some()) {
            return Self::None;
        }
        let colour = set("COLORTERM").unwrap_or_default();
        let term = set("TERM").unwrap_or_default();
        match () {
            () if colour == "truecolor" || colour == "24bit" => Self::True,
            () if term.ends_with("-direct") => Self::True,
            () if term.contains("256") => Self::C256,
            () if term == "dumb" || term.is_empty() => match wanted {
                Wanted::Always => Self::C16,
                _ => Self::None,
            },
            () if term.ends_with("-16color") => Self::C16,
            () if EIGHT.contains(&term.as_str()) => Self::C8,
            () => Self::C16,
        }
    }
}

/// Whether colours are wanted: the `--color` flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// As the environment says.
    #[default]
    Auto,
    /// Even with `NO_COLOR`.
    Always,
    /// Not at all.
    Never,
}

/// The built-in themes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// The user's own sixteen colours: right on any background, used when it is unknown.
    Ansi,
    /// No colour.
    Mono,
}

/// A palette at a depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    palette: Palette,
    depth: Depth,
}

/// A colour as it was meant, before the depth of the terminal is known.
#[derive(Clone, Copy)]
enum Hue {
    /// The terminal's own foreground.
    Own,
    /// 24 bits.
    Rgb(u8, u8, u8),
    /// One of the sixteen.
    Ansi(u8),
}

impl Theme {
    /// The theme for a terminal. `light` is its background, where it could be found out.
    pub const fn pick(depth: Depth, light: Option<bool>) -> Self {
        let palette = match (depth, light) {
            (Depth::None, _) => Palette::Mono,
            (Depth::True | Depth::C256, Some(true)) => Palette::Light,
            (Depth::True | Depth::C256, Some(false)) => Palette::Dark,
            _ => Palette::Ansi,
        };
        Self { palette, depth }
    }

    /// A chosen palette; colours are still only what the terminal can show.
    pub const fn of(palette: Palette, depth: Depth) -> Self {
        Self { palette, depth }
    }

    /// The style of a meaning.
    pub fn style(self, meaning: Meaning) -> Style {
        if meaning == Meaning::Select {
            if let Some(ground) = self.ground() {
                return Style::new().bg(ground).add_modifier(Modifier::BOLD);
            }
            // One reversed stripe, whatever its parts mean; they have signs and words, too.
            return Style::new()
                .fg(Color::Reset)
                .bg(Color::Reset)
                .add_modifier(Modifier::REVERSED)
                .remove_modifier(Modifier::DIM);
        }
        let style = Style::new().add_modifier(modifiers(meaning));
        let hue = match self.palette {
            Palette::Mono => Hue::Own,
            Palette::Ansi => ansi(meaning),
            Palette::Dark => dark(meaning),
            Palette::Light => light(meaning),
        };
        match self.colour(hue) {
            Some(colour) => style.fg(colour),
            // Without a grey, what is less important is dimmed instead.
            None if is_quiet(meaning) => style.add_modifier(Modifier::DIM),
            None => style,
        }
    }

    /// The ground of the marked row, where there are tones enough for one that keeps every colour on it readable.
    fn ground(self) -> Option<Color> {
        if self.depth < Depth::C256 {
            return None;
        }
        match self.palette {
            Palette::Dark => self.colour(Hue::Rgb(0x2c, 0x35, 0x45)),
            Palette::Light => self.colour(Hue::Rgb(0xd8, 0xe4, 0xf4)),
            Palette::Ansi | Palette::Mono => None,
        }
    }

    /// The one gate from a meant colour to what the terminal can show.
    fn colour(self, hue: Hue) -> Option<Color> {
        match (hue, self.depth) {
            (Hue::Own, _) | (_, Depth::None) => None,
            (Hue::Rgb(r, g, b), Depth::True) => Some(Color::Rgb(r, g, b)),
            (Hue::Rgb(r, g, b), Depth::C256) => Some(Color::Indexed(to_256(r, g, b))),
            (Hue::Rgb(r, g, b), Depth::C16) => Some(Color::Indexed(to_16(r, g, b))),
            (Hue::Rgb(r, g, b), Depth::C8) => to_8(to_16(r, g, b)),
            (Hue::Ansi(index), Depth::C8) => to_8(index),
            (Hue::Ansi(index), _) => Some(Color::Indexed(index)),
        }
    }
}

const fn modifiers(meaning: Meaning) -> Modifier {
    match meaning {
        Meaning::Title | Meaning::Focus | Meaning::Error | Meaning::Key => Modifier::BOLD,
        Meaning::Select => Modifier::REVERSED,
        Meaning::Add => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

const fn is_quiet(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Dim | Meaning::BarEmpty | Meaning::Base)
}

const fn ansi(meaning: Meaning) -> Hue {
    match meaning {
        Meaning::Text | Meaning::Title | Meaning::Select => Hue::Own,
        // "Bright black" is a grey on both backgrounds.
        Meaning::Dim | Meaning::BarEmpty | Meaning::Base => Hue::Ansi(8),
        Meaning::Focus | Meaning::Info | Meaning::Github => Hue::Ansi(4),
        Meaning::Ok | Meaning::Add | Meaning::Bar => Hue::Ansi(2),
        Meaning::Warn => Hue::Ansi(3),
        Meaning::Error | Meaning::Remove => Hue::Ansi(1),
        Meaning::Notion => Hue::Ansi(5),
        Meaning::Key => Hue::Ansi(6),
    }
}

const fn dark(meaning: Meaning) -> Hue {
    match meaning {
        Meaning::Text | Meaning::Title | Meaning::Select => Hue::Own,
        Meaning::Dim | Meaning::Base => Hue::Rgb(0x8a, 0x91, 0x9e),
        Meaning::BarEmpty => Hue::Rgb(0x4b, 0x52, 0x5e),
        Meaning::Focus | Meaning::Info => Hue::Rgb(0x7a, 0xb7, 0xff),
        Meaning::Github => Hue::Rgb(0x8c, 0xc4, 0xff),
        Meaning::Notion => Hue::Rgb(0xe0, 0xa8, 0xf0),
        Meaning::Ok | Meaning::Add => Hue::Rgb(0x86, 0xcf, 0x8c),
        Meaning::Bar => Hue::Rgb(0x6f, 0xb3, 0xa8),
        Meaning::Warn => Hue::Rgb(0xe6, 0xc0, 0x6b),
        Meaning::Error | Meaning::Remove => Hue::Rgb(0xf2, 0x8b, 0x82),
        Meaning::Key => Hue::Rgb(0x9a, 0xd4, 0xe0),
    }
}

const fn light(meaning: Meaning) -> Hue {
    match meaning {
        Meaning::Text | Meaning::Title | Meaning::Select => Hue::Own,
        Meaning::Dim | Meaning::Base => Hue::Rgb(0x62, 0x68, 0x72),
        Meaning::BarEmpty => Hue::Rgb(0xb0, 0xb5, 0xbd),
        Meaning::Focus | Meaning::Info => Hue::Rgb(0x0b, 0x5c, 0xb8),
        Meaning::Github => Hue::Rgb(0x1f, 0x55, 0x9e),
        Meaning::Notion => Hue::Rgb(0x86, 0x2e, 0x9c),
        Meaning::Ok | Meaning::Add => Hue::Rgb(0x1b, 0x72, 0x30),
        Meaning::Bar => Hue::Rgb(0x1d, 0x7a, 0x6d),
        Meaning::Warn => Hue::Rgb(0x8a, 0x5b, 0x00),
        Meaning::Error | Meaning::Remove => Hue::Rgb(0xb3, 0x26, 0x1e),
        Meaning::Key => Hue::Rgb(0x0f, 0x6a, 0x7d),
    }
}

/// The nearest of xterm's 6×6×6 cube or its 24 greys.
fn to_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |v: u8| (0..6_u8).min_by_key(|i| STEPS[usize::from(*i)].abs_diff(v));
    let [r6, g6, b6] = [r, g, b].map(|v| nearest(v).unwrap_or(0));
    let cube = [r6, g6, b6].map(|i| STEPS[usize::from(i)]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    let grey = [8 + 10 * step; 3];
    let far = |a: [u8; 3]| -> u32 {
        let one = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
        one(a[0], r) + one(a[1], g) + one(a[2], b)
    };
    if far(grey) < far(cube) {
        232 + step
    } else {
        16 + 36 * r6 + 6 * g6 + b6
    }
}

/// The sixteen colours by hue and lightness; their exact tones are the user's.
fn to_16(r: u8, g: u8, b: u8) -> u8 {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most - least < 0x28 {
        return match most {
            0..=0x55 => 0,
            0x56..=0x9f => 8,
            0xa0..=0xdf => 7,
            _ => 15,
        };
    }
    let half = most / 2 + least / 2;
    let bit = |v: u8, bit: u8| if v > half { bit } else { 0 };
    bit(r, 1) | bit(g, 2) | bit(b, 4)
}

/// The eight colours of those sixteen. Black and its grey, and white, may be the ground: none of them is one to write in.
const fn to_8(index: u8) -> Option<Color> {
    match index & 7 {
        0 | 7 => None,
        index => Some(Color::Indexed(index)),
    }
}

/// The characters that a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// `…`
    pub cut: &'static str,
    /// The marked row.
    pub mark: &'static str,
    /// A write in flight.
    pub running: &'static str,
    /// Done.
    pub done: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Nothing to do, or for information.
    pub idle: &'static str,
    /// The engine runs.
    pub on: &'static str,
    /// The engine writes.
    pub half: &'static str,
    /// Between the two sides' names.
    pub both: &'static str,
    /// From left to right.
    pub right: &'static str,
    /// A separator in a line.
    pub dot: &'static str,
    /// A vertical rule.
    pub rule: &'static str,
    /// A horizontal rule.
    pub dash: &'static str,
    /// Full and empty part of a bar.
    pub bar: [&'static str; 2],
    /// A bar's threshold.
    pub limit: &'static str,
    /// Eight heights of a sparkline.
    pub spark: [&'static str; 8],
    /// Borders: top left, top, top right, side, bottom left, bottom right.
    pub border: [&'static str; 6],
    /// Borders of the pane that has the keys.
    pub heavy: [&'static str; 6],
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        cut: "…",
        mark: ">",
        running: "▶",
        done: "✓",
        failed: "✗",
        idle: "○",
        on: "●",
        half: "◐",
        both: "⇄",
        right: "→",
        dot: "·",
        rule: "│",
        dash: "─",
        bar: ["█", "░"],
        limit: "│",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        border: ["┌", "─", "┐", "│", "└", "┘"],
        heavy: ["┏", "━", "┓", "┃", "┗", "┛"],
    };

    /// For terminals that show only ASCII.
    pub const ASCII: Self = Self {
        cut: "~",
        mark: ">",
        running: ">",
        done: "+",
        failed: "x",
        idle: "o",
        on: "*",
        half: "%",
        both: "<>",
        right: "->",
        dot: ".",
        rule: "|",
        dash: "-",
        bar: ["#", "."],
        limit: "|",
        spark: ["_", "_", ".", ".", "-", "-", "=", "="],
        border: ["+", "-", "+", "|", "+", "+"],
        heavy: ["#", "=", "#", "#", "#", "#"],
    };
}

/// How things look: colours and glyphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Characters.
    pub glyphs: Glyphs,
}

impl Look {
    /// Without colours, with Unicode.
    pub const MONO: Self = Self {
        theme: Theme::of(Palette::Mono, Depth::None),
        glyphs: Glyphs::UNICODE,
    };
}
