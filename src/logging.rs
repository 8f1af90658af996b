//! What happens goes to a file a day in the log folder, without secrets; with `-v` also to stderr.

mod mask;
mod tap;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;

pub use mask::{Masker, mask};
pub use tap::Tap;

use crate::paths::{private_folder, set_mode};

/// Files kept, one a day.
const FILES: usize = 7;
/// Lines that may wait for the disk. The queue is made in one piece: many would cost memory and start-up time.
const LINES: usize = 4_096;
/// The target of the engine's events, which a screen is told of in its own words.
pub const EVENTS: &str = "pulse_sync::event";
/// A log file's name is this, the day, and [`SUFFIX`].
const PREFIX: &str = "pulse-sync";
const SUFFIX: &str = "log";

/// What is logged, and where to.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The folder; made if it is missing.
    pub folder: &'a Path,
    /// How much the file holds of this program's own events. Of libraries' events only warnings.
    pub level: LevelFilter,
    /// How often `-v` was given: 0 nothing, 1 info, 2 debug, 3 trace go to stderr. Must be 0 while a screen is drawn.
    pub verbose: u8,
    /// A screen that shows the log, too; what the engine tells it itself is left out.
    pub tap: Option<Tap>,
}

/// Keeps the log alive; when dropped, what was logged is written out.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Logging {
    /// Takes secrets that become known later, and masks other texts.
    pub masker: Masker,
    /// Where the files are.
    pub folder: PathBuf,
    _worker: WorkerGuard,
}

/// Why there is no log.
#[derive(Debug, Error)]
pub enum LogError {
    /// The folder or the file cannot be made.
    #[error("cannot write a log in {}: {cause}; make the folder writable", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        cause: String,
    },
    /// There is one already in this process.
    #[error("the log was started twice")]
    Twice,
}

/// Starts the log for the whole process.
///
/// # Errors
/// When the folder cannot be written, or when a log was started before.
pub fn start(options: &Options<'_>) -> Result<Logging, LogError> {
    let (subscriber, logging) = prepare(options)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_error| LogError::Twice)?;
    Ok(logging)
}

/// Makes what [`start`] installs, without installing it.
///
/// # Errors
/// When the folder cannot be written.
pub fn prepare(
    options: &Options<'_>,
) -> Result<(impl Subscriber + Send + Sync + use<>, Logging), LogError> {
    let (file, worker) = file(options.folder).map_err(|cause| LogError::Folder {
        folder: options.folder.to_owned(),
        cause,
    })?;
    let masker = Masker::default();
    let to_file = layer()
        .with_ansi(false)
        .with_writer(Masked {
            inner: file,
            masker: masker.clone(),
        })
        .with_filter(targets(options.level));
    let to_stderr = (options.verbose > 0).then(|| {
        layer()
            .with_ansi(false)
            .with_writer(Masked {
                inner: io::stderr,
                masker: masker.clone(),
            })
            .with_filter(targets(match options.verbose {
                1 => LevelFilter::INFO,
                2 => LevelFilter::DEBUG,
                _ => LevelFilter::TRACE,
            }))
    });
    let to_screen = options.tap.clone().map(|tap| {
        layer()
            .with_ansi(false)
            .without_time()
            .with_level(false)
            .with_target(false)
            .with_writer(Masked {
                inner: tap,
                masker: masker.clone(),
            })
            .with_filter(targets(options.level).with_target(EVENTS, LevelFilter::OFF))
    });
    let subscriber = tracing_subscriber::registry()
        .with(to_file)
        .with(to_stderr)
        .with(to_screen);
    let logging = Logging {
        masker,
        folder: options.folder.to_owned(),
        _worker: worker,
    };
    Ok((subscriber, logging))
}

/// This program's events at a level, libraries' only from a warning on: below that, HTTP libraries log headers.
fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("pulse_sync", level)
}

fn file(folder: &Path) -> Result<(NonBlocking, WorkerGuard), String> {
    private_folder(folder, false).map_err(|error| error.to_string())?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(FILES)
        .build(folder)
        .map_err(|error| error.to_string())?;
    tighten(folder).map_err(|error| error.to_string())?;
    Ok(NonBlockingBuilder::default()
        .buffered_lines_limit(LINES)
        .finish(appender))
}

/// Makes the log files readable by this account only (0600). A file begun at midnight gets this at the next start;
/// until then its folder (0700) keeps others out.
fn tighten(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX)) {
            set_mode(&path, 0o600)?;
        }
    }
    Ok(())
}

/// A writer that masks secrets. An event arrives in one piece, so that no secret is cut in two.
#[derive(Clone)]
struct Masked<W> {
    inner: W,
    masker: Masker,
}

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Masked<W> {
    type Writer = Masked<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Masked {
            inner: self.inner.make_writer(),
            masker: self.masker.clone(),
        }
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> Self::Writer {
        Masked {
            inner: self.inner.make_writer_for(meta),
            masker: self.masker.clone(),
        }
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.inner.write_all(self.masker.mask(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
