//! The terminal's background: asked for once, its answer picked out of the keys.
//!
//! Terminals answer OSC 11 on the way that keys come (xterm, "Operating System Commands"), so whoever waits and reads
//! for it alone loses what is typed meanwhile. Here nobody waits: the answer is recognised whenever it comes, and every
//! key goes where it belongs, in its order.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The question: the background's colour.
pub const ASK: &str = "\u{1b}]11;?\u{7}";
/// How every answer begins, without the two bytes of its introducer.
const START: &str = "11;rgb";
/// No answer is longer, in characters.
const LONGEST: usize = 40;

/// Listens for the answer.
#[derive(Debug, Default)]
pub struct Ground {
    /// Whether the terminal was asked and has not answered yet.
    awaits: bool,
    /// What may be the beginning of an answer, as it came.
    held: Vec<Event>,
    /// The text of it.
    text: String,
    /// The last key was Esc by itself: the answer may have come in two pieces.
    after_esc: bool,
    /// What an answer said.
    light: Option<bool>,
}

impl Ground {
    /// The terminal was asked.
    pub const fn asked(&mut self) {
        self.awaits = true;
    }

    /// Takes what the terminal told; gives what of it is not part of an answer.
    pub fn hear(&mut self, told: Event) -> Vec<Event> {
        let Event::Key(key) = &told else {
            return vec![told];
        };
        if !self.awaits || key.kind == KeyEventKind::Release {
            return vec![told];
        }
        let key = *key;
        if self.held.is_empty() {
            let is_start = key.code == KeyCode::Char(']')
                && (key.modifiers.contains(KeyModifiers::ALT) || self.after_esc);
            self.after_esc = key.code == KeyCode::Esc;
            if is_start {
                self.held.push(told);
                return Vec::new();
            }
            return vec![told];
        }
        self.held.push(told);
        if is_end(key) {
            return self.end();
        }
        if let KeyCode::Char(letter) = key.code {
            self.text.push(letter);
            if fits(&self.text) {
                return Vec::new();
            }
        }
        self.let_go()
    }

    /// Gives what was held, once nothing has followed for long enough: then it was typed.
    pub fn let_go(&mut self) -> Vec<Event> {
        self.text.clear();
        std::mem::take(&mut self.held)
    }

    /// Whether the background is light, once, when an answer has come.
    pub const fn found(&mut self) -> Option<bool> {
        self.light.take()
    }

    /// An answer is whole, or what was held is none.
    fn end(&mut self) -> Vec<Event> {
        let Some(light) = is_light(&self.text) else {
            return self.let_go();
        };
        self.let_go();
        self.awaits = false;
        self.light = Some(light);
        Vec::new()
    }
}

/// Whether a key ends an answer: BEL, or ESC with a backslash.
fn is_end(key: KeyEvent) -> bool {
    let with = |modifier| key.modifiers.contains(modifier);
    key.code == KeyCode::Char('g') && with(KeyModifiers::CONTROL)
        || key.code == KeyCode::Char('\\') && with(KeyModifiers::ALT)
}

/// Whether a text may go on to be an answer.
fn fits(text: &str) -> bool {
    let rest = text.strip_prefix(START);
    let is_colour = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '/' | 'a');
    text.len() <= LONGEST
        && rest.map_or_else(
            || START.starts_with(text),
            |rest| rest.chars().all(is_colour),
        )
}

/// Whether `11;rgb:RRRR/GGGG/BBBB` is a light colour; each part has one to four digits.
fn is_light(text: &str) -> Option<bool> {
    let (_, colour) = text.strip_prefix(START)?.split_once(':')?;
    let mut parts = colour.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?;
        let value = u32::from_str_radix(part, 16).ok()?;
        Some(f64::from(value) / f64::from(most.checked_sub(1)?.max(1)))
    });
    let mut next = || parts.next().flatten();
    let (red, green, blue) = (next()?, next()?, next()?);
    // As the eye weighs them (ITU-R BT.709).
    Some(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(letter), modifiers))
    }

    fn plain(text: &str) -> Vec<Event> {
        text.chars()
            .map(|letter| key(letter, KeyModifiers::NONE))
            .collect()
    }

    fn answer(colour: &str, end: Event) -> Vec<Event> {
        let mut all = vec![key(']', KeyModifiers::ALT)];
        all.extend(plain(&format!("11;rgb:{colour}")));
        all.push(end);
        all
    }

    fn heard(ground: &mut Ground, told: Vec<Event>) -> Vec<Event> {
        let all = told.into_iter();
        all.flat_map(|one| ground.hear(one)).collect()
    }

    fn asked() -> Ground {
        let mut ground = Ground::default();
        ground.asked();
        ground
    }

    #[test]
    fn an_answer_is_taken_out_and_keys_around_it_stay_in_order() {
        let bell = || key('g', KeyModifiers::CONTROL);
        let backslash = || key('\\', KeyModifiers::ALT);
        for (colour, end, light) in [
            ("ffff/ffff/ffff", bell(), true),
            ("1e/1E/2e", backslash(), false),
            ("f/f/e", bell(), true),
        ] {
            let mut ground = asked();
            let mut told = plain("?j");
            told.extend(answer(colour, end));
            told.extend(plain("11;k"));
            let mut keys = plain("?j");
            keys.extend(plain("11;k"));
            assert_eq!(heard(&mut ground, told), keys, "{colour}");
            assert_eq!(ground.found(), Some(light), "{colour}");
            assert_eq!(ground.found(), None, "said once");
        }
    }

    #[test]
    fn what_only_begins_like_an_answer_is_given_back_whole() {
        let mut ground = asked();
        let mut typed = vec![key(']', KeyModifiers::ALT)];
        typed.extend(plain("11;x"));
        assert_eq!(heard(&mut ground, typed.clone()), typed);
        let lone = vec![key(']', KeyModifiers::ALT)];
        assert_eq!(heard(&mut ground, lone.clone()), Vec::new());
        assert_eq!(ground.let_go(), lone);
        let nonsense = answer("zz", key('g', KeyModifiers::CONTROL));
        assert_eq!(heard(&mut ground, nonsense.clone()), nonsense);
        let short = answer("ff", key('g', KeyModifiers::CONTROL));
        assert_eq!(heard(&mut ground, short.clone()), short);
        assert_eq!(ground.found(), None);
    }

    #[test]
    fn an_answer_in_two_pieces_is_one_too() {
        let mut ground = asked();
        let esc = Event::Key(KeyEvent::from(KeyCode::Esc));
        let mut told = vec![esc.clone()];
        told.extend(plain("]11;rgb:0000/0000/0000"));
        told.push(key('g', KeyModifiers::CONTROL));
        assert_eq!(heard(&mut ground, told), [esc]);
        assert_eq!(ground.found(), Some(false));
    }

    #[test]
    fn nothing_is_held_where_nobody_asked() {
        let mut ground = Ground::default();
        let told = answer("ffff/ffff/ffff", key('g', KeyModifiers::CONTROL));
        assert_eq!(heard(&mut ground, told.clone()), told);
    }
}
