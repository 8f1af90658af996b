//! What the screen remembers from one time to the next: where one was, and choices that are not applied yet.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::app::{App, Prefs};
use super::drafts::Drafts;
use crate::core::Time;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Where one was.
    pub prefs: Prefs,
    /// Choices that are not applied yet.
    pub drafts: Drafts,
    /// Conflicts put aside, and until when.
    pub deferred: Vec<(String, Time)>,
}

impl Memory {
    /// Reads it; nothing where there is none. One that cannot be read is set aside under another name, not lost.
    pub fn read(path: &Path) -> Self {
        let Ok(text) = std::fs::read_to_string(path) else {
            return Self::default();
        };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(
                "the screen's state cannot be read: {error}; it is kept as {}.bad",
                path.display()
            );
            // Without it, one only starts where everybody starts.
            let _ = std::fs::rename(path, path.with_extension("json.bad"));
            Self::default()
        })
    }

    /// What there is to remember of a screen.
    pub fn of(app: &App) -> Self {
        Self {
            prefs: app.remember(),
            drafts: app.drafts.clone(),
            deferred: deferred(app).cloned().collect(),
        }
    }

    /// Whether a screen's choices are others than those kept. Where one is, is kept at the end.
    pub fn differs(&self, app: &App) -> bool {
        !self.drafts.same_as(&app.drafts) || !self.deferred.iter().eq(deferred(app))
    }

    /// Writes it, all or nothing, for this account only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        let next = path.with_extension("json.new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(&next)?, text.as_bytes())?;
        std::fs::rename(next, path)
    }
}

/// The conflicts that are still put aside.
fn deferred(app: &App) -> impl Iterator<Item = &(String, Time)> {
    let now = app.data.now;
    app.data
        .deferred
        .iter()
        .filter(move |(_, until)| *until > now)
}
