//! The terminal: taken when the screen begins, given back whole whatever happens.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::shown::Shown;

/// Whether the terminal is ours now, so that it is given back exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Bytes of a copied text at most; terminals refuse more.
const COPY_BYTES: usize = 74_994;

/// The terminal, taken. Given back when dropped.
pub struct Term {
    out: CrosstermBackend<BufWriter<Stdout>>,
    /// What is on the screen; none when that is not known.
    last: Option<Buffer>,
    title: String,
}

impl Term {
    /// Takes the terminal.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enter(mouse)?;
        let out = BufWriter::with_capacity(64 * 1024, io::stdout());
        Ok(Self {
            out: CrosstermBackend::new(out),
            last: None,
            title: String::new(),
        })
    }

    /// The terminal's size.
    pub fn size(&self) -> io::Result<Rect> {
        let size = self.out.size()?;
        Ok(Rect::new(0, 0, size.width, size.height))
    }

    /// Puts a picture on the screen, in one piece; nothing is sent where nothing changed.
    pub fn show(&mut self, picture: Buffer) -> io::Result<()> {
        if self.last.as_ref() == Some(&picture) {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        let before = match self.last.take() {
            Some(last) if last.area == picture.area => last,
            _ => {
                queue!(self.out, Clear(ClearType::All))?;
                Buffer::empty(picture.area)
            }
        };
        self.out.draw(before.diff(&picture).into_iter())?;
        execute!(self.out, EndSynchronizedUpdate)?;
        self.last = Some(picture);
        Ok(())
    }

    /// Forgets what is on the screen, so that the next picture is drawn whole.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Names the terminal's tab.
    pub fn title(&mut self, title: &str) -> io::Result<()> {
        let title = Shown::line(title).to_string();
        if self.title != title {
            execute!(self.out, SetTitle(&title))?;
            self.title = title;
        }
        Ok(())
    }

    /// Puts a text into the clipboard of the user's terminal, also over SSH (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut clean = Shown::copied(text).to_string();
        while clean.len() > COPY_BYTES {
            clean.pop();
        }
        execute!(self.out, CopyToClipboard::to_clipboard_from(clean))
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        if on {
            execute!(self.out, EnableMouseCapture)
        } else {
            execute!(self.out, DisableMouseCapture)
        }
    }

    /// Sends a sequence as it is.
    pub fn say(&mut self, sequence: &str) -> io::Result<()> {
        execute!(self.out, Print(sequence))
    }

    /// Calls for attention: `bell`, or a desktop note by the terminal (OSC 9 or 777).
    pub fn call(&mut self, how: Call, text: &str) -> io::Result<()> {
        let text = Shown::line(text).to_string().replace(';', ",");
        let out = &mut self.out;
        match how {
            Call::Off => Ok(()),
            Call::Bell => execute!(out, Print("\u{7}")),
            Call::Osc9 => execute!(out, Print(format!("\u{1b}]9;pulse-sync: {text}\u{7}"))),
            Call::Osc777 => execute!(
                out,
                Print(format!("\u{1b}]777;notify;pulse-sync;{text}\u{7}"))
            ),
        }
    }

    /// Gives the terminal back for a while, then takes it again.
    pub fn away<T>(&mut self, mouse: bool, what: impl FnOnce() -> T) -> io::Result<T> {
        io::Write::flush(&mut self.out)?;
        leave();
        let done = what();
        enter(mouse)?;
        self.title.clear();
        self.forget();
        Ok(done)
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        leave();
    }
}

/// How a person is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Call {
    /// Not at all.
    #[default]
    Off,
    /// The terminal's bell.
    Bell,
    /// A desktop note, as iTerm2 and others understand it.
    Osc9,
    /// A desktop note, as urxvt and others understand it.
    Osc777,
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    // The title is pushed first and popped last.
    queue!(
        out,
        Print("\u{1b}[22;2t"),
        EnterAlternateScreen,
        cursor::Hide,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back, in the reverse order. Safe to call at any time and any number of times.
pub fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // A terminal that is gone cannot be told anything.
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen,
        Print("\u{1b}[23;2t")
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Gives the terminal back before a panic is reported, and says where the details are: the backtrace is in the log only,
/// whatever `RUST_BACKTRACE` says.
pub fn restore_on_panic(log_folder: String) {
    std::panic::set_hook(Box::new(move |info| {
        let trace = std::backtrace::Backtrace::force_capture();
        tracing::error!("panic: {info}\n{trace}");
        leave();
        let text = format!(
            "pulse-sync hit a fault of its own and stopped. Nothing is lost: what was under way is looked up at the \
             next start. The details are in the log in {}; please report them.",
            Shown::line(&log_folder)
        );
        let _ = writeln!(io::stderr(), "{text}");
    }));
}
