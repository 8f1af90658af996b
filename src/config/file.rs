//! Finds and reads the file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::problem::{Problem, place_of};
use super::{Config, Environment, load};

/// Where the configuration is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub path: PathBuf,
    /// Whether somebody named it, so that it must exist.
    pub required: bool,
}

/// Decides which file is read: the one given on the command line, else `PULSE_SYNC_CONFIG`, else `config.toml` in the
/// user's configuration folder.
pub fn locate(given: Option<&Path>, env: &Environment, folder: &Path) -> Located {
    let named = given
        .map(Path::to_owned)
        .or_else(|| env.get("PULSE_SYNC_CONFIG").map(PathBuf::from));
    let required = named.is_some();
    let path = named.unwrap_or_else(|| folder.join("config.toml"));
    Located { path, required }
}

/// Reads the configuration; a file that nobody named may be missing.
///
/// # Errors
/// Every problem of the file and of the environment.
pub fn read(located: &Located, env: &Environment) -> Result<Config, Vec<Problem>> {
    let name = located.path.display().to_string();
    let bytes = match std::fs::read(&located.path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !located.required => Vec::new(),
        Err(error) => {
            let help = if error.kind() == ErrorKind::NotFound {
                "it was named by --config or PULSE_SYNC_CONFIG; name another, or create it"
            } else {
                "make it a readable file, or name another with --config"
            };
            let problem = Problem::of_file(&name, format!("cannot read the file: {error}"));
            return Err(vec![problem.help(help)]);
        }
    };
    // Some editors put a mark of the encoding first.
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    match String::from_utf8(bytes) {
        Ok(text) => load(&text, &name, env),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let place = place_of(&name, &text, &(at..at + 1));
            let problem = Problem::new(place, "this is not UTF-8");
            Err(vec![problem.label("save the file as UTF-8")])
        }
    }
}
