//! The folders of this program on this machine.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use thiserror::Error;

use crate::config::Environment;

/// Why there are no folders.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "this account has no home folder; set PULSE_SYNC_STATE to a folder where the program may keep its state"
)]
pub struct NoHome;

/// Where things are kept. Nothing is made before [`Paths::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Holds `config.toml`; not made by this program unless it writes one.
    pub config: PathBuf,
    /// Holds the store: must not be lost.
    pub state: PathBuf,
    /// May be deleted at any time.
    pub cache: PathBuf,
    /// Holds the logs.
    pub log: PathBuf,
    /// Whether these are this program's own folders, so that their rights may be tightened.
    own: bool,
}

impl Paths {
    /// The folders where this system keeps such things; below `PULSE_SYNC_STATE` where that is set.
    ///
    /// # Errors
    /// When the account has no home folder and `PULSE_SYNC_STATE` is not set.
    pub fn find(env: &Environment) -> Result<Self, NoHome> {
        let dirs = ProjectDirs::from("", "", "pulse-sync");
        if let Some(state) = env.get("PULSE_SYNC_STATE").map(PathBuf::from) {
            let config = dirs.map_or_else(|| state.clone(), |dirs| dirs.config_dir().to_owned());
            return Ok(Self {
                config,
                cache: state.join("cache"),
                log: state.join("log"),
                state,
                own: false,
            });
        }
        let dirs = dirs.ok_or(NoHome)?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            state: state.to_owned(),
            cache: dirs.cache_dir().to_owned(),
            log: state.join("log"),
            own: true,
        })
    }

    /// The embedded store's file.
    pub fn store_file(&self) -> PathBuf {
        self.state.join("pulse-sync.db")
    }

    /// Makes the state, cache and log folders, readable by this account only. A folder that somebody chose by
    /// `PULSE_SYNC_STATE` and that exists already keeps its rights.
    ///
    /// # Errors
    /// The folder that could not be made, and why.
    pub fn create(&self) -> Result<(), FolderError> {
        [&self.state, &self.cache, &self.log]
            .into_iter()
            .try_for_each(|folder| {
                private_folder(folder, self.own).map_err(|cause| FolderError {
                    folder: folder.clone(),
                    cause,
                })
            })
    }
}

/// A folder that could not be made.
#[derive(Debug, Error)]
#[error("cannot make the folder {}: {cause}; set PULSE_SYNC_STATE to a folder that can be written", .folder.display())]
pub struct FolderError {
    /// Which one.
    pub folder: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

/// Makes a folder, and those above it, for this account only (0700).
pub(crate) fn private_folder(folder: &Path, tighten: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if tighten {
        set_mode(folder, 0o700)?;
    }
    Ok(())
}

/// Takes others' rights to a file or folder away where they have any.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode().trailing_zeros() >= 6 {
        return Ok(());
    }
    permissions.set_mode(mode);
    std::fs::set_permissions(path, permissions)
}

/// Other systems give a user's folders to that user alone.
#[cfg(not(unix))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "has the shape of the one for Unix"
)]
pub(crate) fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
