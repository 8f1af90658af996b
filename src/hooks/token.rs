//! The token of Notion's handshake: kept in a file that only its owner reads, never shown and never logged.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Keeps a token; says in words where it is and what to do with it.
///
/// # Errors
/// In words: it cannot be kept.
pub(super) fn keep(file: &Path, token: &str) -> Result<String, String> {
    let place = file.display();
    let is_another = match fs::read_to_string(file) {
        Ok(text) if text.trim_end() == token => {
            return Ok(format!(
                "Notion sent its verification token again; it is in {place}"
            ));
        }
        Ok(_) => " It replaces another one that was there: use it only if you asked Notion for it.",
        Err(_) => "",
    };
    write(file, token).map_err(|error| {
        format!(
            "Notion's verification token cannot be kept in {place}: {error}; make that folder writable and have Notion \
             send it again"
        )
    })?;
    Ok(format!(
        "Notion sent its verification token; it is in {place}, which only you can read. Paste it into the form of the \
         webhook subscription at Notion, then give it to this program: set PULSE_SYNC_NOTION_WEBHOOK_TOKEN to it, or \
         `notion_token_command` in [webhooks], and start anew.{is_another}"
    ))
}

/// Writes the file beside its place first, so that nobody ever reads half of it.
fn write(file: &Path, token: &str) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    // One that an interrupted write left; a link that somebody put there is not followed.
    let _ = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&beside)?;
    writeln!(new, "{token}")?;
    new.sync_all()?;
    fs::rename(&beside, file)
}
