//! What the loop does in the world: asks the engine, opens browser and editor, waits for signals.

use std::io;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;

use tokio::sync::{broadcast, oneshot, watch};

use super::app::{Answer, Effect, Input, Request};
use super::text::{counted, either};
use super::theme::Meaning;
use super::{Loop, Woke};
use crate::engine::face::{Holding, Reply};
use crate::engine::{Command, Event, Handle, Snapshot};

/// The next snapshot; none when the engine is gone. Never ready while there is no engine.
pub(super) async fn changed(
    snapshots: &mut Option<watch::Receiver<Arc<Snapshot>>>,
) -> Option<Arc<Snapshot>> {
    match snapshots {
        None => std::future::pending().await,
        Some(receiver) => {
            receiver.changed().await.ok()?;
            Some(receiver.borrow_and_update().clone())
        }
    }
}

/// The next event. Never ready while there is no engine.
pub(super) async fn event(events: &mut Option<broadcast::Receiver<Event>>) -> Woke {
    let Some(receiver) = events else {
        return std::future::pending().await;
    };
    match receiver.recv().await {
        Ok(event) => Woke::Event(event),
        Err(broadcast::error::RecvError::Lagged(count)) => Woke::Missed(count),
        // The snapshots say that the engine is gone.
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}

impl Loop {
    /// Does what an effect says.
    pub(super) fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask(request) => self.ask(request),
            Effect::Browse(url) => {
                browse(&url).unwrap_or_else(|why| self.app.say(why, Meaning::Error));
            }
            Effect::Copy(text) => self.term.copy(&text)?,
            Effect::Edit(conflict, text) => {
                let edited = self.term.away(self.app.prefs.mouse, || edit(&text))?;
                match edited {
                    Ok(text) => {
                        self.app.update(Input::Edited(conflict, text));
                    }
                    Err(why) => self.app.say(why, Meaning::Error),
                }
            }
            Effect::Defer(conflict, until) => self.app.data.defer(conflict, until),
            Effect::Save(name, text) => match std::fs::write(&name, text) {
                Ok(()) => self.app.say(format!("written to {name}"), Meaning::Ok),
                Err(error) => self
                    .app
                    .say(format!("cannot write {name}: {error}"), Meaning::Error),
            },
            Effect::Attention(text) => self.term.call(self.session.call, &text)?,
            Effect::Doctor => self.look_at_everything(),
            Effect::Redraw => self.term.forget(),
            Effect::Mouse(on) => self.term.mouse(on)?,
            Effect::Suspend | Effect::Quit | Effect::QuitNow => {}
        }
        self.app.dirty = true;
        Ok(())
    }

    /// Has everything looked at that a sync needs; the findings come by themselves.
    fn look_at_everything(&mut self) {
        let (tell, told) = oneshot::channel();
        (self.session.doctor)(tell);
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let found = told.await.map_err(|_gone| {
                "nothing could be looked at; `pulse-sync doctor` says why".to_owned()
            });
            // The screen may be gone.
            let _ = answers.send(Answer::Doctor(found)).await;
        });
    }

    /// Asks the engine; the answer comes by itself.
    pub(super) fn ask(&mut self, request: Request) {
        let Some(handle) = self.handle.clone() else {
            // An engine that is still starting is asked as soon as it listens.
            self.early.push(request);
            return;
        };
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let answer = answer(handle, request).await;
            // The screen may be gone.
            let _ = answers.send(answer).await;
        });
    }
}

async fn call<T>(handle: &Handle, make: impl FnOnce(Reply<T>) -> Command) -> Result<T, String> {
    let (reply, answer) = oneshot::channel();
    handle.send(make(reply)).await?;
    answer
        .await
        .map_err(|_gone| "the engine has ended".to_owned())?
}

async fn answer(handle: Handle, request: Request) -> Answer {
    let handle = &handle;
    match request {
        Request::UndoPlan(record) => {
            let id = record.clone();
            Answer::UndoPlan(
                id,
                call(handle, |reply| Command::UndoPlan(record, reply)).await,
            )
        }
        Request::History(query) => {
            let asked = query.clone();
            Answer::History(
                query,
                call(handle, |reply| Command::History(asked, reply)).await,
            )
        }
        Request::Held(halt) => {
            let id = halt.clone();
            Answer::Held(id, call(handle, |reply| Command::Held(halt, reply)).await)
        }
        Request::Item(pair) => {
            let id = pair.clone();
            Answer::Item(id, call(handle, |reply| Command::Item(pair, reply)).await)
        }
        request => {
            let asked = request.clone();
            Answer::Done(asked, done(handle, request).await)
        }
    }
}

/// How many items are tried again.
fn tried(count: usize) -> String {
    match count {
        0 => "nothing of it waits to be tried again".to_owned(),
        count => format!("{count} tried again now"),
    }
}

/// Lets the engine do something; says what was done.
async fn done(handle: &Handle, request: Request) -> Result<String, String> {
    Ok(match request {
        Request::Sync(link, ask) => {
            let is_dry = ask.dry;
            call(handle, |reply| Command::Sync { link, ask, reply }).await?;
            if is_dry {
                String::new()
            } else {
                "sync asked for".to_owned()
            }
        }
        Request::Pause(on) => {
            call(handle, |reply| Command::Pause(on, reply)).await?;
            paused(on).to_owned()
        }
        Request::Choose(conflict, pick) => {
            let held = call(handle, |reply| Command::Choose {
                conflict,
                pick,
                reply,
            })
            .await?;
            let text = match held {
                Some(_) => {
                    "the choice is kept; you hold this item, so it waits until you release it"
                }
                None => "the choice is kept; it is written once both sides were read again",
            };
            text.to_owned()
        }
        Request::AnswerHalt(halt, apply) => {
            let count = call(handle, |reply| Command::AnswerHalt { halt, apply, reply }).await?;
            answered(count, apply)
        }
        Request::Retry(pair) => {
            let count = call(handle, |reply| Command::Retry(pair, reply)).await?;
            tried(count)
        }
        Request::Hold(pairs) => {
            let done = call(handle, |reply| Command::Hold(pairs, reply)).await?;
            held(done)
        }
        Request::Undo(record) => {
            let backs = call(handle, |reply| Command::Undo(record, reply)).await?;
            let count = backs.iter().filter(|back| back.refused.is_none()).count();
            format!(
                "{} {} back",
                counted(count, "value"),
                either(count, "goes", "go")
            )
        }
        Request::Focus(on) => {
            handle.send(Command::Focus(on)).await?;
            String::new()
        }
        Request::UndoPlan(_) | Request::History(_) | Request::Item(_) | Request::Held(_) => {
            String::new()
        }
    })
}

/// What became of pausing or resuming, in words.
const fn paused(on: bool) -> &'static str {
    if on {
        "writing is paused; reading goes on"
    } else {
        "resumed"
    }
}

/// What became of an answer to the guard, in words.
fn answered(count: usize, apply: bool) -> String {
    if apply {
        format!("{} let through", counted(count, "item"))
    } else {
        format!(
            "{} kept; what was changed is put back",
            counted(count, "item")
        )
    }
}

/// What became of holding or releasing, in words.
fn held(done: Holding) -> String {
    match (done.on, done.items) {
        (true, 1) => "held: nothing of it is written until you release it".to_owned(),
        (true, items) => {
            format!("{items} items held: nothing of them is written until you release them")
        }
        (false, 1) => "released".to_owned(),
        (false, items) => format!("{items} items released"),
    }
}

/// Opens an address in the user's browser. Only web addresses: the text came from a service.
fn browse(url: &str) -> Result<(), String> {
    let is_plain = url
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`' | '\\'));
    if !is_plain || !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err(format!("{url} is no web address"));
    }
    let (program, first): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    Process::new(program)
        .args(first)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(|_child| ())
        .map_err(|error| {
            format!("cannot open a browser ({program}: {error}); y y copies the address")
        })
}

/// Lets the user edit a text; none when it was left as it was.
fn edit(text: &str) -> Result<Option<String>, String> {
    let wish = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    let editor = wish("VISUAL").or_else(|| wish("EDITOR"));
    let Some(editor) = editor else {
        return Err("set $EDITOR to the editor that should be opened".to_owned());
    };
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default().to_owned();
    let fail = |error: io::Error| format!("cannot edit with {program}: {error}");
    let path = std::env::temp_dir().join(format!("pulse-sync-edit-{}.md", std::process::id()));
    write_private(&path, text).map_err(fail)?;
    let status = Process::new(&program).args(words).arg(&path).status();
    let after = std::fs::read_to_string(&path);
    // It holds the user's text; what is left of it does no harm but is nobody's business.
    let _ = std::fs::remove_file(&path);
    let status = status.map_err(fail)?;
    if !status.success() {
        return Err(format!(
            "{program} ended with {status}; nothing was taken over"
        ));
    }
    let after = after.map_err(fail)?;
    Ok((after != text).then_some(after))
}

fn write_private(path: &std::path::Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

/// Stops this process, until the shell continues it.
#[cfg(unix)]
pub(super) fn stop() {
    let own = rustix::process::getpid();
    // A shell that does not do jobs leaves the process running; then nothing happens.
    let _ = rustix::process::kill_process(own, rustix::process::Signal::STOP);
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn stop() {}

/// The signals that end or stop the program.
#[cfg(unix)]
pub(super) struct Signals {
    streams: [(i32, tokio::signal::unix::Signal); 5],
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind as Kind, signal};
        let tstp = Kind::from_raw(rustix::process::Signal::TSTP.as_raw());
        Ok(Self {
            streams: [
                (15, signal(Kind::terminate())?),
                (1, signal(Kind::hangup())?),
                (3, signal(Kind::quit())?),
                (2, signal(Kind::interrupt())?),
                (0, signal(tstp)?),
            ],
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Woke {
        let all = self.streams.iter_mut().map(|(number, stream)| {
            let number = *number;
            Box::pin(async move {
                stream.recv().await;
                number
            })
        });
        match futures_util::future::select_all(all).await.0 {
            0 => Woke::Stop,
            number => Woke::Signal(number),
        }
    }
}

/// The signals that end the program.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Woke {
        // An error here means that there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Woke::Signal(2)
    }
}
