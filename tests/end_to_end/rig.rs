//! The real binary between the small services, which this process serves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use pulse_sync::sim::github::{Hub, Issue, IssueEdit, State};
use pulse_sync::sim::notion::Kind as Column;
use pulse_sync::sim::notion::ids::Id;
use pulse_sync::sim::notion::value::Value as Cell;
use pulse_sync::sim::small::{Options, Small};
use serde_json::{Value as Json, json};

/// Who edits on GitHub.
pub const GRACE: &str = "grace";
/// Passes until everything is in step, at most.
const PASSES: usize = 60;
/// Waiting times that suit a test: short, and everything else as in earnest.
pub const SHORT: [(&str, &str); 12] = [
    ("send_deadline", "\"5s\""),
    ("flight", "\"0s\""),
    ("list_lag", "\"0s\""),
    ("settle", "\"0s\""),
    ("debounce", "\"0s\""),
    ("rest", "\"0s\""),
    ("overlap", "\"2m\""),
    ("lookup_gap", "\"0s\""),
    ("observe_rest", "\"0s\""),
    ("retry_base", "\"1ms\""),
    ("retry_max", "\"20ms\""),
    ("lease_ttl", "\"30ms\""),
];

/// What a command printed and how it ended.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|why| panic!("{why}: {:?} / {}", self.out, self.err))
    }

    /// Everything that was said, for a look at its words.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }
}

/// Both services, a folder of its own for the program, and the settings it is started with.
pub struct Rig {
    pub small: Small,
    pub folder: PathBuf,
    pub env: BTreeMap<&'static str, String>,
    advanced: BTreeMap<&'static str, String>,
    link: BTreeMap<&'static str, String>,
    /// More links, as TOML.
    pub more: String,
    /// The keys of `[schedule]`, as TOML.
    pub schedule: BTreeMap<&'static str, String>,
    /// The pace that the program keeps; 0 = none, as the small services have no limits either.
    pub notion_per_minute: u32,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        // A folder of ours; what a failed removal leaves does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Rig {
    /// Starts the services with the few items that they make up, or with a world of lines.
    pub fn start(world: Option<String>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = std::env::temp_dir().join(format!(
            "pulse-sync-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            no_limits: true,
            ..Options::default()
        };
        let reader = world.map(|text| BufReader::new(Cursor::new(text)));
        let small = runtime.block_on(Small::start(options, reader)).unwrap();
        let env = [
            ("GITHUB_TOKEN", small.github_token().to_owned()),
            ("NOTION_TOKEN", small.notion_token()),
            ("GITHUB_API_URL", small.github.url.clone()),
            ("NOTION_API_URL", small.notion.url.clone()),
            (
                "PULSE_SYNC_STATE",
                folder.join("state").display().to_string(),
            ),
            (
                "PULSE_SYNC_CONFIG",
                folder.join("config.toml").display().to_string(),
            ),
        ];
        let quoted = |text: &str| format!("{text:?}");
        let link = [
            ("name", quoted("default")),
            ("repositories", format!("[{:?}]", small.repository)),
            ("database", quoted(&small.database.to_string())),
            ("commits_since", quoted("all")),
            ("closed_since", quoted("all")),
            // Its small repository is public; who tests the question asks for it.
            ("public", quoted("allow")),
        ];
        Self {
            small,
            folder,
            env: env.into(),
            advanced: SHORT.map(|(key, value)| (key, value.to_owned())).into(),
            link: link.into(),
            more: String::new(),
            // However busy the machine of the tests is, nothing is put off.
            schedule: ["memory_percent", "cpu_percent"]
                .map(|key| (key, "100".to_owned()))
                .into(),
            notion_per_minute: 0,
            runtime: Some(runtime),
        }
    }

    /// Another value for a key of `[advanced]`, as TOML.
    pub fn advanced(&mut self, key: &'static str, value: &str) {
        self.advanced.insert(key, value.to_owned());
    }

    /// Another value for a key of the link, as TOML.
    pub fn link(&mut self, key: &'static str, value: &str) {
        self.link.insert(key, value.to_owned());
    }

    pub fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    pub fn store(&self) -> PathBuf {
        self.state().join("pulse-sync.db")
    }

    fn write_config(&self) {
        let mut text = String::from("[sync]\nmax_items = 1000\n[schedule]\n");
        for (key, value) in &self.schedule {
            writeln!(text, "{key} = {value}").unwrap();
        }
        let most = self.notion_per_minute;
        writeln!(text, "[github]\nrate_limits = false").unwrap();
        writeln!(text, "[notion]\nrequests_per_minute = {most}\n[[link]]").unwrap();
        for (key, value) in &self.link {
            writeln!(text, "{key} = {value}").unwrap();
        }
        text.push_str(&self.more);
        text.push_str("[advanced]\n");
        for (key, value) in &self.advanced {
            writeln!(text, "{key} = {value}").unwrap();
        }
        std::fs::write(self.folder.join("config.toml"), text).unwrap();
    }

    /// The command, in an environment that holds nothing else.
    pub fn command(&self, args: &[&str]) -> Command {
        self.write_config();
        let mut command = bare(&self.folder);
        command.envs(&self.env).args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Done {
        finish(&mut self.command(args))
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// One pass that has to go well.
    pub fn sync(&self) -> Json {
        let done = self.run(&["sync", "--once", "--json"]);
        assert!(done.err.is_empty(), "{}", done.err);
        done.json()
    }

    /// Passes until one has nothing to write and nothing waits for a time. Returns the last report.
    pub fn settle(&self) -> Json {
        let mut last = Json::Null;
        for _ in 0..PASSES {
            last = self.sync();
            let is_quiet = ["backlog", "deferred", "in_doubt"]
                .iter()
                .all(|key| last[key] == json!(0));
            if last["writes"] == json!({"github": 0, "notion": 0}) && is_quiet {
                return last;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("no rest after {PASSES} passes: {last}");
    }

    /// Says that one more pass writes nothing on either side, by the services' own count.
    pub fn assert_quiet(&self) -> Json {
        let before = self.writes();
        let report = self.sync();
        assert_eq!(
            report["writes"],
            json!({"github": 0, "notion": 0}),
            "{report}"
        );
        assert_eq!(self.writes(), before, "the services counted writes");
        report
    }

    /// Writes that the services carried out.
    pub fn writes(&self) -> (u64, u64) {
        (
            self.small.github.front.lock().counters.writes,
            self.small.notion.shared.lock().counters.writes,
        )
    }

    pub fn requests(&self) -> u64 {
        self.small.github.front.lock().counters.requests
            + self.small.notion.shared.lock().counters.requests
    }

    /// Looks at GitHub.
    pub fn hub<T>(&self, look: impl FnOnce(&mut Hub) -> T) -> T {
        look(&mut self.small.github.front.lock().hub)
    }

    pub fn issue(&self, number: u64) -> Issue {
        self.hub(|hub| hub.issue(&self.small.repository, number).unwrap().clone())
    }

    pub fn edit_issue(&self, number: u64, edit: IssueEdit) {
        let now = self.small.notion.shared.now();
        self.hub(|hub| {
            hub.edit_issue(now, GRACE, &self.small.repository, number, edit)
                .unwrap();
        });
    }

    pub fn rename_issue(&self, number: u64, title: &str) {
        self.edit_issue(
            number,
            IssueEdit {
                title: Some(title.to_owned()),
                ..IssueEdit::default()
            },
        );
    }

    /// The pages that are not in the trash.
    pub fn pages(&self) -> Vec<Id> {
        let service = self.small.notion.shared.lock();
        let world = &service.world;
        world
            .rows_of(self.small.source)
            .into_iter()
            .filter(|id| world.pages.get(id).is_some_and(|page| !page.in_trash))
            .collect()
    }

    pub fn cell(&self, page: Id, column: &str) -> String {
        let service = self.small.notion.shared.lock();
        service
            .world
            .value(page, column)
            .map(Cell::plain)
            .unwrap_or_default()
    }

    /// Whether the database has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        let service = self.small.notion.shared.lock();
        service.world.property(self.small.source, name).is_some()
    }

    /// Ada adds a column.
    pub fn add_column(&self, name: &str, kind: Column) {
        let now = self.small.notion.shared.now();
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .add_property(now, self.small.person, self.small.source, name, kind)
            .unwrap();
    }

    /// Ada deletes a column.
    pub fn delete_column(&self, name: &str) {
        let now = self.small.notion.shared.now();
        let (person, source) = (self.small.person, self.small.source);
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .delete_property(now, person, source, name)
            .unwrap();
    }

    /// Ada gives an option another name.
    pub fn rename_option(&self, column: &str, names: (&str, &str)) {
        let now = self.small.notion.shared.now();
        let (person, source) = (self.small.person, self.small.source);
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .rename_option(now, person, source, column, names)
            .unwrap();
    }

    /// All pages were edited an hour earlier. While the minute of the newest stamp lasts, rows that share it have no
    /// order, and more of them than fit a page are all listed.
    pub fn let_an_hour_pass(&self) {
        let mut service = self.small.notion.shared.lock();
        for page in service.world.pages.values_mut() {
            page.edited -= 3_600_000;
        }
    }

    pub fn markdown(&self, page: Id) -> String {
        let service = self.small.notion.shared.lock();
        service.world.markdown(&service.world.pages[&page])
    }

    /// The page of an issue or pull request.
    pub fn page(&self, number: u64) -> Id {
        let node = self.issue(number).node_id;
        let mut found = self.pages();
        found.retain(|page| self.cell(*page, "GitHub ID") == node);
        assert_eq!(found.len(), 1, "pages of #{number}");
        found[0]
    }

    /// Ada edits cells of a page.
    pub fn edit_page(&self, page: Id, cells: Vec<(&str, Cell)>) {
        let now = self.small.notion.shared.now();
        let cells = cells
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), cell))
            .collect();
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .edit_props(now, self.small.person, page, cells)
            .unwrap();
    }

    pub fn rename_page(&self, page: Id, title: &str) {
        self.edit_page(page, vec![("title", Cell::text(title))]);
    }

    /// Ada rewrites a page's text.
    pub fn edit_body(&self, page: Id, rewrite: impl FnOnce(&str) -> String) {
        let now = self.small.notion.shared.now();
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .edit_body(now, self.small.person, page, |text| rewrite(text))
            .unwrap();
    }

    /// Ada makes a page.
    pub fn new_page(&self, cells: Vec<(&str, Cell)>, markdown: &str) -> Id {
        let now = self.small.notion.shared.now();
        let cells = cells
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), cell))
            .collect();
        let mut service = self.small.notion.shared.lock();
        service
            .world
            .create_page(now, self.small.person, self.small.source, cells, markdown)
            .unwrap()
    }

    /// Says that every issue, pull request and commit has exactly one page that says the same.
    pub fn assert_agreement(&self) {
        let pages = self.pages_by_node();
        let (issues, commits) = self.hub(|hub| {
            let repo = hub.repo(&self.small.repository).unwrap();
            let issues: Vec<(Issue, Shown)> = repo
                .issues
                .values()
                .map(|issue| (issue.clone(), Shown::of(hub, &self.small.repository, issue)))
                .collect();
            let commits: Vec<String> = repo.commits.keys().cloned().collect();
            (issues, commits)
        });
        assert_eq!(pages.len(), issues.len() + commits.len(), "pages and items");
        for sha in &commits {
            let one = pages
                .values()
                .filter(|page| self.cell(**page, "SHA") == *sha);
            assert_eq!(one.count(), 1, "pages of commit {sha}");
        }
        for (issue, shown) in &issues {
            let page = *pages
                .get(&issue.node_id)
                .unwrap_or_else(|| panic!("#{} is lost", issue.number));
            assert_eq!(self.shown(page, issue), *shown, "#{}", issue.number);
        }
    }

    /// Every page by the hidden id it carries; no two may carry the same.
    fn pages_by_node(&self) -> BTreeMap<String, Id> {
        let mut pages = BTreeMap::new();
        for page in self.pages() {
            let node = self.cell(page, "GitHub ID");
            assert!(
                !node.is_empty(),
                "a page without an item: {}",
                self.cell(page, "title")
            );
            assert!(
                pages.insert(node.clone(), page).is_none(),
                "two pages of {node}"
            );
        }
        pages
    }

    fn shown(&self, page: Id, issue: &Issue) -> Shown {
        let names = |column: &str| {
            let text = self.cell(page, column);
            let mut names: Vec<String> = text
                .split(", ")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            names.sort();
            names
        };
        let is_pull = issue.pull.is_some();
        let state = if is_pull {
            self.cell(page, "State").to_lowercase()
        } else {
            match self.cell(page, "Status").as_str() {
                "Done" => "closed".to_owned(),
                _ => "open".to_owned(),
            }
        };
        Shown {
            title: self.cell(page, "title"),
            body: words(&self.markdown(page)),
            labels: names("Labels"),
            assignees: names("Assignees"),
            milestone: self.cell(page, "Milestone"),
            reason: if is_pull {
                String::new()
            } else {
                self.cell(page, "Closed as")
            },
            state,
        }
    }
}

/// What both sides have to say alike of an issue or pull request.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    title: String,
    body: Vec<String>,
    labels: Vec<String>,
    assignees: Vec<String>,
    milestone: String,
    state: String,
    reason: String,
}

impl Shown {
    fn of(hub: &Hub, repository: &str, issue: &Issue) -> Self {
        let repo = hub.repo(repository).unwrap();
        let mut labels: Vec<String> = repo
            .label_names(issue)
            .into_iter()
            .map(|name| name.replace(',', "\u{201A}"))
            .collect();
        labels.sort();
        let mut assignees: Vec<String> = issue.assignees.iter().map(ToString::to_string).collect();
        assignees.sort();
        let milestone = issue
            .milestone
            .map(|number| repo.milestones[&number].title.clone());
        let state = match (&issue.pull, issue.state) {
            (Some(pull), _) if pull.merged_at.is_some() => "merged",
            (Some(pull), State::Open) if pull.draft => "draft",
            (_, State::Open) => "open",
            (_, State::Closed) => "closed",
        };
        let reason = issue
            .state_reason
            .filter(|_| issue.pull.is_none() && issue.state == State::Closed);
        Self {
            title: issue.title.clone(),
            body: words(issue.body.as_deref().unwrap_or_default()),
            labels,
            assignees,
            milestone: milestone.unwrap_or_default(),
            state: state.to_owned(),
            reason: reason
                .map(|reason| reason.as_str().replace('_', " "))
                .unwrap_or_default(),
        }
    }
}

/// A text's lines without blank ones and without our own mark.
fn words(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("<!-- pulse-sync:"))
        .map(str::to_owned)
        .collect()
}

/// The binary in an environment that holds nothing but a home.
pub fn bare(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulse-sync"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}

pub fn finish(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A world of so many issues, pull requests and commits, as lines.
pub fn world(issues: usize, pulls: usize, commits: usize) -> String {
    let mut text = String::new();
    let day = |n: usize| {
        format!(
            "2026-0{}-{:02}T10:{:02}:00Z",
            1 + n / 28 % 9,
            1 + n % 28,
            n % 60
        )
    };
    for n in 0..issues + pulls {
        let mut line = json!({
            "kind": (if n < issues { "issue" } else { "pr" }),
            "src": "lantern",
            "author": "ada",
            "number": n + 1,
            "title": format!("Item {} of the lamp", n + 1),
            "body": format!("## What\n\nPart {n} smokes.\n\n- one\n- two\n\nSee `lamp --check {n}`."),
            "labels": [{"name": (["bug", "idea", "docs"][n % 3])}],
            "assignees": (if n % 2 == 0 { vec![GRACE] } else { vec![] }),
            "created_at": day(n),
        });
        if n % 4 == 0 {
            line["milestone"] = json!("v1.0");
        }
        if n % 5 == 4 && n < issues {
            line["state"] = json!("closed");
            line["state_reason"] = json!(["completed", "not_planned"][n % 2]);
        }
        writeln!(text, "{line}").unwrap();
    }
    for n in 0..commits {
        let line = json!({
            "kind": "commit",
            "src": "lantern",
            "author": "ada",
            "sha": format!("{:040x}", 0xabc_0000 + n),
            "message": format!("Trim the wick {n}\n\nA little."),
            "committed_at": day(n),
        });
        writeln!(text, "{line}").unwrap();
    }
    text
}
