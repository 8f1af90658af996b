//! Rows into observations: GitHub's normal forms.
//!
//! | field | normal form |
//! |---|---|
//! | `title` | as it is |
//! | `body` | line ends are LF, our marker is taken out (into `Observation::marker`); the text as it was is `raw_body` |
//! | `state` | issues: `open`, `closed` |
//! | `closed_as` | issues: `completed`, `not planned`, `duplicate`, or empty when open or closed without a reason |
//! | `labels`, `assignees` | sets of names, of logins |
//! | `milestone` | its title |
//! | `type` | issues: the name of its type, empty without one; not observed where there are no types |
//! | `author` | the login, `ghost` for a deleted account |
//! | `created`, `updated`, `closed`, `merged`, `committed` | `2026-01-02T03:04:05Z` |
//! | `publish` | issues: `Created` |
//! | `pull_state` | `open`, `draft`, `merged`, `closed` |
//! | `review` | `none`, `required`, `approved`, `changes requested` |
//! | `checks` | `passing`, `failing`, `pending`, `none` |
//! | `reviewers` | the logins of those who were asked for a review and gave none yet, without teams |
//! | `merge_commit` | the hash of the commit that merged it, empty until then |
//! | `linked_issues` | `#3, #12`, ascending |
//! | commits | `title` is the headline, `body` the whole message if there is more than the headline; `pull` is `#12` |

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::place::{repo_of, time};
use super::wire::{CommitRow, GraphCommit, GraphPull, Issue, Pull, User};
use crate::core::text::marker;
use crate::core::{FieldKey, Key, Kind, Life, ObjectId, Observation, Side, Stamp, Time, Value};

/// The login GitHub shows for deleted accounts.
const GHOST: &str = "ghost";

/// What does not come from the row.
pub(super) struct Reader<'a> {
    /// The repository that was asked, for rows that do not name theirs.
    pub repo: &'a str,
    /// Our login, if it is known.
    pub me: Option<&'a str>,
    /// When the read began.
    pub read_at: Time,
    /// What every observation says besides.
    pub constants: &'a BTreeMap<FieldKey, Value>,
}

impl<'a> Reader<'a> {
    /// A reader of what a repository answers.
    pub(super) const fn new(
        repo: &'a str,
        me: Option<&'a str>,
        read_at: Time,
        constants: &'a BTreeMap<FieldKey, Value>,
    ) -> Self {
        Self {
            repo,
            me,
            read_at,
            constants,
        }
    }
}

struct Fields(BTreeMap<FieldKey, Value>);

impl Fields {
    fn put(&mut self, key: &'static str, value: Value) {
        self.0.insert(FieldKey(key.into()), value);
    }

    fn maybe(&mut self, key: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn number(&mut self, key: &'static str, value: Option<i64>) {
        self.maybe(key, value.map(Value::Number));
    }
}

fn blank(side_kind: Kind, id: ObjectId, life: Life, read_at: Time) -> Observation {
    Observation {
        side: Side::Github,
        kind: side_kind,
        id,
        life,
        fields: BTreeMap::new(),
        stamp: None,
        created: None,
        created_by_us: false,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at,
    }
}

/// An observation that says only how an object is.
pub(super) fn bare(kind: Kind, id: &ObjectId, life: Life, read_at: Time) -> Observation {
    blank(kind, id.clone(), life, read_at)
}

/// What a page that a person made is given, so that it is known again.
fn identity(fields: &mut Fields, seen: &Observation, reader: &Reader<'_>) {
    fields.0.extend(reader.constants.clone());
    fields.put("node", Value::text(seen.id.node.clone()));
    fields.put("kind", Value::text(seen.kind.name()));
}

fn stamp(at: Option<Time>) -> Option<Stamp> {
    at.map(|at| Stamp {
        at,
        by: None,
        by_us: false,
        settled: true,
    })
}

fn date(text: Option<&str>) -> Value {
    text.and_then(time)
        .and_then(super::place::iso)
        .map_or(Value::Null, Value::text)
}

fn login(user: Option<&User>) -> &str {
    user.and_then(|user| user.login.as_deref()).unwrap_or(GHOST)
}

/// The set of label names of an answer.
pub(super) fn label_set(labels: &[super::wire::Label]) -> Value {
    Value::set(labels.iter().filter_map(super::wire::Label::name))
}

/// An issue or a pull request as one observation.
pub(super) fn issue(row: &Issue, reader: &Reader<'_>) -> Observation {
    let named = row.repository_url.as_deref().and_then(repo_of);
    let repo = named.unwrap_or_else(|| reader.repo.to_owned());
    let kind = if row.pull_request.is_some() {
        Kind::Pull
    } else {
        Kind::Issue
    };
    let id = ObjectId {
        node: row.node_id.clone(),
        locator: format!("{repo}#{}", row.number),
    };
    let mut seen = blank(kind, id, Life::Live, reader.read_at);
    let mut fields = Fields(BTreeMap::new());
    fields.put("repository", Value::text(repo));
    shared(&mut fields, row);
    if let Some(mark) = &row.pull_request {
        let merged = mark.merged_at.as_deref();
        fields.put("pull_state", Value::text(pull_state(row, merged.is_some())));
        fields.put("merged", date(merged));
    } else {
        issue_only(&mut fields, row);
    }
    identity(&mut fields, &seen, reader);
    if let Some(body) = &row.body {
        let raw = body.clone().unwrap_or_default();
        let text = raw.replace("\r\n", "\n").replace('\r', "\n");
        fields.put("body", Value::text(marker::strip(&text)));
        seen.marker = marker::read(&text).map(Key);
        seen.raw_body = Some(raw);
    }
    let author = row.user.as_ref().map(Option::as_ref);
    seen.created_by_us = author.is_some_and(|user| {
        let login = login(user);
        reader.me.is_some_and(|me| me.eq_ignore_ascii_case(login))
    });
    seen.stamp = stamp(row.updated_at.as_deref().and_then(time));
    seen.created = row.created_at.as_deref().and_then(time);
    seen.fields = fields.0;
    seen
}

fn shared(fields: &mut Fields, row: &Issue) {
    // Every item has a title: a row with `null` in its place does not show it.
    fields.maybe("title", row.title.clone().flatten().map(Value::text));
    fields.put(
        "number",
        Value::Number(i64::try_from(row.number).unwrap_or(0)),
    );
    fields.maybe("url", row.html_url.clone().map(Value::text));
    let author = row.user.as_ref().map(Option::as_ref);
    fields.maybe("author", author.map(|user| Value::text(login(user))));
    fields.maybe("labels", row.labels.as_deref().map(label_set));
    let assignees = row.assignees.as_ref();
    fields.maybe(
        "assignees",
        assignees.map(|users| Value::set(users.iter().filter_map(|user| user.login.clone()))),
    );
    let milestone = row.milestone.as_ref();
    fields.maybe(
        "milestone",
        milestone.map(|milestone| {
            let title = milestone.as_ref().and_then(|one| one.title.clone());
            Value::text(title.unwrap_or_default())
        }),
    );
    fields.number("comments", row.comments);
    fields.maybe(
        "created",
        row.created_at.as_deref().map(|at| date(Some(at))),
    );
    fields.maybe(
        "updated",
        row.updated_at.as_deref().map(|at| date(Some(at))),
    );
    let closed = row.closed_at.as_ref();
    fields.maybe("closed", closed.map(|at| date(at.as_deref())));
}

fn issue_only(fields: &mut Fields, row: &Issue) {
    let state = row.state.as_deref();
    fields.maybe("state", state.map(Value::text));
    let reason = row.state_reason.as_ref().map(|reason| {
        let reason = reason.as_deref().filter(|_| state == Some("closed"));
        closed_as(reason.unwrap_or_default())
    });
    fields.maybe("closed_as", reason);
    let named = row.kind.as_ref();
    fields.maybe(
        "type",
        named.map(|named| Value::text(named["name"].as_str().unwrap_or_default())),
    );
    fields.put("publish", Value::text("Created"));
}

/// GitHub's `state_reason` as a value; words that we do not know are kept as they are.
fn closed_as(reason: &str) -> Value {
    match reason {
        "reopened" => Value::Null,
        reason => Value::text(reason.replace('_', " ")),
    }
}

fn pull_state(row: &Issue, merged: bool) -> &'static str {
    match row.state.as_deref() {
        _ if merged => "merged",
        Some("closed") => "closed",
        _ if row.draft == Some(true) => "draft",
        _ => "open",
    }
}

/// Adds what GraphQL says of a pull request.
pub(super) fn add_graph(seen: &mut Observation, pull: &GraphPull) {
    let mut fields = Fields(std::mem::take(&mut seen.fields));
    if pull.merged == Some(true) {
        fields.put("pull_state", Value::text("merged"));
    } else {
        draft(&mut fields, pull.is_draft);
    }
    fields.maybe("base", pull.base_ref_name.clone().map(Value::text));
    fields.maybe("head", pull.head_ref_name.clone().map(Value::text));
    fields.number("additions", pull.additions);
    fields.number("deletions", pull.deletions);
    fields.number("files", pull.changed_files);
    let review = pull.review_decision.as_ref();
    fields.maybe(
        "review",
        review.map(|word| Value::text(review_word(word.as_deref()))),
    );
    fields.maybe("checks", graph_checks(pull).map(Value::text));
    let asked = pull.review_requests.as_ref();
    fields.maybe(
        "reviewers",
        asked.map(|asked| {
            let requests = asked.nodes.iter().flatten();
            logins(requests.filter_map(|request| request.requested_reviewer.as_ref()))
        }),
    );
    if let Some(commit) = &pull.merge_commit {
        let commit = commit.as_ref().and_then(|commit| commit.oid.as_deref());
        merge_commit(&mut fields, commit);
    }
    let linked = pull.closing_issues_references.as_ref();
    fields.maybe(
        "linked_issues",
        linked.map(|linked| {
            let numbers = linked.nodes.iter().flatten();
            numbers_text(&numbers.filter_map(|issue| issue.number).collect())
        }),
    );
    seen.fields = fields.0;
}

/// Adds what REST says of a pull request.
pub(super) fn add_pull(seen: &mut Observation, pull: &Pull) {
    let mut fields = Fields(std::mem::take(&mut seen.fields));
    if let Some(at) = pull.merged_at.as_deref() {
        fields.put("pull_state", Value::text("merged"));
        fields.put("merged", date(Some(at)));
    } else {
        draft(&mut fields, pull.draft);
    }
    let name = |branch: &Option<super::wire::Branch>| {
        branch
            .as_ref()
            .and_then(|branch| branch.name.clone())
            .map(Value::text)
    };
    fields.maybe("base", name(&pull.base));
    fields.maybe("head", name(&pull.head));
    fields.number("additions", pull.additions);
    fields.number("deletions", pull.deletions);
    fields.number("files", pull.changed_files);
    let asked = pull.requested_reviewers.as_deref();
    fields.maybe("reviewers", asked.map(logins));
    if let Some(commit) = &pull.merge_commit_sha {
        merge_commit(&mut fields, commit.as_deref());
    }
    seen.fields = fields.0;
}

fn logins<'a>(users: impl IntoIterator<Item = &'a User>) -> Value {
    Value::set(users.into_iter().filter_map(|user| user.login.clone()))
}

/// The commit of a merge, if the answer names one: for an open pull request REST names a trial merge of its own.
fn merge_commit(fields: &mut Fields, commit: Option<&str>) {
    let state = fields.0.get(&FieldKey(Cow::Borrowed("pull_state")));
    let is_merged = state.is_some_and(|state| state.as_text() == "merged");
    let commit = commit.filter(|_| is_merged).unwrap_or_default();
    fields.put("merge_commit", Value::text(commit));
}

/// Settles open against draft; a closed or merged pull request stays what it is.
fn draft(fields: &mut Fields, is_draft: Option<bool>) {
    let key = FieldKey(Cow::Borrowed("pull_state"));
    let now = fields.0.get(&key).map(Value::as_text).unwrap_or_default();
    if let (Some(is_draft), "open" | "draft") = (is_draft, now) {
        let word = if is_draft { "draft" } else { "open" };
        fields.put("pull_state", Value::text(word));
    }
}

/// The word for checks that have not ended.
pub(super) const RUNNING: &str = "pending";

/// The word for a pull request's checks; none when the answer does not say.
pub(super) fn graph_checks(pull: &GraphPull) -> Option<&'static str> {
    let commit = pull.commits.as_ref()?.nodes.iter().flatten().next_back();
    let rollup = commit
        .and_then(|last| last.commit.as_ref())
        .and_then(|commit| commit.status_check_rollup.as_ref());
    Some(checks_word(
        rollup.and_then(|rollup| rollup.state.as_deref()),
    ))
}

/// Whether a row shows an open pull request whose checks have not ended.
pub(super) fn is_running(seen: &Observation) -> bool {
    let says = |key: &'static str| seen.field(&FieldKey(key.into())).map_or("", Value::as_text);
    says("checks") == RUNNING && matches!(says("pull_state"), "open" | "draft")
}

fn review_word(word: Option<&str>) -> String {
    match word {
        None => "none".to_owned(),
        Some("REVIEW_REQUIRED") => "required".to_owned(),
        Some(other) => other.to_lowercase().replace('_', " "),
    }
}

fn checks_word(word: Option<&str>) -> &'static str {
    match word {
        Some("SUCCESS") => "passing",
        Some("FAILURE" | "ERROR") => "failing",
        Some(_) => RUNNING,
        None => "none",
    }
}

fn numbers_text(numbers: &BTreeSet<u64>) -> Value {
    let names: Vec<_> = numbers.iter().map(|number| format!("#{number}")).collect();
    Value::text(names.join(", "))
}

/// When a commit was committed.
pub(super) fn committed(row: &CommitRow) -> Option<Time> {
    let signature = row.commit.committer.as_ref().or(row.commit.author.as_ref());
    signature?.date.as_deref().and_then(time)
}

/// A commit as one observation. Its lasting id is GitHub's own, which outlives a renamed repository; a host that gives
/// none gets one from `listed`, the repository's name in the configuration.
pub(super) fn commit(row: &CommitRow, listed: &str, reader: &Reader<'_>) -> Observation {
    let named = row.url.as_deref().and_then(repo_of);
    let repo = named.unwrap_or_else(|| reader.repo.to_owned());
    let id = ObjectId {
        node: row
            .node_id
            .clone()
            .unwrap_or_else(|| format!("{listed}@{}", row.sha)),
        locator: format!("{repo}@{}", row.sha),
    };
    let mut seen = blank(Kind::Commit, id, Life::Live, reader.read_at);
    let mut fields = Fields(BTreeMap::new());
    let message = row.commit.message.clone().unwrap_or_default();
    let message = message.replace("\r\n", "\n");
    let message = message.trim_end();
    let headline = message.lines().next().unwrap_or_default().trim();
    fields.put("title", Value::text(headline));
    let longer = message.trim() != headline;
    fields.put("body", Value::text(if longer { message } else { "" }));
    fields.put("repository", Value::text(repo));
    fields.put("sha", Value::text(row.sha.clone()));
    fields.maybe("url", row.html_url.clone().map(Value::text));
    let name = row.author.as_ref().and_then(|user| user.login.clone());
    let name = name.or_else(|| row.commit.author.as_ref()?.name.clone());
    fields.put("author", Value::text(name.unwrap_or_default()));
    fields.put("co_authors", Value::text(co_authors(message)));
    let at = committed(row);
    fields.put(
        "committed",
        at.and_then(super::place::iso)
            .map_or(Value::Null, Value::text),
    );
    let verified = row
        .commit
        .verification
        .as_ref()
        .and_then(|one| one.verified);
    fields.put("verified", Value::Bool(verified.unwrap_or(false)));
    fields.put("orphaned", Value::Bool(false));
    fields.put("linked_issues", numbers_text(&mentioned(message)));
    identity(&mut fields, &seen, reader);
    seen.fields = fields.0;
    seen.stamp = stamp(at);
    seen.created = at;
    seen.raw_body = Some(message.to_owned());
    seen
}

/// Adds what GraphQL says of a commit, which `branch` holds unless the commit is known to be orphaned.
pub(super) fn add_sizes(seen: &mut Observation, commit: &GraphCommit, branch: Option<&str>) {
    let is_held = seen.field(&FieldKey::ORPHANED) == Some(&Value::Bool(false));
    let mut fields = Fields(std::mem::take(&mut seen.fields));
    fields.maybe("branch", branch.filter(|_| is_held).map(Value::text));
    fields.number("additions", commit.additions);
    fields.number("deletions", commit.deletions);
    fields.number("files", commit.changed_files_if_available);
    let pulls = commit.associated_pull_requests.as_ref();
    fields.maybe(
        "pull",
        pulls.map(|pulls| {
            let numbers = pulls.nodes.iter().flatten();
            numbers_text(&numbers.filter_map(|pull| pull.number).collect())
        }),
    );
    seen.fields = fields.0;
}

fn co_authors(message: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for line in message.lines() {
        let Some((key, rest)) = line.split_once(':') else {
            continue;
        };
        if key.trim().eq_ignore_ascii_case("co-authored-by") {
            let name = rest.split('<').next().unwrap_or_default().trim();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.join(", ")
}

/// The issues of the same repository that a message names as `#12`.
fn mentioned(message: &str) -> BTreeSet<u64> {
    let mut numbers = BTreeSet::new();
    let mut before = ' ';
    for (at, letter) in message.char_indices() {
        if letter == '#' && !before.is_alphanumeric() && !matches!(before, '/' | '&' | '#' | '_') {
            let rest = &message[at + 1..];
            let end = rest
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(rest.len());
            let ends = !rest[end..].starts_with(|letter: char| letter.is_alphanumeric());
            if let (true, Ok(number)) = (ends, rest[..end].parse())
                && number > 0
            {
                numbers.insert(number);
            }
        }
        before = letter;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issue_numbers_are_found_in_messages() {
        for (message, expected) in [
            ("Fix #12", "#12"),
            ("Fixes #12, #3 (#12)", "#3, #12"),
            ("o/r#5 &#39; a#7 ##8 #9a #0 #", ""),
            ("#1\n\n#2.", "#1, #2"),
        ] {
            assert_eq!(
                numbers_text(&mentioned(message)).as_text(),
                expected,
                "{message}"
            );
        }
    }

    #[test]
    fn co_authors_are_named_once() {
        let message =
            "x\n\nCo-authored-by: A B <a@b>\nco-authored-by: C <c@d>\nCo-Authored-By: A B <x@y>";
        assert_eq!(co_authors(message), "A B, C");
    }
}
