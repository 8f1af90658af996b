//! The real binary in a pseudo terminal, its screen read as a terminal would show it.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long something may take to show up, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program in a terminal of its own.
pub struct Tty {
    screen: Arc<Mutex<vt100::Parser>>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Arc<Mutex<Option<Box<dyn Write + Send>>>>,
    child: Box<dyn Child + Send + Sync>,
    reader: Option<JoinHandle<()>>,
    closed: Arc<AtomicBool>,
}

impl Drop for Tty {
    fn drop(&mut self) {
        // A test that failed must leave nothing behind; one that went well has ended it already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        *self.keys.lock().unwrap() = None;
        self.master = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Starts a command in a terminal of this size, which says nothing of its colours.
pub fn start(command: &Command, size: (u16, u16)) -> Tty {
    start_on(command, size, None)
}

/// What a terminal says when asked for its background (OSC 11), as far as it knows that. A quick person has typed the
/// keys before it answers.
fn answer(typed: &str, ground: Option<&str>) -> String {
    let colour = ground.map_or_else(String::new, |ground| format!("\x1b]11;rgb:{ground}\x07"));
    format!("{typed}{colour}")
}

/// Starts a command in a terminal of this size; with a ground (`rrrr/gggg/bbbb`) it has all colours and says so.
pub fn start_on(command: &Command, size: (u16, u16), ground: Option<&str>) -> Tty {
    start_typing(command, size, ground, "")
}

/// As `start_on`; the keys are typed the moment that the program asks for the background, before its answer.
pub fn start_typing(
    command: &Command,
    (columns, rows): (u16, u16),
    ground: Option<&str>,
    typed: &str,
) -> Tty {
    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut builder = CommandBuilder::new(command.get_program());
    builder.env_clear();
    builder.args(command.get_args());
    // A command that names its terminal has it.
    builder.env("TERM", "xterm-256color");
    builder.env("LANG", "C.UTF-8");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            builder.env(name, value);
        }
    }
    if ground.is_some() {
        builder.env("COLORTERM", "truecolor");
    }
    let told = answer(typed, ground);
    if let Some(folder) = command.get_current_dir() {
        builder.cwd(folder);
    }
    let child = pair.slave.spawn_command(builder).unwrap();
    drop(pair.slave);
    let screen = Arc::new(Mutex::new(vt100::Parser::new(
        rows.try_into().unwrap(),
        columns.try_into().unwrap(),
        0,
    )));
    let mut output = pair.master.try_clone_reader().unwrap();
    let shown = Arc::clone(&screen);
    let closed = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&closed);
    let keys = Arc::new(Mutex::new(Some(pair.master.take_writer().unwrap())));
    let answers = Arc::clone(&keys);
    let reader = std::thread::spawn(move || {
        let mut bytes = [0; 8_192];
        while let Ok(count) = output.read(&mut bytes) {
            if count == 0 || end.load(Ordering::Relaxed) {
                return;
            }
            shown.lock().unwrap().process(&bytes[..count]);
            let asked = bytes[..count].windows(5).any(|five| five == b"\x1b]11;");
            if let Some(keys) = answers.lock().unwrap().as_mut().filter(|_| asked) {
                // The program may have ended meanwhile.
                let _ = keys.write_all(told.as_bytes()).and_then(|()| keys.flush());
            }
        }
    });
    Tty {
        screen,
        master: Some(pair.master),
        keys,
        child,
        reader: Some(reader),
        closed,
    }
}

impl Tty {
    /// Looks at the screen's cells.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.screen.lock().unwrap().screen())
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Presses keys, as the terminal would send them.
    pub fn press(&mut self, keys: &str) {
        let mut writer = self.keys.lock().unwrap();
        let writer = writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until something holds of the screen.
    pub fn until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while !holds(&self.text()) {
            assert!(
                start.elapsed() < PATIENCE,
                "waited for {what}:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a text is on the screen.
    pub fn see(&self, text: &str) {
        self.until(text, |screen| screen.contains(text));
    }

    /// Waits until the program has ended; its exit code.
    pub fn ends(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it runs on:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Closes the terminal, as a window that is closed.
    pub fn hang_up(&mut self) {
        *self.keys.lock().unwrap() = None;
        self.master = None;
        // The reader lets go of it as soon as the program draws once more, within a second.
        self.closed.store(true, Ordering::Relaxed);
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Says that the terminal is as it was before: cursor, screen, mouse and paste are the shell's again.
    pub fn assert_whole(&self) {
        // What was written last may still be on its way through the terminal.
        let is_whole = || {
            let parser = self.screen.lock().unwrap();
            let screen = parser.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        };
        let start = Instant::now();
        while !is_whole() {
            assert!(start.elapsed() < PATIENCE, "not whole:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Waits until something holds in the world.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
