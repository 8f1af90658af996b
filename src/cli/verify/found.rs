//! What a comparison found, for people and for scripts.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::judge::Verdict;
use crate::cli::exit::Exit;
use crate::core::FieldKey;
use crate::engine::report::PerSide;
use crate::shown::Shown;
use crate::ui::text::counted;

/// Names listed at most where people read; JSON has them all.
const LISTED: usize = 20;

/// One field (or the life of one item) that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The item's name.
    pub item: String,
    /// Its title.
    pub title: String,
    /// The field; none when one side does not exist any more.
    pub field: Option<FieldKey>,
    /// GitHub's value, in brief.
    pub github: String,
    /// Notion's value, in brief.
    pub notion: String,
    /// What a sync would do.
    pub next: &'static str,
}

/// Several pages with one GitHub id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The id they carry.
    pub node: String,
    /// How many of them our account made; a person may copy a page, we may not.
    pub ours: usize,
    /// The pages' ids.
    pub pages: Vec<String>,
}

/// What was found on one link.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The link.
    pub link: String,
    /// Linked items that were compared.
    pub items: u64,
    /// GitHub objects that the lists showed.
    pub objects: u64,
    /// Pages that the list showed.
    pub pages: u64,
    /// Pairs that are not meant to be in step: unlinked, gone, known on one side only.
    pub unlinked: u64,
    /// Requests made.
    pub requests: PerSide,
    /// Fields that say the same.
    pub equal: u64,
    /// Fields that are as agreed and only rendered differently, by field.
    pub rendered: BTreeMap<FieldKey, u64>,
    /// Fields that one side did not show, or that are paused, by field.
    pub unseen: BTreeMap<FieldKey, u64>,
    /// Differences that the program knows of, by reason.
    pub waiting: BTreeMap<&'static str, u64>,
    /// Differences.
    pub differences: Vec<Difference>,
    /// GitHub ids on more than one page.
    pub copies: Vec<Copies>,
    /// GitHub objects without a page, though nothing says why.
    pub missing: Vec<String>,
    /// Items that could not be read, and why.
    pub unread: Vec<String>,
    /// Notices.
    pub notes: Vec<String>,
}

impl Found {
    /// Nothing yet.
    pub fn of(link: &str) -> Self {
        Self {
            link: link.to_owned(),
            ..Self::default()
        }
    }

    /// Counts one field.
    pub fn count(&mut self, key: &FieldKey, verdict: Verdict) {
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Rendered => *self.rendered.entry(key.clone()).or_default() += 1,
            Verdict::Unseen => *self.unseen.entry(key.clone()).or_default() += 1,
            Verdict::Waits(why) => *self.waiting.entry(why).or_default() += 1,
            Verdict::Differs(_) => {}
        }
    }

    /// Fields that both sides showed.
    pub fn compared(&self) -> u64 {
        let differing = self.differences.iter().filter(|one| one.field.is_some());
        self.equal
            + self.rendered.values().sum::<u64>()
            + self.waiting.values().sum::<u64>()
            + differing.count() as u64
    }

    /// 0 when nothing differs, is doubled by us or is missing; 1 when something could not be read.
    pub fn exit(&self) -> Exit {
        let is_doubled = self.copies.iter().any(|copies| copies.ours > 1);
        if !self.unread.is_empty() {
            Exit::Failed
        } else if self.differences.is_empty() && self.missing.is_empty() && !is_doubled {
            Exit::Done
        } else {
            Exit::Waits
        }
    }

    /// For people.
    pub fn print(&self) {
        say!(
            "{}: {} read on both sides ({}, {}; {} + {} requests)",
            Shown::line(&self.link),
            counted(self.items, "item"),
            counted(self.objects, "GitHub object"),
            counted(self.pages, "page"),
            self.requests.github,
            self.requests.notion
        );
        say!(
            "  {} compared: {} equal, {} as agreed (rendered differently), {} waiting, {} different",
            counted(self.compared(), "field"),
            self.equal,
            self.rendered.values().sum::<u64>(),
            self.waiting.values().sum::<u64>(),
            self.differences.len()
        );
        for (why, count) in &self.waiting {
            say!("  waiting: {count} {why}");
        }
        self.differences.iter().for_each(print_difference);
        for copies in &self.copies {
            say!(
                "  {} pages carry the GitHub id {} ({} made by this program)",
                copies.pages.len(),
                Shown::line(&copies.node),
                copies.ours
            );
        }
        list("GitHub objects without a page", &self.missing);
        list("items that could not be read", &self.unread);
        list("notes", &self.notes);
    }

    /// For scripts.
    pub fn json(&self) -> Json {
        let by_field = |counts: &BTreeMap<FieldKey, u64>| -> Json {
            counts
                .iter()
                .map(|(key, count)| (key.to_string(), json!(count)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let differences: Vec<Json> = self.differences.iter().map(difference).collect();
        let copies: Vec<Json> = self
            .copies
            .iter()
            .map(|one| json!({"github_id": one.node, "made_by_us": one.ours, "pages": one.pages}))
            .collect();
        json!({
            "link": self.link,
            "items": self.items,
            "github_objects": self.objects,
            "pages": self.pages,
            "unlinked": self.unlinked,
            "requests": self.requests,
            "fields": self.compared(),
            "equal": self.equal,
            "rendered": by_field(&self.rendered),
            "not_shown": by_field(&self.unseen),
            "waiting": self.waiting,
            "differences": differences,
            "copies": copies,
            "without_page": self.missing,
            "unread": self.unread,
            "notes": self.notes,
        })
    }
}

fn difference(one: &Difference) -> Json {
    json!({
        "item": one.item,
        "title": one.title,
        "field": one.field.as_ref().map(ToString::to_string),
        "github": one.github,
        "notion": one.notion,
        "sync_would": one.next,
    })
}

fn print_difference(one: &Difference) {
    say!(
        "  {}  {}  {}",
        Shown::line(&one.item),
        one.field.as_ref().map_or("item", FieldKey::as_str),
        Shown::line(&one.title)
    );
    say!("    GitHub: {}", Shown::line(&one.github));
    say!("    Notion: {}", Shown::line(&one.notion));
    say!("    a sync would: {}", one.next);
}

fn list(what: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    say!("  {what}: {}", lines.len());
    for line in lines.iter().take(LISTED) {
        say!("    {}", Shown::line(line));
    }
}
