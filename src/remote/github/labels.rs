//! Labels: GitHub makes one that it does not know when it is put on an issue, so names are looked up first.

use std::collections::BTreeSet;

use super::place::{repo_path, segment};
use super::wire::Issue;
use super::{GithubRemote, refuse};
use crate::core::FieldKey;
use crate::remote::{LeftOut, RemoteError};

/// As many characters has the name of a label at most; GitHub answers a longer one with 422 for all labels of the request.
const LONGEST: usize = 50;

/// What becomes of an item while one of its labels is not there.
pub(super) const AGAIN: &str = " (tried again within hours, at once when you sync this item)";

/// Labels that may be sent, and what was left out.
pub(super) struct Sendable {
    /// What the repository has, or all where labels may be made.
    pub names: BTreeSet<String>,
    /// The field that is not sent whole, and why.
    pub left_out: LeftOut,
}

impl GithubRemote {
    /// Remembers the labels that a row carries: the repository has them.
    pub(super) fn learn_labels(&self, repo: &str, row: &Issue) {
        let names = row.labels.iter().flatten().filter_map(|label| label.name());
        for name in names {
            self.learn_label(repo, name);
        }
    }

    fn learn_label(&self, repo: &str, name: &str) {
        let place = self.present(repo).to_lowercase();
        let mut learned = self.learned.borrow_mut();
        let known = learned.labels.entry(place).or_default();
        known.insert(name.to_lowercase());
    }

    /// Those of these labels that may be sent: one request for each that was never seen, unless labels may be made.
    ///
    /// # Errors
    /// Those of reading a label; that there is none of this name is no error.
    pub(super) async fn sendable(
        &self,
        repo: &str,
        names: BTreeSet<String>,
    ) -> Result<Sendable, RemoteError> {
        let (mut known, mut missing, mut long) = (BTreeSet::new(), Vec::new(), Vec::new());
        for name in names {
            if name.chars().count() > LONGEST {
                long.push(format!("\"{name}\""));
            } else if self.link.create_labels || self.has_label(repo, &name).await? {
                known.insert(name);
            } else {
                missing.push(format!("\"{name}\""));
            }
        }
        let mut words = Vec::new();
        if !long.is_empty() {
            words.push(format!(
                "a label has {LONGEST} characters at most on GitHub; shorten {} in Notion",
                long.join(", ")
            ));
        }
        if !missing.is_empty() {
            words.push(format!(
                "{repo} has no label {}; create the label on GitHub, or set create_labels = true{AGAIN}",
                missing.join(", ")
            ));
        }
        let said = (!words.is_empty()).then(|| (FieldKey::LABELS, words.join("; ")));
        Ok(Sendable {
            names: known,
            left_out: said.into_iter().collect(),
        })
    }

    async fn has_label(&self, repo: &str, name: &str) -> Result<bool, RemoteError> {
        let place = self.present(repo).to_lowercase();
        let is_known = |known: &BTreeSet<String>| known.contains(&name.to_lowercase());
        if self
            .learned
            .borrow()
            .labels
            .get(&place)
            .is_some_and(is_known)
        {
            return Ok(true);
        }
        let path = format!(
            "{}/labels/{}",
            repo_path(&self.present(repo)),
            segment(name)
        );
        let reply = self.read(&path).await?;
        match reply.status {
            200 => {
                self.learn_label(repo, name);
                Ok(true)
            }
            404 => Ok(false),
            _ => Err(refuse::of_read(
                &reply,
                &format!("the label {name} of {repo}"),
            )),
        }
    }
}
