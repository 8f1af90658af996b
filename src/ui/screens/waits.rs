//! What a plan cannot switch on: items in conflict, held, set aside or deferred, each with its reason.

use std::collections::BTreeSet;

use super::Subject;
use crate::core::{FieldKey, PairId, Side};
use crate::engine::queue::Standing;
use crate::ui::canvas::Canvas;
use crate::ui::data::{Data, short, titled, way, way_meaning};
use crate::ui::panes::queue::reason;
use crate::ui::text::{called, countdown, width, wrap};
use crate::ui::theme::Meaning;

/// One item that waits, whatever is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The pair.
    pub pair: PairId,
    /// The row's name: an item may be planned and wait as well.
    pub name: String,
    /// The item's name.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Its addresses on GitHub and in Notion, where known.
    pub urls: [Option<String>; 2],
    /// `!` needs a choice or a person, `=` is held, `~` waits for a time, `?` is in doubt.
    pub sign: &'static str,
    to: Option<Side>,
    tone: Meaning,
    what: String,
    /// Why, and what to do.
    pub why: String,
    detail: Vec<(String, Meaning)>,
}

/// Columns that a title needs beside the reason, at least.
const TITLE: usize = 14;

/// Everything that waits, what needs a choice first.
pub fn all(data: &Data) -> Vec<Waits> {
    let mut all = conflicts(data);
    let mut seen = BTreeSet::new();
    for (_, line) in data.queue() {
        let why = reason(&line.standing, data);
        let (sign, tone, what, why) = match &line.standing {
            Standing::Queued { .. } => continue,
            Standing::Held { .. } => ("=", Meaning::Error, "held", format!("guard: {why} (H)")),
            Standing::HeldByUser { .. } => ("=", Meaning::Info, "held", why),
            Standing::Parked { .. } => ("!", Meaning::Error, "aside", why),
            Standing::Deferred { until, .. } => {
                let left = match until.since(data.now) {
                    ..=0 => "due".to_owned(),
                    left => countdown(left),
                };
                ("~", Meaning::Warn, "later", format!("{left}: {why}"))
            }
            Standing::InDoubt { .. } => ("?", Meaning::Warn, "unclear", why),
        };
        if !seen.insert((line.pair.clone(), sign)) {
            continue;
        }
        all.push(Waits {
            pair: line.pair.clone(),
            name: format!("{}{sign}{what}", line.pair.0),
            item: line.item.clone(),
            title: line.title.clone(),
            urls: line.urls.clone(),
            sign,
            to: line.to,
            tone,
            what: what.to_owned(),
            detail: vec![(why.clone(), tone)],
            why,
        });
    }
    // What is held comes last: it is answered as one, or was held on purpose.
    all.sort_by_key(|waits| waits.sign == "=");
    all
}

fn conflicts(data: &Data) -> Vec<Waits> {
    let items = data.conflicted().into_iter().filter_map(|(pair, lines)| {
        let first = lines.first()?;
        let field = |key: &Option<FieldKey>| {
            called(key.as_ref().map_or("the item", FieldKey::as_str)).to_owned()
        };
        let fields: Vec<String> = lines
            .iter()
            .map(|line| field(&line.conflict.field))
            .collect();
        let mut detail = Vec::new();
        for line in &lines {
            let conflict = &line.conflict;
            detail.push((conflict.note.clone(), Meaning::Warn));
            let shown = [
                ("GitHub", &conflict.github, Meaning::Github),
                ("Notion", &conflict.notion, Meaning::Notion),
            ];
            for (side, value, tone) in shown {
                detail.push((format!("  {side}  {}", value.brief(400)), tone));
            }
        }
        Some(Waits {
            name: format!("{}!", pair.0),
            pair,
            item: first.item.clone(),
            title: first.title.clone(),
            urls: first.urls.clone(),
            sign: "!",
            to: None,
            tone: Meaning::Error,
            what: "conflict".to_owned(),
            why: format!("{}: needs a choice (4)", fields.join(", ")),
            detail,
        })
    });
    items.collect()
}

impl Waits {
    /// Draws it as a row of the plan.
    pub fn draw(&self, canvas: &mut Canvas<'_>, y: usize) {
        canvas.put(2, y, self.sign, self.tone);
        if self.to.is_some() || self.what == "conflict" {
            canvas.put(5, y, way(self.to), way_meaning(self.to));
        }
        let x = canvas.put(10, y, &short(&self.item), Meaning::Text).max(15) + 1;
        let x = canvas.put(x, y, &self.what, self.tone).max(x + 8) + 1;
        let room = canvas.columns().saturating_sub(x + 1);
        if width(&self.why) + TITLE < room {
            let end = canvas.put_in(x, y, &self.why, room, self.tone) + 2;
            let room = canvas.columns().saturating_sub(end + 1);
            canvas.put_in(end, y, &self.title, room, Meaning::Dim);
            return;
        }
        // The sentence stands below, whole; which item it is stands only here.
        let title = width(titled(&self.title)).min(room * 2 / 3);
        let end = canvas.put_in(x, y, titled(&self.title), title, Meaning::Text) + 2;
        let room = canvas.columns().saturating_sub(end + 1);
        canvas.put_in(end, y, &self.why, room, self.tone);
    }

    /// In one word: `conflict`, `held`, `aside`, `later`, `unclear`.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What actions on it are about.
    pub fn subject(&self) -> Subject {
        Subject {
            pair: Some(self.pair.clone()),
            item: self.item.clone(),
            title: self.title.clone(),
            urls: self.urls.clone(),
            error: Some(self.why.clone()),
            json: serde_json::json!({ "item": self.item, "waits": self.why }).to_string(),
        }
    }

    /// Draws what it waits with.
    pub fn draw_detail(&self, canvas: &mut Canvas<'_>) {
        let title = format!("{} waits", short(&self.item));
        let mut inner = canvas.frame(&title, "not switchable", false);
        let columns = inner.columns().saturating_sub(2);
        let told = self.detail.iter().flat_map(|(text, tone)| {
            let lines = wrap(text, columns).into_iter();
            lines.map(move |line| (line, *tone))
        });
        for (y, (line, tone)) in told.enumerate() {
            inner.put(1, y, &line, tone);
        }
    }
}
