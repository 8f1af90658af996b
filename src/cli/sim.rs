//! `sim`: serves the small services until stopped.

use std::fs::File;
use std::io::{BufReader, Write};
use std::time::Duration;

use anyhow::Context;

use super::args::SimOptions;
use super::exit::Exit;
use crate::sim::crowd::Crowd;
use crate::sim::small::{Options, Small};

/// How often somebody edits something.
const PEOPLE_EVERY: Duration = Duration::from_secs(2);

/// Serves, prints one line of JSON when ready, and ends on a signal.
pub fn serve(options: &SimOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let world = match &options.world {
            Some(path) => {
                Some(BufReader::new(File::open(path).with_context(|| {
                    format!("cannot read {}", path.display())
                })?))
            }
            None => None,
        };
        let ports = Options {
            github_port: options.github_port,
            notion_port: options.notion_port,
            no_limits: options.no_limits,
        };
        let small = Small::start(ports, world)
            .await
            .context("cannot serve the small services")?;
        say!("{}", small.address());
        std::io::stdout().flush()?;
        let people = async {
            match options.people {
                Some(seed) => edit(&small, seed).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = super::live::asked_to_stop() => {}
            () = people => {}
        }
        Ok(Exit::Done)
    })
}

async fn edit(small: &Small, seed: u64) {
    let mut crowd = Crowd::new(seed);
    loop {
        tokio::time::sleep(PEOPLE_EVERY).await;
        if let Some(what) = crowd.act(small) {
            eprintln!("{what}");
        }
    }
}
