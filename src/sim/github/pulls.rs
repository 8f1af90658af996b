//! Pull requests: opening, drafts, reviews, checks and merging.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::commits::NewCommit;
use super::hub::{Hub, Touch};
use super::ids::{floor_second, node_id};
use super::issues::{check_text, sorted};
use super::model::{
    Checks, EventKind, Issue, Permission, Pull, Repo, Review, Size, State, StateReason,
};
use super::refusal::Refusal;

/// A new pull request within one repository.
#[derive(Debug, Clone, Default)]
pub struct NewPull {
    /// Title, required.
    pub title: String,
    /// Markdown; closing words (`Closes #3`) link issues.
    pub body: Option<String>,
    /// Branch to merge; must have commits that `base` lacks.
    pub head: String,
    /// Branch to merge into.
    pub base: String,
    /// Not ready for review.
    pub draft: bool,
}

impl Hub {
    /// Opens a pull request.
    pub fn open_pull(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        new: NewPull,
    ) -> Result<&Issue, Refusal> {
        let mut touch = self.touch(now, actor, repo)?;
        check_text(Some(&new.title), new.body.as_deref())?;
        let repo = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let head_name = new.head.rsplit(':').next().unwrap_or_default().to_owned();
        let (head_sha, base_sha) = check_branches(repo, &head_name, &new.base)?;
        touch.number = self.next_number(&touch)?;
        let (id, pull_id) = (self.fresh_id(), self.fresh_id());
        let pull = Pull {
            id: pull_id,
            head: head_name,
            base: new.base,
            head_sha,
            base_sha,
            draft: new.draft,
            merged_at: None,
            merged_by: None,
            merge_commit_sha: None,
            commits: Vec::new(),
            size: Size::default(),
            reviewers: Vec::new(),
            review: None,
            checks: None,
            linked: Vec::new(),
        };
        let mut issue = Issue::new(id, &touch, new.title, new.body);
        issue.node_id = node_id("PR", pull_id);
        issue.pull = Some(Box::new(pull));
        self.insert_issue(&touch, issue)?;
        self.refresh_pull(&touch)?;
        self.issue_in(touch.repo, touch.number)
    }

    /// Merges a pull request and closes the issues it is linked to. Returns the merge commit.
    /// Refuses drafts and closed ones (405), and a head other than `expected` (409).
    pub fn merge_pull(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        expected: Option<&str>,
    ) -> Result<String, Refusal> {
        let touch = self.touch_pull(now, actor, repo, number)?;
        let issue = self.issue_in(touch.repo, number)?;
        let pull = issue.pull.as_deref().ok_or(Refusal::NotFound)?.clone();
        if pull.draft {
            return Err(Refusal::NotMergeable("Pull Request is still a draft"));
        }
        if issue.state == State::Closed {
            return Err(Refusal::NotMergeable("Pull Request is not mergeable"));
        }
        if expected.is_some_and(|sha| sha != pull.head_sha) {
            return Err(Refusal::Conflict(
                "Head branch was modified. Review and try the merge again.",
            ));
        }
        let message = format!(
            "Merge pull request #{number} from {}\n\n{}",
            pull.head, issue.title
        );
        let linked = self.repo_mut(touch.repo)?.linked_issues(number);
        let sha = self.append_merge(&touch, &pull, message)?;
        self.finish_merge(&touch, &sha)?;
        for number in linked {
            let touch = Touch {
                number,
                ..touch.clone()
            };
            if self.set_state(&touch, State::Closed, Some(StateReason::Completed))? {
                self.bump(&touch)?;
            }
        }
        Ok(sha)
    }

    /// Makes a pull request a draft, or ready for review.
    pub fn set_draft(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        draft: bool,
    ) -> Result<(), Refusal> {
        let touch = self.touch_pull(now, actor, repo, number)?;
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.draft, draft);
        if before != draft {
            self.record(&touch, "draft", json!(before), json!(draft));
            let ready = EventKind::ReadyForReview;
            self.event(
                &touch,
                if draft {
                    EventKind::ConvertToDraft
                } else {
                    ready
                },
            )?;
            self.bump(&touch)?;
        }
        Ok(())
    }

    /// Changes the branch a pull request is to be merged into.
    pub fn set_base(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        base: &str,
    ) -> Result<(), Refusal> {
        let touch = self.touch_pull(now, actor, repo, number)?;
        if self.head_of(&touch, base).is_none() {
            return Err(Refusal::field("PullRequest", "base", "invalid"));
        }
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.base, base.to_owned());
        if before != base {
            self.record(&touch, "base", json!(before), json!(base));
            self.refresh_pull(&touch)?;
            self.bump(&touch)?;
        }
        Ok(())
    }

    /// Asks people for a review, or takes the asking back; only collaborators can be asked, and nobody for their own.
    pub fn set_reviewers(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        wanted: &[String],
    ) -> Result<(), Refusal> {
        let touch = self.touch_pull(now, actor, repo, number)?;
        let author = self.issue_in(touch.repo, number)?.author.clone();
        let place = self.repo_by_id(touch.repo).ok_or(Refusal::NotFound)?;
        let mut after = Vec::new();
        for login in wanted {
            let known = place.assignable(login).filter(|known| *known != author);
            let known = known.ok_or_else(|| {
                let words = "Reviews may only be requested from collaborators.";
                Refusal::custom("PullRequest", "reviewers", words)
            })?;
            if !after.contains(&known) {
                after.push(known);
            }
        }
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.reviewers, after.clone());
        if before != after {
            self.record(&touch, "reviewers", sorted(&before), sorted(&after));
            self.bump(&touch)?;
        }
        Ok(())
    }

    /// Sets the verdict of the reviews; the pull request counts as updated.
    pub fn set_review(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        review: Option<Review>,
    ) -> Result<(), Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.review, review);
        let text = |value: Option<Review>| json!(value.map(Review::as_str));
        if before != review {
            self.record(&touch, "review", text(before), text(review));
            self.bump(&touch)?;
        }
        Ok(())
    }

    /// Sets the state of the checks. As on GitHub this does **not** move `updated_at`: only
    /// somebody who asks for the pull request itself sees it.
    pub fn set_checks(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        checks: Option<Checks>,
    ) -> Result<(), Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.checks, checks);
        let text = |value: Option<Checks>| json!(value.map(Checks::as_str));
        if before != checks {
            self.record(&touch, "checks", text(before), text(checks));
        }
        Ok(())
    }

    /// Links issues to a pull request by hand (besides those its body names).
    pub fn set_linked(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
        linked: &[u64],
    ) -> Result<(), Refusal> {
        let touch = self.touch_pull(now, actor, repo, number)?;
        let before = std::mem::replace(&mut self.pull_mut(&touch)?.linked, linked.to_vec());
        if before != linked {
            self.record(&touch, "linked", json!(before), json!(linked));
            self.bump(&touch)?;
        }
        Ok(())
    }

    /// Recomputes what follows from the branches: commits, size and newest commit.
    pub(crate) fn refresh_pull(&mut self, touch: &Touch) -> Result<(), Refusal> {
        let repo = self.repo_mut(touch.repo)?;
        let pull = repo
            .issues
            .get_mut(&touch.number)
            .and_then(|issue| issue.pull.as_mut());
        let pull = pull.ok_or(Refusal::NotFound)?;
        let empty = Vec::new();
        let base: BTreeSet<&String> = repo
            .branches
            .get(&pull.base)
            .unwrap_or(&empty)
            .iter()
            .collect();
        let head = repo.branches.get(&pull.head).unwrap_or(&empty);
        pull.commits = head
            .iter()
            .filter(|sha| !base.contains(sha))
            .cloned()
            .collect();
        pull.size = Size::default();
        for commit in pull.commits.iter().filter_map(|sha| repo.commits.get(sha)) {
            pull.size.additions += commit.size.additions;
            pull.size.deletions += commit.size.deletions;
            pull.size.files += commit.size.files;
        }
        let Some(newest) = head.last().cloned() else {
            return Ok(());
        };
        let before = std::mem::replace(&mut pull.head_sha, newest.clone());
        if before != newest {
            pull.checks = None;
            self.record(touch, "head_sha", json!(before), json!(newest));
        }
        Ok(())
    }

    /// Brings the commits of the pull request and a merge commit onto the base branch.
    fn append_merge(
        &mut self,
        touch: &Touch,
        pull: &Pull,
        message: String,
    ) -> Result<String, Refusal> {
        let first = self.head_of(touch, &pull.base);
        let parents = first.into_iter().chain([pull.head_sha.clone()]).collect();
        let base = self
            .repo_mut(touch.repo)?
            .branches
            .entry(pull.base.clone())
            .or_default();
        base.extend(pull.commits.iter().cloned());
        self.append(
            touch,
            &pull.base,
            NewCommit {
                message,
                size: Size::default(),
            },
            parents,
        )
    }

    fn finish_merge(&mut self, touch: &Touch, sha: &str) -> Result<(), Refusal> {
        let pull = self.pull_mut(touch)?;
        pull.merged_at = Some(floor_second(touch.now));
        pull.merged_by = Some(Arc::clone(&touch.actor));
        pull.merge_commit_sha = Some(sha.to_owned());
        self.record(touch, "merged", json!(false), json!(true));
        self.event(touch, EventKind::Merged(sha.to_owned()))?;
        self.set_state(touch, State::Closed, None)?;
        self.bump(touch)
    }

    fn pull_mut(&mut self, touch: &Touch) -> Result<&mut Pull, Refusal> {
        self.issue_mut(touch)?
            .pull
            .as_deref_mut()
            .ok_or(Refusal::NotFound)
    }

    /// Starts a change that needs write access to a pull request.
    fn touch_pull(
        &mut self,
        now: i64,
        actor: &str,
        repo: &str,
        number: u64,
    ) -> Result<Touch, Refusal> {
        let touch = self.touch_issue(now, actor, repo, number)?;
        self.pull_mut(&touch)?;
        if self.may(&touch, Permission::Write) {
            Ok(touch)
        } else {
            Err(Refusal::Forbidden("Must have admin rights to Repository."))
        }
    }
}

impl Repo {
    /// Lists the pull requests of a commit, as GitHub does: those whose merge brought it, and while the default branch
    /// does not hold it also the open ones.
    pub fn pulls_of(&self, sha: &str) -> Vec<&Issue> {
        let main = self.branches.get(&self.default_branch);
        let is_in_main = main.is_some_and(|shas| shas.iter().any(|known| known == sha));
        let belongs = |issue: &&Issue| {
            issue.pull.as_ref().is_some_and(|pull| {
                let brought = pull.commits.iter().any(|known| known == sha)
                    || pull.merge_commit_sha.as_deref() == Some(sha);
                let open = issue.state == State::Open && !is_in_main;
                brought && (pull.merged_at.is_some() || open)
            })
        };
        self.issues.values().filter(belongs).collect()
    }

    /// Lists the issues a pull request closes: named in its body or linked by hand, ascending.
    pub fn linked_issues(&self, number: u64) -> Vec<u64> {
        let Some(issue) = self.issues.get(&number) else {
            return Vec::new();
        };
        let Some(pull) = &issue.pull else {
            return Vec::new();
        };
        let named = closing_numbers(issue.body.as_deref().unwrap_or_default());
        let all: BTreeSet<u64> = named
            .into_iter()
            .chain(pull.linked.iter().copied())
            .collect();
        let is_issue = |n: &u64| self.issues.get(n).is_some_and(|other| other.pull.is_none());
        all.into_iter().filter(is_issue).collect()
    }
}

/// Finds the issues a text closes: `close[s|d]`, `fix[es|ed]`, `resolve[s|d]`, an optional colon,
/// then `#number` ("Linking a pull request to an issue using a keyword" in GitHub's docs).
pub fn closing_numbers(text: &str) -> Vec<u64> {
    const WORDS: [&str; 9] = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ];
    let mut found = Vec::new();
    let mut closing = false;
    for word in text.split_whitespace() {
        if let (true, Some(rest)) = (closing, word.strip_prefix('#')) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            found.extend(digits.parse::<u64>().ok());
        }
        let bare = word
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .trim_end_matches(':');
        closing = WORDS.iter().any(|known| known.eq_ignore_ascii_case(bare));
    }
    found
}

/// Checks the two branches and gives their newest commits (head, base).
fn check_branches(repo: &Repo, head: &str, base: &str) -> Result<(String, String), Refusal> {
    let newest = |name: &str| repo.branches.get(name).and_then(|shas| shas.last());
    let bad = |field| Refusal::field("PullRequest", field, "invalid");
    let head_sha = newest(head).ok_or_else(|| bad("head"))?;
    let base_sha = newest(base).ok_or_else(|| bad("base"))?;
    let known = repo
        .branches
        .get(base)
        .is_some_and(|shas| shas.contains(head_sha));
    if known {
        let words = format!("No commits between {base} and {head}");
        return Err(Refusal::custom("PullRequest", "base", &words));
    }
    let same = |issue: &&Issue| {
        let pull = issue.pull.as_ref();
        issue.state == State::Open && pull.is_some_and(|p| p.head == head && p.base == base)
    };
    if repo.issues.values().find(same).is_some() {
        let words = format!("A pull request already exists for {}:{head}.", repo.owner);
        return Err(Refusal::custom("PullRequest", "head", &words));
    }
    Ok((head_sha.clone(), base_sha.clone()))
}
