//! A sign beside the file that damage was met in it.
//!
//! Looking for damage reads the whole file, which is too much for a prompt that asks every few seconds. So who meets
//! damage leaves a sign, and who only looks searches the file if there is one. The sign alone says nothing: a backup
//! that was put in the file's place is as good as any.

use std::fs;
use std::path::{Path, PathBuf};

fn sign(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    name.into()
}

/// Leaves the sign. Where that is not possible, only those who look are told less.
pub(super) fn met(path: &Path) {
    if let Err(error) = fs::write(sign(path), "") {
        tracing::debug!(path = %path.display(), %error, "no sign of the damage could be left beside the store");
    }
}

/// Whether damage was met in this file, or in one that was here before it.
pub(super) fn was_met(path: &Path) -> bool {
    sign(path).exists()
}

/// Takes the sign away: the file was searched and is whole.
pub(super) fn is_whole(path: &Path) {
    let sign = sign(path);
    if sign.exists()
        && let Err(error) = fs::remove_file(&sign)
    {
        tracing::debug!(path = %sign.display(), %error, "the sign of a damage that is gone could not be removed");
    }
}
