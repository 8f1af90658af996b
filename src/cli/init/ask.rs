//! Questions in a terminal. Where there is none nothing is asked: the missing answer is an error that names its flag.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::bail;
use secrecy::SecretString;

/// Asks, or says which flag answers.
pub struct Asker {
    is_terminal: bool,
    /// Every question of yes or no is answered with yes.
    yes: bool,
}

impl Asker {
    /// Asks where stdin is a terminal.
    pub fn new(yes: bool) -> Self {
        Self {
            is_terminal: std::io::stdin().is_terminal(),
            yes,
        }
    }

    /// Whether anybody can be asked.
    pub const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Asks for a line, without blanks around it.
    ///
    /// # Errors
    /// When there is no terminal, naming `flag`, and when the input ends.
    pub fn line(&self, question: &str, flag: &str) -> anyhow::Result<String> {
        self.require(question, flag)?;
        prompt(&format!("{question} "));
        let mut text = String::new();
        if std::io::stdin().lock().read_line(&mut text)? == 0 {
            say!();
            bail!("the input ended before the answer; nothing was written");
        }
        Ok(text.trim().to_owned())
    }

    /// Asks for yes or no; an empty answer is no.
    ///
    /// # Errors
    /// As [`Asker::line`].
    pub fn agree(&self, question: &str, flag: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        loop {
            let answer = self
                .line(&format!("{question} [y/N]"), flag)?
                .to_lowercase();
            match answer.as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => say!("Please answer y or n."),
            }
        }
    }

    /// Asks for a secret, which is not shown while it is typed.
    ///
    /// # Errors
    /// When there is no terminal, when the input ends, and on Ctrl-C.
    pub fn secret(&self, question: &str, instead: &str) -> anyhow::Result<SecretString> {
        self.require(question, instead)?;
        prompt(&format!("{question} "));
        let text = hidden::read()?;
        say!();
        Ok(SecretString::from(text.trim()))
    }

    fn require(&self, question: &str, flag: &str) -> anyhow::Result<()> {
        if self.is_terminal {
            return Ok(());
        }
        let question = question.trim_end_matches([':', '?']);
        bail!("stdin is no terminal, so nobody can be asked \"{question}\"; answer it with {flag}")
    }
}

/// Writes a question and stays on its line.
fn prompt(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // Nobody is left to be asked.
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

#[cfg(unix)]
mod hidden {
    use std::io::{self, Read};

    use anyhow::bail;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };

    /// No token is longer.
    const MOST: usize = 4_096;
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;

    /// Puts the terminal back as it was, whatever happens.
    struct Restore(Termios);

    impl Drop for Restore {
        fn drop(&mut self) {
            // The terminal may be gone.
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        }
    }

    /// Reads a line byte by byte without showing it, so that Ctrl-C cannot leave the terminal mute.
    pub(super) fn read() -> anyhow::Result<String> {
        let before = tcgetattr(io::stdin())?;
        let mut mute = before.clone();
        mute.local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        mute.special_codes[SpecialCodeIndex::VMIN] = 1;
        mute.special_codes[SpecialCodeIndex::VTIME] = 0;
        let restore = Restore(before);
        tcsetattr(io::stdin(), OptionalActions::Now, &mute)?;
        let line = line(io::stdin().lock().bytes());
        drop(restore);
        line
    }

    pub(super) fn line(bytes: impl Iterator<Item = io::Result<u8>>) -> anyhow::Result<String> {
        let mut text = Vec::new();
        for byte in bytes {
            match byte? {
                b'\n' | b'\r' => return Ok(String::from_utf8_lossy(&text).into_owned()),
                CTRL_C => bail!("interrupted; nothing was written"),
                CTRL_D if text.is_empty() => break,
                8 | 127 => drop(text.pop()),
                byte if text.len() < MOST => text.push(byte),
                _ => bail!("that is too long for a token; nothing was written"),
            }
        }
        bail!("the input ended before the answer; nothing was written")
    }
}

#[cfg(not(unix))]
mod hidden {
    /// Not possible on this system without showing it.
    pub(super) fn read() -> anyhow::Result<String> {
        anyhow::bail!(
            "a token cannot be typed unseen on this system; set the environment variable instead"
        )
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::hidden::line;

    fn typed(keys: &str) -> anyhow::Result<String> {
        line(keys.bytes().map(Ok))
    }

    #[test]
    fn a_hidden_line_knows_backspace_and_its_end() {
        assert_eq!(typed("ghp_ax\u{7f}b\r").unwrap(), "ghp_ab");
        assert_eq!(typed("\u{7f}a\n").unwrap(), "a");
        assert!(
            typed("ghp\u{3}")
                .unwrap_err()
                .to_string()
                .contains("interrupted")
        );
        assert!(typed("\u{4}").is_err());
        assert!(typed("ghp").is_err(), "the input ended");
        assert!(typed(&"a".repeat(5_000)).is_err());
    }
}
