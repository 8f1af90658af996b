//! People who edit both small services over time, as a seed says.

use super::github::{IssueEdit, State};
use super::notion::ids::Id;
use super::notion::value::Value;
use super::small::{COLLEAGUE, Small};

/// A crowd with its own course of chance.
pub struct Crowd {
    rng: fastrand::Rng,
    edits: u64,
}

impl Crowd {
    /// A crowd that does the same for the same seed and world.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            edits: 0,
        }
    }

    /// Lets somebody do one thing somewhere. Says what, or nothing when it could not be done.
    pub fn act(&mut self, small: &Small) -> Option<String> {
        self.edits += 1;
        if self.rng.bool() {
            self.on_github(small)
        } else {
            self.on_notion(small)
        }
    }

    fn on_github(&mut self, small: &Small) -> Option<String> {
        let now = chrono::Utc::now().timestamp_millis();
        let mut front = small.github.front.lock();
        let repository = &small.repository;
        let numbers: Vec<u64> = front
            .hub
            .repo(repository)
            .ok()?
            .issues
            .keys()
            .copied()
            .collect();
        let number = numbers
            .get(self.rng.usize(0..numbers.len().max(1)))
            .copied()?;
        let issue = front.hub.issue(repository, number).ok()?;
        let (title, body, open) = (
            issue.title.clone(),
            issue.body.as_deref().unwrap_or_default().to_owned(),
            issue.state == State::Open,
        );
        let what = self.rng.u8(0..4);
        let seen = format!("Seen again, {}.", self.edits);
        let mut edit = IssueEdit::default();
        match what {
            0 => edit.title = Some(retitled(&title, self.edits)),
            1 => edit.body = Some(Some(with_line(&body, &seen))),
            2 => edit.state = Some(if open { State::Closed } else { State::Open }),
            _ => {}
        }
        let done = if what == 3 {
            front
                .hub
                .add_labels(
                    now,
                    COLLEAGUE,
                    repository,
                    number,
                    &[format!("week-{}", self.edits % 5)],
                )
                .is_ok()
        } else {
            front
                .hub
                .edit_issue(now, COLLEAGUE, repository, number, edit)
                .is_ok()
        };
        done.then(|| {
            format!(
                "{COLLEAGUE} on GitHub: {} of #{number}",
                ["title", "text", "state", "labels"][usize::from(what)]
            )
        })
    }

    fn on_notion(&mut self, small: &Small) -> Option<String> {
        let now = small.notion.shared.now();
        let mut service = small.notion.shared.lock();
        let world = &mut service.world;
        let pages: Vec<Id> = world.rows_of(small.source);
        let pages: Vec<Id> = pages
            .into_iter()
            .filter(|id| world.pages.get(id).is_some_and(|page| !page.in_trash))
            .collect();
        let page = pages.get(self.rng.usize(0..pages.len().max(1))).copied()?;
        let kind = world.value(page, "Kind").cloned();
        let is_issue = kind == Some(Value::choice("Issue"));
        let title = super::notion::span::plain(world.pages.get(&page)?.title());
        let what = self.rng.u8(0..3);
        let done = match what {
            0 if is_issue => world.edit_props(
                now,
                small.person,
                page,
                vec![(
                    "title".to_owned(),
                    Value::text(&retitled(&title, self.edits)),
                )],
            ),
            1 if is_issue => {
                let status = if self.rng.bool() {
                    "In progress"
                } else {
                    "Done"
                };
                world.edit_props(
                    now,
                    small.person,
                    page,
                    vec![("Status".to_owned(), Value::choice(status))],
                )
            }
            _ if is_issue => world.edit_body(now, small.person, page, |text| {
                with_line(text, &format!("Planned for week {}.", self.edits))
            }),
            _ => return None,
        };
        done.is_ok().then(|| {
            format!(
                "Ada in Notion: {} of \"{title}\"",
                ["title", "status", "text"][usize::from(what)]
            )
        })
    }
}

/// Lines that people add to a text before they tidy it up.
const LINES: usize = 40;

/// The text with one line more; one that has become long loses what was added to it.
fn with_line(text: &str, line: &str) -> String {
    if text.lines().count() < LINES {
        return format!("{text}\n{line}");
    }
    let lines = text.lines();
    let kept: Vec<&str> = lines
        .filter(|line| !line.starts_with("Seen again") && !line.starts_with("Planned for week"))
        .take(LINES / 2)
        .chain([line])
        .collect();
    kept.join("\n")
}

/// The title with its number of the day replaced, so that it stays short.
fn retitled(title: &str, edits: u64) -> String {
    let stem = title.split(" (").next().unwrap_or(title);
    format!("{stem} ({edits})")
}
