//! `--plain`: the engine without a drawn screen; what happens is said line by line, and typed words are obeyed.

use std::io::BufRead;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::clock::now;
use crate::engine::{Ask, Command, Handle, Snapshot};
use crate::shown::Shown;
use crate::ui::data::{Data, Facts};
use crate::ui::plain::{Wish, hear, status};
use crate::ui::text::counted;

/// Typed lines, from a thread of their own: reading cannot be broken off. It ends with the program.
pub fn typed() -> std::io::Result<mpsc::Receiver<String>> {
    let (lines, typed) = mpsc::channel(16);
    std::thread::Builder::new()
        .name("typed".to_owned())
        .spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if lines.blocking_send(line).is_err() {
                    return;
                }
            }
        })?;
    Ok(typed)
}

/// Obeys typed lines until "quit", or until the engine has ended. No more input is no reason to end.
pub async fn listen(handle: &Handle, facts: Facts, mut typed: mpsc::Receiver<String>) {
    let snapshot = handle.snapshot();
    for line in status(&known(&facts, &snapshot)) {
        say!("{line}");
    }
    say!("Type \"help\" and Enter for the words.");
    while let Some(line) = typed.recv().await {
        let wish = hear(&known(&facts, &snapshot), &line);
        let is_over = matches!(wish, Wish::Quit);
        let refused = facts.read_only && !matches!(wish, Wish::Say(_) | Wish::Quit);
        let answer = if refused {
            Ok(vec![
                "Started with --read-only: nothing is done.".to_owned(),
            ])
        } else {
            grant(handle, wish).await
        };
        match answer {
            Ok(lines) => lines.iter().for_each(|line| say!("{line}")),
            Err(why) => say!("Not done: {}", Shown::line(&why)),
        }
        if is_over {
            return;
        }
    }
    std::future::pending::<()>().await;
}

fn known(facts: &Facts, snapshot: &watch::Receiver<Arc<Snapshot>>) -> Data {
    let mut data = Data::new(facts.clone(), now());
    data.take(snapshot.borrow().clone());
    data
}

async fn grant(handle: &Handle, wish: Wish) -> Result<Vec<String>, String> {
    let done = |text: &str| Ok(vec![text.to_owned()]);
    match wish {
        Wish::Say(lines) => Ok(lines),
        Wish::Quit => done("Ending: the write in flight is finished first."),
        Wish::Sync => {
            let ask = Ask::default();
            asked(handle, |reply| Command::Sync {
                link: None,
                ask,
                reply,
            })
            .await?;
            done("Syncing.")
        }
        Wish::Pause(on) => {
            asked(handle, |reply| Command::Pause(on, reply)).await?;
            done(if on {
                "Paused: nothing is written."
            } else {
                "Resumed."
            })
        }
        Wish::Retry => {
            let count = asked(handle, |reply| Command::Retry(None, reply)).await?;
            Ok(vec![format!("Trying {} again.", counted(count, "item"))])
        }
        Wish::Take(conflict, pick) => {
            asked(handle, |reply| Command::Choose {
                conflict,
                pick,
                reply,
            })
            .await?;
            done("Chosen; both sides are read again before it is written.")
        }
        Wish::Undo(record) => {
            let backs = asked(handle, |reply| Command::Undo(record, reply)).await?;
            Ok(vec![format!(
                "Putting {} back.",
                counted(backs.len(), "value")
            )])
        }
        Wish::Answer(halt, apply) => {
            let count = asked(handle, |reply| Command::AnswerHalt { halt, apply, reply }).await?;
            Ok(vec![format!("Answered for {}.", counted(count, "item"))])
        }
    }
}

/// Sends a command and waits for its answer.
async fn asked<T>(
    handle: &Handle,
    command: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Command,
) -> Result<T, String> {
    let (reply, answer) = oneshot::channel();
    handle.send(command(reply)).await?;
    answer
        .await
        .map_err(|_gone| "the engine has ended".to_owned())?
}
