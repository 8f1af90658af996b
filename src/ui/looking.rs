//! Whether somebody looks at the screen: then the engine looks more often at both services.

use super::app::Input;
use crate::core::Time;

/// A terminal that never tells its focus is looked at for so long after a key, in milliseconds.
const TOUCHED_MS: i64 = 5 * 60_000;

/// What is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Looking {
    /// The terminal has the focus, as far as it tells.
    pub has_focus: bool,
    /// The terminal tells when it gets and loses the focus.
    tells: bool,
    /// The last key, click or turn of the wheel.
    touched: Option<Time>,
    /// What the engine was told last.
    told: bool,
}

impl Looking {
    /// Whoever starts the screen looks at it; the engine is told so when it starts.
    pub const AT_START: Self = Self {
        has_focus: true,
        tells: false,
        touched: None,
        told: true,
    };

    /// Takes notice of an input.
    pub const fn heard(&mut self, input: &Input, now: Time) {
        match input {
            Input::Focus(on) => {
                self.has_focus = *on;
                self.tells = true;
            }
            Input::Key(_) | Input::Paste(_) | Input::Click(..) | Input::Scroll(..) => {
                self.touched = Some(now);
            }
            _ => {}
        }
    }

    /// What the engine does not know yet.
    pub fn news(&mut self, now: Time) -> Option<bool> {
        let touched = *self.touched.get_or_insert(now);
        let looks = self.has_focus && (self.tells || now.since(touched) < TOUCHED_MS);
        let is_news = looks != self.told;
        self.told = looks;
        is_news.then_some(looks)
    }
}
