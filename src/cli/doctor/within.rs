//! The same look from within the dashboard: on a thread of its own, at the configuration in force.

use std::cell::OnceCell;

use tokio::sync::oneshot::Sender;

use super::{Check, Level, here, services};
use crate::cli::args::Args;
use crate::cli::wire::Setup;
use crate::logging::mask;
use crate::shown::Shown;
use crate::ui::screens::doctor::{Finding, Verdict};

/// What the dashboard calls for a look; each tells what it found once.
pub fn within(setup: &Setup, args: &Args) -> Box<dyn FnMut(Sender<Vec<Finding>>)> {
    let setup = to_read(setup);
    let args = of_terminal(args);
    Box::new(move |tell| {
        // Asked on this thread: where the terminal is.
        let terminal = here::terminal(&args, setup.config.screen.ascii);
        let (setup, only_looks) = (to_read(&setup), args.read_only);
        let look = move || {
            let mut checks = look(&setup, only_looks);
            checks.push(terminal);
            // The screen may be gone.
            let _ = tell.send(checks.iter().map(finding).collect());
        };
        let thread = std::thread::Builder::new().name("doctor".to_owned());
        // Where there is no thread to be had, the teller is gone, which is told.
        let _ = thread.spawn(look);
    })
}

/// The same set-up for one who writes nothing.
fn to_read(setup: &Setup) -> Setup {
    Setup {
        config: setup.config.clone(),
        env: setup.env.clone(),
        paths: setup.paths.clone(),
        masker: OnceCell::new(),
        read_only: true,
    }
}

/// The words on the command line that say how the screen is drawn.
const fn of_terminal(args: &Args) -> Args {
    Args {
        config: None,
        verbose: 0,
        color: args.color,
        read_only: args.read_only,
        ascii: args.ascii,
        plain: args.plain,
        layout: args.layout,
        log_level: None,
        command: None,
    }
}

fn look(setup: &Setup, only_looks: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    here::in_force(setup, &mut checks);
    checks.push(here::folders(&setup.paths));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let text = format!("store and services cannot be looked at: {error}");
            checks.push(Check::fail("services", text, "close other programs"));
            return checks;
        }
    };
    let store = runtime.block_on(here::store(setup, only_looks, &mut checks));
    checks.extend(here::instance(setup));
    checks.extend(runtime.block_on(services(setup, store.as_ref())));
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    checks
}

fn finding(check: &Check) -> Finding {
    let clean = |text: &str| Shown::line(&mask(text)).to_string();
    Finding {
        verdict: match check.level {
            Level::Ok => Verdict::Ok,
            Level::Warn => Verdict::Warn,
            Level::Fail(_) => Verdict::Fail,
        },
        name: check.name.to_owned(),
        text: clean(&check.text),
        help: clean(&check.help),
    }
}
