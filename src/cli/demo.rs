//! `demo`: real syncs over HTTP between the small services, with people on both sides.

use std::io::{Empty, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use secrecy::SecretString;

use super::args::{Args, DemoOptions};
use super::exit::Exit;
use super::wire::{RealEngine, RealLink, Setup};
use crate::config::{Config, Environment, Link as LinkConfig, Service, StoreChoice, Window};
use crate::core::plan::ToPublic;
use crate::core::schedule::{Threshold, Timetable};
use crate::core::{Policy, Record, RecordKind};
use crate::engine::answers::Pick;
use crate::engine::{Ask, Event, Settings};
use crate::paths::Paths;
use crate::sim::crowd::Crowd;
use crate::sim::github::IssueEdit;
use crate::sim::notion::value::Value;
use crate::sim::small::{COLLEAGUE, Options, Small};
use crate::store::Store;
use crate::store::sqlite::Access;
use crate::ui::text::{counted, either};

/// How often the demo looks at both sides while its dashboard is open.
const LIVE_INTERVAL_MS: i64 = 3_000;
/// The same at any speed, at least.
const LEAST_INTERVAL_MS: i64 = 250;
/// Requests a minute that the dashboard's demo allows itself in Notion.
const NOTION_PER_MINUTE: u32 = 600;
/// The store of the first play in a folder.
const STORE: &str = "demo.db";
/// Passes until everything is in step, at most.
const PASSES: usize = 40;

/// Runs the demo: the dashboard with people at work, or without a screen a play in five acts that prints what happened
/// and never takes longer than a minute.
pub fn run(options: &DemoOptions, args: &Args) -> anyhow::Result<Exit> {
    if options.headless || !(args.plain || std::io::stdout().is_terminal()) {
        headless(options)
    } else {
        live(options, args)
    }
}

/// The dashboard against the small services, with people at work on both sides.
fn live(options: &DemoOptions, args: &Args) -> anyhow::Result<Exit> {
    // A file that is named says how the screen is wanted; services and links are the demo's own.
    let screen = match &args.config {
        Some(_) => Some(Setup::read(args)?.config.screen),
        None => None,
    };
    let folder = demo_folder(options);
    std::fs::create_dir_all(&folder)?;
    let is_fast = options.speed > 1;
    let done = services(is_fast).and_then(|(small, _thread)| {
        let small = Arc::new(small);
        let mut link = link(&small);
        if is_fast {
            link.conflict = Policy::Github;
        }
        let (mut setup, earlier) = setup(&small, &folder, link)?;
        setup.config.settings = Settings {
            // Many times as many people are not a mass change.
            guard_floor: 6 * options.speed as usize,
            retry_base: 3_000,
            wait_max: 1_000,
            ..settings()
        };
        setup.config.timetable = timetable(options.speed);
        // Enough for the play; the screen shows what is left of it.
        setup.config.notion_per_minute = if is_fast { 0 } else { NOTION_PER_MINUTE };
        setup.read_only = args.read_only;
        if let Some(screen) = screen {
            setup.config.screen = screen;
        }
        let (lines, log) = super::screen::log();
        let _log = setup.start_log(args, Some(lines.tap()))?;
        if let Some(said) = earlier {
            tracing::warn!("{said}");
        }
        let _people = super::people::begin(Arc::clone(&small), options.seed, options.speed)?;
        if args.plain {
            return super::screen::plain(&setup, args);
        }
        super::screen::show(setup, args, lines, log)
    });
    if options.state.is_none() {
        let _ = std::fs::remove_dir_all(&folder);
    }
    done
}

/// Runs close together, and hardly ever put off: the play goes on while a compiler works beside it.
fn timetable(speed: u32) -> Timetable {
    let interval = (LIVE_INTERVAL_MS / i64::from(speed)).max(LEAST_INTERVAL_MS);
    Timetable {
        memory: Threshold {
            enter: 0.95,
            leave: 0.90,
        },
        cpu: Threshold {
            enter: 1.0,
            leave: 0.99,
        },
        check_again: interval,
        longest: 1,
        jitter: 0,
        ..Timetable::every(interval)
    }
}

fn demo_folder(options: &DemoOptions) -> std::path::PathBuf {
    let own = || std::env::temp_dir().join(format!("pulse-sync-demo-{}", std::process::id()));
    options.state.clone().unwrap_or_else(own)
}

fn headless(options: &DemoOptions) -> anyhow::Result<Exit> {
    let folder = demo_folder(options);
    let done = services(true).and_then(|(small, _thread)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(play(&small, &folder, options.seed))
    });
    if options.state.is_none() {
        // The folder is ours alone; what is left of it does no harm.
        let _ = std::fs::remove_dir_all(&folder);
    }
    done.map(|()| Exit::Done)
}

/// Keeps the servers' runtime alive.
struct Thread {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    join: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(join) = self.join.take() {
            let _ = join.join();
        }
    }
}

/// Starts both services on a thread of their own, as real ones would be elsewhere.
fn services(no_limits: bool) -> anyhow::Result<(Small, Thread)> {
    let (ready, small) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let join = std::thread::Builder::new()
        .name("services".to_owned())
        .spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            else {
                return;
            };
            runtime.block_on(async {
                let options = Options {
                    no_limits,
                    ..Options::default()
                };
                // The other end waits for it.
                let _ = ready.send(Small::start(options, None::<Empty>).await);
                let _ = stopped.await;
            });
        })?;
    let small = small.recv().context("the small services did not start")??;
    Ok((
        small,
        Thread {
            stop: Some(stop),
            join: Some(join),
        },
    ))
}

/// Waiting times that suit a demo: everything else is as in earnest.
fn settings() -> Settings {
    Settings {
        settle: 0,
        debounce: 0,
        rest: 0,
        overlap: 120_000,
        list_lag: 0,
        observe_rest: 0,
        max_items: 50,
        ..Settings::default()
    }
}

fn link(small: &Small) -> LinkConfig {
    let mut link = LinkConfig::standard(
        "demo",
        vec![small.repository.clone()],
        small.database.to_string(),
    );
    link.commits_since = Window::All;
    link.closed_since = Window::All;
    link
}

/// A store that no play has used yet, and what to say where the folder holds an earlier one. The small services begin
/// anew with each play, so its store knows items that they never had.
fn fresh_store(folder: &Path) -> (PathBuf, Option<String>) {
    let first = folder.join(STORE);
    if !first.exists() {
        return (first, None);
    }
    let others = (2..).map(|play| folder.join(format!("demo-{play}.db")));
    let fresh = others.into_iter().find(|path| !path.exists());
    let fresh = fresh.unwrap_or(first);
    let said = format!(
        "{} holds an earlier play, which is left as it is: a play begins with new services, so this one keeps its \
         store in {}",
        folder.display(),
        fresh.file_name().unwrap_or_default().display()
    );
    (fresh, Some(said))
}

/// The set-up of a play, and what there is to say about an earlier one.
fn setup(
    small: &Small,
    folder: &Path,
    link: LinkConfig,
) -> anyhow::Result<(Setup, Option<String>)> {
    let (store, earlier) = fresh_store(folder);
    let mut config = Config::standard("demo");
    config.settings = settings();
    config.store = StoreChoice::Embedded(Some(store));
    let token = |text: &str| Some(SecretString::from(text));
    config.github = Service {
        token: token(small.github_token()),
        ..Service::at(&small.github.url)
    };
    config.notion = Service {
        token: token(&small.notion_token()),
        ..Service::at(&small.notion.url)
    };
    (config.github_limits, config.notion_per_minute) = (false, 0);
    // The repository of the demo is nobody's but its user's.
    config.links = vec![LinkConfig {
        public: ToPublic::Allow,
        ..link
    }];
    let env: Environment = [("PULSE_SYNC_STATE", folder.display().to_string())]
        .into_iter()
        .collect();
    let paths = Paths::find(&env)?;
    let setup = Setup {
        config,
        env,
        paths,
        masker: std::cell::OnceCell::new(),
        read_only: false,
    };
    Ok((setup, earlier))
}

/// One act after the other; each prints what it shows.
async fn play(small: &Small, folder: &Path, seed: u64) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    say!(
        "A small GitHub on {}, a small Notion on {}, a store in a file.",
        small.github.url,
        small.notion.url
    );
    let (setup, earlier) = setup(small, folder, link(small))?;
    if let Some(said) = earlier {
        say!("{said}");
    }
    let engine = setup.engine(setup.store(Access::Own)?, Box::new(narrate));
    let chosen: Vec<_> = setup.config.links.iter().collect();
    let (links, budgets) = setup.connect(&chosen, &engine.store).await?;
    let link = &links[0];

    say!("\n1. Everything of {} goes to Notion.", small.repository);
    settle(&engine, link).await?;

    say!("\n2. People edit on both sides.");
    let mut crowd = Crowd::new(seed);
    for _ in 0..12 {
        if let Some(what) = crowd.act(small) {
            say!("   {what}");
        }
    }
    settle(&engine, link).await?;

    say!("\n3. Both sides rename the same issue: a conflict, and a choice.");
    rename_both(
        small,
        1,
        "The wick smokes at dusk",
        "The wick smokes at dawn",
    )?;
    settle(&engine, link).await?;
    choose(&engine, link).await?;
    settle(&engine, link).await?;
    show_title(small, 1)?;

    budgets.save(&engine.store).await;
    by_policy(small, &engine, &setup).await?;

    say!("\n5. Nothing changed: nothing is written.");
    let report = engine.run(link, &Ask::default()).await;
    super::sync::print(&report);
    ensure!(
        report.writes.github + report.writes.notion == 0,
        "a quiet pass wrote something"
    );
    verify(&engine, small).await
}

/// The act with a policy: a link with another configuration goes on with the same pairs.
async fn by_policy(small: &Small, engine: &RealEngine, setup: &Setup) -> anyhow::Result<()> {
    say!(
        "\n4. The same again, decided by a policy (conflict = \"github\"). Notion's title is kept in the history."
    );
    rename_both(
        small,
        2,
        "The glass rattles (GitHub)",
        "The glass rattles (Notion)",
    )?;
    let mut strict = setup.config.links[0].clone();
    strict.conflict = Policy::Github;
    let strict = Setup {
        config: Config {
            links: vec![strict],
            ..setup.config.clone()
        },
        env: setup.env.clone(),
        paths: setup.paths.clone(),
        masker: std::cell::OnceCell::new(),
        read_only: false,
    };
    let chosen: Vec<_> = strict.config.links.iter().collect();
    let (by_policy, _) = strict.connect(&chosen, &engine.store).await?;
    settle(engine, &by_policy[0]).await?;
    show_title(small, 2)
}

fn narrate(event: Event) {
    if let Event::Recorded(record) = event
        && !matches!(record.kind, RecordKind::Intent | RecordKind::Run)
        && record.verb != "create"
    {
        say!("   {}", line(&record));
    }
}

fn line(record: &Record) -> String {
    let side = record.side.map_or("", crate::core::Side::name);
    let fields: Vec<String> = record
        .changes
        .iter()
        .map(|change| change.field.to_string())
        .collect();
    let text = format!(
        "-> {} {side} {} {} {}",
        record.verb,
        record.item,
        fields.join(", "),
        record.note
    );
    crate::shown::Shown::line(text.trim_end()).to_string()
}

/// Passes until one finds nothing to write.
async fn settle(engine: &RealEngine, link: &RealLink) -> anyhow::Result<()> {
    let (mut github, mut notion) = (0, 0);
    for _ in 0..PASSES {
        let report = engine
            .run(
                link,
                &Ask {
                    forced: true,
                    ..Ask::default()
                },
            )
            .await;
        github += report.writes.github;
        notion += report.writes.notion;
        let is_stopped = report
            .stopped
            .as_ref()
            .is_some_and(|stop| *stop != crate::engine::Stop::MaxItems);
        if is_stopped || !report.errors.is_empty() {
            super::sync::print(&report);
            bail!("the demo's services should never fail");
        }
        if report.writes.github + report.writes.notion == 0 && report.backlog == 0 {
            say!(
                "   in step: {github} written to GitHub, {notion} to Notion, {} {}",
                counted(report.conflicts, "conflict"),
                either(report.conflicts, "waits", "wait")
            );
            return Ok(());
        }
    }
    bail!("no rest after {PASSES} passes");
}

fn rename_both(small: &Small, number: u64, on_github: &str, in_notion: &str) -> anyhow::Result<()> {
    let now = small.notion.shared.now();
    let edit = IssueEdit {
        title: Some(on_github.to_owned()),
        ..IssueEdit::default()
    };
    let renamed = small
        .github
        .front
        .lock()
        .hub
        .edit_issue(now, COLLEAGUE, &small.repository, number, edit)
        .is_ok();
    let mut service = small.notion.shared.lock();
    let page = service
        .world
        .rows_of(small.source)
        .into_iter()
        .find(|page| {
            service.world.value(*page, "Number") == Some(&Value::Number(Some(number as f64)))
        });
    let page = page.context("the issue has no page")?;
    let props = vec![("title".to_owned(), Value::text(in_notion))];
    let moved = service
        .world
        .edit_props(now, small.person, page, props)
        .is_ok();
    ensure!(renamed && moved, "the people could not edit");
    say!("   {COLLEAGUE} on GitHub: \"{on_github}\"; Ada in Notion: \"{in_notion}\"");
    Ok(())
}

async fn choose(engine: &RealEngine, link: &RealLink) -> anyhow::Result<()> {
    let open = engine.conflicts(&link.spec.name).await?;
    let (pair, conflict) = open.first().context("there should be a conflict")?;
    say!(
        "   conflict {} on {}: GitHub {:?}, Notion {:?}",
        conflict.id,
        pair.name(),
        conflict.github.brief(60),
        conflict.notion.brief(60)
    );
    say!("   you choose Notion's");
    engine.choose(link, &conflict.id, Pick::Notion).await?;
    Ok(())
}

fn show_title(small: &Small, number: u64) -> anyhow::Result<()> {
    let front = small.github.front.lock();
    let issue = front
        .hub
        .issue(&small.repository, number)
        .ok()
        .context("the issue is gone")?;
    say!("   #{number} is called \"{}\" on both sides", issue.title);
    Ok(())
}

/// Counts what is on both services: every item once.
async fn verify(engine: &RealEngine, small: &Small) -> anyhow::Result<()> {
    let counts = engine.store.counts("demo").await?;
    let service = small.notion.shared.lock();
    let pages = service.world.rows_of(small.source).len() as u64;
    ensure!(
        counts.active == pages,
        "{} for {}",
        counted(pages, "page"),
        counted(counts.active, "item")
    );
    say!(
        "\n{}, {}: nothing lost, nothing doubled.",
        counted(counts.active, "item"),
        counted(pages, "page")
    );
    Ok(())
}
