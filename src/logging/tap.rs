//! A second way out of the log: lines for a screen, as they happen.

use std::fmt;
use std::io;
use std::sync::Arc;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Takes each line of the log, with its level, secrets masked. It must not wait and must not log.
#[derive(Clone)]
pub struct Tap(Arc<Take>);

type Take = dyn Fn(Level, &str) + Send + Sync;

impl Tap {
    /// A tap that calls this for each line.
    pub fn new(take: impl Fn(Level, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

/// The writer of one event.
pub struct TapLine {
    tap: Tap,
    level: Level,
}

impl<'w> MakeWriter<'w> for Tap {
    type Writer = TapLine;

    fn make_writer(&'w self) -> TapLine {
        let (tap, level) = (self.clone(), Level::INFO);
        TapLine { tap, level }
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> TapLine {
        let (tap, level) = (self.clone(), *meta.level());
        TapLine { tap, level }
    }
}

impl io::Write for TapLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.tap.0)(self.level, String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
