//! The plan: what a sync would write, step by step; steps can be switched off before it is applied.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use super::record::change_lines;
use super::waits::{self, Waits};
use super::{Handled, Subject};
use crate::core::plan::Move;
use crate::core::{Action as Deed, PairId, Row as Rule, Step, Time, Value};
use crate::engine::Ask;
use crate::engine::face::{Cut, LinkState};
use crate::engine::report::Stop;
use crate::engine::run::Planned;
use crate::ui::action::Action;
use crate::ui::app::{Answer, App, Effect, Request};
use crate::ui::canvas::{Canvas, Ink, ink};
use crate::ui::data::{Data, short, way, way_meaning};
use crate::ui::list::{List, Step as Walk};
use crate::ui::text::{called, counted, wrap};
use crate::ui::theme::Meaning;

/// What the footer offers here.
pub const OFFERS: &[Action] = &[
    Action::ToggleStep,
    Action::ToggleSteps,
    Action::Apply,
    Action::OnlyRemovals,
    Action::SavePlan,
    Action::MakePlan,
    Action::OpenGithub,
    Action::YankUrl,
    Action::Back,
];

/// As many conflicts a snapshot carries of a link.
const CUT: usize = 100;

/// The plan's state.
#[derive(Clone, Debug)]
pub struct PlanScreen {
    asked: Time,
    made: Option<Time>,
    items: Vec<Planned>,
    off: BTreeSet<PairId>,
    list: List,
    removals: bool,
    applied: bool,
    failed: Option<String>,
    /// It was to be applied during a pause, and was not.
    refused: bool,
    /// What cannot be switched on because it waits.
    waits: Vec<Waits>,
    /// What waits for a person besides, in a few words.
    more: String,
    /// Why the plan may lack something: what kept the reading from its end.
    cut: Vec<String>,
}

/// One row: what is planned for an item, or why nothing is.
enum Row<'a> {
    Planned(&'a Planned),
    Waits(&'a Waits),
}

impl Row<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Planned(item) => &item.pair.0,
            Self::Waits(waits) => &waits.name,
        }
    }
}

/// What waits for a person and is not among the rows, which have the first of each kind.
fn more(data: &Data, listed: &[Waits]) -> String {
    let of = |what: &[&str]| {
        let rows = listed.iter().filter(|row| what.contains(&row.what()));
        rows.count() as u64
    };
    let (mut conflicted, mut held, mut aside) = (0, 0, 0);
    for link in data.links() {
        conflicted += link.counts.conflicted;
        held += link.counts.held + link.counts.held_by_user;
        aside += link.aside();
    }
    // A conflict that has its choice waits for nobody.
    let is_cut = data.links().iter().any(|link| link.conflicts.len() >= CUT);
    let conflicted = if is_cut { conflicted } else { 0 };
    let counts = [
        (conflicted.saturating_sub(of(&["conflict"])), "in conflict"),
        (held.saturating_sub(of(&["held"])), "held"),
        (aside.saturating_sub(of(&["aside"])), "set aside"),
        (data.put_aside().len() as u64, "put aside by you"),
    ];
    let said = counts.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = said
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.join(", ")
}

/// What of the plans made since then was not read, and why. A pause keeps nothing from being read.
fn cut(data: &Data, asked: Time) -> Vec<String> {
    let zone = data.facts.zone;
    let is_new = |link: &&LinkState| link.planned.as_ref().is_some_and(|(at, _)| *at >= asked);
    let mut why = Vec::new();
    for link in data.links().iter().filter(is_new) {
        let Cut { stopped, errors } = &link.plan_cut;
        why.extend(match stopped {
            None | Some(Stop::Paused | Stop::Ending) => None,
            Some(Stop::MaxItems) => Some("as much was read as one run may".to_owned()),
            Some(Stop::Limited { until, reason, .. }) => {
                Some(format!("{reason}, till {}", zone.ahead(*until, data.now)))
            }
            Some(Stop::Side { message, .. } | Stop::Store { message, .. }) => Some(message.clone()),
            Some(Stop::Busy { holder, .. }) => Some(format!("{holder} runs this link now")),
            Some(Stop::InDoubt) => Some("several answers were lost in a row".to_owned()),
        });
        why.extend(errors.iter().cloned());
    }
    why
}

impl PlanScreen {
    /// A plan that was asked for at this time.
    pub fn new(asked: Time) -> Self {
        Self {
            asked,
            made: None,
            items: Vec::new(),
            off: BTreeSet::new(),
            list: List::default(),
            removals: false,
            applied: false,
            failed: None,
            refused: false,
            waits: Vec::new(),
            more: String::new(),
            cut: Vec::new(),
        }
    }

    /// The engine's state is known anew: a plan made since it was asked for is taken over.
    pub fn refresh(&mut self, data: &Data) {
        self.refused &= is_paused(data);
        self.waits = waits::all(data);
        self.more = more(data, &self.waits);
        let plans: Vec<&(Time, Vec<Planned>)> = data
            .links()
            .iter()
            .filter_map(|link| link.planned.as_ref())
            .filter(|(at, _)| *at >= self.asked)
            .collect();
        let Some(made) = plans.iter().map(|(at, _)| *at).max() else {
            return;
        };
        if self.made != Some(made) {
            self.made = Some(made);
            self.cut = cut(data, self.asked);
            self.items = plans
                .into_iter()
                .flat_map(|(_, items)| items)
                .filter(|item| !item.plan.steps.is_empty() || opens(item) || says(item))
                .cloned()
                .collect();
        }
    }

    /// The engine answered something.
    pub fn answer(&mut self, answer: &Answer) {
        if let Answer::Done(Request::Sync(_, ask), Err(why)) = answer
            && ask.dry
        {
            self.failed = Some(why.clone());
        }
    }

    /// What is planned, as far as it is shown.
    fn planned(&self) -> impl Iterator<Item = &Planned> {
        let shown = |item: &&Planned| !self.removals || item.plan.steps.iter().any(is_removal);
        self.items.iter().filter(shown)
    }

    /// The rows; what waits is shown beside a whole plan.
    fn rows(&self) -> Vec<Row<'_>> {
        let waits = self.waits.iter().filter(|row| {
            let is_planned = |item: &Planned| item.pair == row.pair && item.plan.steps.is_empty();
            // A conflict that this plan would open is one row.
            self.made.is_some() && !self.removals && !self.items.iter().any(is_planned)
        });
        let planned = self.planned().map(Row::Planned);
        planned.chain(waits.map(Row::Waits)).collect()
    }

    fn names(&self) -> Vec<String> {
        let names = self.rows().into_iter().map(|row| row.name().to_owned());
        names.collect()
    }

    fn marked(&self) -> Option<Row<'_>> {
        let mut rows = self.rows();
        let at = self.list.index(&self.names());
        (at < rows.len()).then(|| rows.swap_remove(at))
    }

    /// The marked item, if something is planned for it.
    fn marked_plan(&self) -> Option<&Planned> {
        match self.marked()? {
            Row::Planned(item) => Some(item),
            Row::Waits(_) => None,
        }
    }

    /// Whether an item's steps will run.
    fn is_on(&self, item: &Planned) -> bool {
        !item.plan.steps.is_empty() && !self.off.contains(&item.pair)
    }

    /// Carries out an action.
    pub fn act(&mut self, action: Action, data: &Data, out: &mut Vec<Effect>) -> Handled {
        let names = self.names();
        match action {
            Action::Back => return Handled::Close,
            Action::Down => self.list.step(&names, Walk::By(1)),
            Action::Up => self.list.step(&names, Walk::By(-1)),
            Action::HalfDown | Action::PageDown => self.list.step(&names, Walk::By(8)),
            Action::HalfUp | Action::PageUp => self.list.step(&names, Walk::By(-8)),
            Action::Top => self.list.step(&names, Walk::First),
            Action::Bottom => self.list.step(&names, Walk::Last),
            Action::ToggleStep | Action::Mark => {
                if let Some(pair) = self.marked_plan().map(|item| item.pair.clone())
                    && !self.off.remove(&pair)
                {
                    self.off.insert(pair);
                }
            }
            Action::ToggleSteps => {
                if self.off.is_empty() {
                    self.off = self.items.iter().map(|item| item.pair.clone()).collect();
                } else {
                    self.off.clear();
                }
            }
            Action::OnlyRemovals => self.removals = !self.removals,
            Action::SavePlan => out.push(Effect::Save(self.file(data), self.json())),
            Action::MakePlan => {
                *self = Self::new(data.now);
                return Handled::No;
            }
            Action::Apply | Action::Open => return self.apply(data, out),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn apply(&mut self, data: &Data, out: &mut Vec<Effect>) -> Handled {
        if data.facts.read_only || self.applied || self.items.iter().all(|item| !self.is_on(item)) {
            return Handled::Yes;
        }
        if is_paused(data) {
            self.refused = true;
            return Handled::Yes;
        }
        self.applied = true;
        let off: Vec<PairId> = self
            .items
            .iter()
            .filter(|item| self.off.contains(&item.pair))
            .map(|item| item.pair.clone())
            .collect();
        if !off.is_empty() {
            // Else the next run, a minute later, would write what was just switched off.
            out.push(Effect::Ask(Request::Hold(off)));
        }
        let on = self.items.iter().filter(|item| self.is_on(item));
        out.push(Effect::Ask(Request::Sync(
            None,
            Ask {
                forced: true,
                only: Some(on.map(|item| item.pair.clone()).collect()),
                ..Ask::default()
            },
        )));
        Handled::Close
    }

    /// Whether an action would do nothing now.
    pub fn rests(&self, action: Action, data: &Data) -> bool {
        match action {
            Action::Apply => {
                is_paused(data)
                    || data.facts.read_only
                    || !self.items.iter().any(|item| self.is_on(item))
            }
            Action::ToggleStep => self
                .marked_plan()
                .is_none_or(|item| item.plan.steps.is_empty()),
            Action::ToggleSteps => self.items.iter().all(|item| item.plan.steps.is_empty()),
            _ => false,
        }
    }

    fn file(&self, data: &Data) -> String {
        let at = self.made.unwrap_or(data.now);
        let stamp = data.facts.zone.full(at).replace([' ', ':'], "-");
        format!("pulse-sync-plan-{stamp}.json")
    }

    fn json(&self) -> String {
        let items: Vec<serde_json::Value> = self
            .items
            .iter()
            .map(|item| {
                serde_json::json!({
                    "item": item.item, "title": item.title, "pair": item.pair.0,
                    "on": self.is_on(item), "steps": item.plan.steps,
                    "adopted": item.is_adopted(), "question": item.question(),
                })
            })
            .collect();
        serde_json::to_string_pretty(&items).unwrap_or_default()
    }

    /// What the message line says.
    pub fn hint(&self, data: &Data) -> Ink {
        match (&self.failed, self.made) {
            (None, Some(_)) if is_paused(data) && self.refused => ink(
                "NOT applied: writing is paused; p resumes it, then Enter applies",
                Meaning::Warn,
            ),
            (None, Some(_)) if !self.cut.is_empty() => ink(
                format!(
                    "the reading was stopped, so steps may be missing: {}",
                    self.cut.join("; ")
                ),
                Meaning::Error,
            ),
            (None, Some(_)) if data.facts.read_only => ink(
                "nothing is written: started with --read-only, so Enter applies nothing",
                Meaning::Warn,
            ),
            (None, Some(_)) if is_paused(data) => ink(
                "writing is paused: Enter applies nothing before p resumes it",
                Meaning::Warn,
            ),
            (Some(why), _) => ink(format!("no plan: {why}"), Meaning::Error),
            (None, None) => ink("reading both sides …", Meaning::Dim),
            (None, Some(_)) if !self.items.iter().any(|item| self.is_on(item)) => ink(
                "nothing has been written, and nothing is switched on for Enter to apply",
                Meaning::Dim,
            ),
            (None, Some(_)) => ink(
                "nothing has been written; Enter applies what is switched on",
                Meaning::Dim,
            ),
        }
    }

    /// The marked item.
    pub fn subject(&self, data: &Data) -> Option<Subject> {
        let item = match self.marked()? {
            Row::Planned(item) => item,
            Row::Waits(row) => return Some(row.subject()),
        };
        let known = data.queue().find(|(_, line)| line.pair == item.pair);
        Some(Subject {
            pair: Some(item.pair.clone()),
            item: item.item.clone(),
            title: item.title.clone(),
            urls: known.map(|(_, line)| line.urls.clone()).unwrap_or_default(),
            error: None,
            json: serde_json::to_string(&item.plan.steps).unwrap_or_default(),
        })
    }

    /// A click on a row.
    pub fn click(&mut self, y: u16, area: Rect, _data: &Data) -> Handled {
        let names = self.names();
        let (steps, _) = split(area);
        // The border comes first; the last row is one, too.
        let row = usize::from(y.saturating_sub(steps.y + 1));
        if y > steps.y && y + 1 < steps.bottom() {
            let height = usize::from(steps.height.saturating_sub(2));
            let index = self.list.window(&names, height) + row;
            if index < names.len() {
                self.list.go(&names, index);
            }
        }
        Handled::Yes
    }

    /// The wheel.
    pub fn scroll(&mut self, by: isize, _data: &Data) {
        let names = self.names();
        self.list.step(&names, Walk::By(by));
    }

    /// Draws the screen.
    pub fn view(&self, app: &App, canvas: &mut Canvas<'_>) {
        let zone = app.data.facts.zone;
        let made = self
            .made
            .map_or_else(|| "being made".to_owned(), |at| zone.clock(at));
        let rest = if !self.cut.is_empty() {
            ink(
                format!("   NOT WHOLE: {}", self.cut.join("; ")),
                Meaning::Error,
            )
        } else if self.more.is_empty() {
            ink("   nothing has been written", Meaning::Dim)
        } else {
            ink(format!("   not listed: {} more", self.more), Meaning::Warn)
        };
        let made = ink(format!(" {made}"), Meaning::Dim);
        let head = [ink(" Plan (dry run) ", Meaning::Title), made, rest];
        canvas.line(0, 0, canvas.columns(), &head);
        canvas.line(
            0,
            1,
            canvas.columns(),
            &[ink(format!(" {}", self.totals()), Meaning::Text)],
        );
        let (steps, below) = split(canvas.area);
        self.draw_steps(&app.data, &mut canvas.part(steps));
        self.draw_detail(&mut canvas.part(below));
    }

    /// How much of what; nothing is said of what there is nothing of.
    fn totals(&self) -> String {
        let steps = || self.items.iter().flat_map(|item| &item.plan.steps);
        let count = |verb: &str| steps().filter(|step| step.verb() == verb).count();
        let waits = |what: &str| self.waits.iter().filter(|row| row.what() == what).count();
        let opened = self.items.iter().filter(|item| opens(item)).count();
        let adopted = self.items.iter().filter(|item| item.is_adopted()).count();
        let questions = self.items.iter().filter_map(Planned::question).count();
        let on = self.items.iter().filter(|item| self.is_on(item));
        let writes: usize = on.map(|item| item.plan.steps.len()).sum();
        let counts = [
            ("create", count("create")),
            ("update", count("change")),
            ("close", count("close")),
            ("trash", count("trash")),
            ("restore", count("restore")),
            ("adopt", adopted),
            ("off", self.off.len()),
            ("questions", questions),
            ("conflicts", opened + waits("conflict")),
            ("held", waits("held")),
            ("aside", waits("aside")),
            ("later", waits("later") + waits("unclear")),
        ];
        let told = counts.iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> = told
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        format!("{}   {}", told.join("  "), counted(writes, "write"))
    }

    fn draw_steps(&self, data: &Data, canvas: &mut Canvas<'_>) {
        let rows = self.rows();
        let title = if self.removals {
            "Steps, removals only"
        } else {
            "Steps"
        };
        let mut inner = canvas.frame(title, &self.will_run(data.facts.read_only), true);
        if rows.is_empty() {
            let text = self.why_empty();
            let columns = inner.columns().saturating_sub(2);
            for (y, line) in wrap(&text, columns).iter().enumerate() {
                inner.put(1, y, line, Meaning::Dim);
            }
            return;
        }
        let names = self.names();
        let height = inner.rows();
        let top = self.list.window(&names, height);
        let at = self.list.index(&names);
        for (y, (index, row)) in rows.iter().enumerate().skip(top).take(height).enumerate() {
            match row {
                Row::Planned(item) => self.draw_row(&mut inner, y, item),
                Row::Waits(row) => row.draw(&mut inner, y),
            }
            if index == at {
                inner.put(0, y, inner.glyphs().mark, Meaning::Focus);
                inner.select(y);
            }
        }
    }

    /// Why there is no row.
    fn why_empty(&self) -> String {
        match self.made {
            None => "Both sides are being read.".to_owned(),
            Some(_) if !self.cut.is_empty() => format!(
                "Nothing found to write, as far as it was read. The reading was stopped: {}.",
                self.cut.join("; ")
            ),
            Some(_) if self.removals => "No step removes anything. f shows all steps.".to_owned(),
            Some(_) if !self.more.is_empty() => {
                format!("Nothing to write now. Not listed: {}.", self.more)
            }
            Some(_) => "Nothing to do: both sides say the same.".to_owned(),
        }
    }

    /// How much of what is shown will run, and how much cannot be switched on.
    fn will_run(&self, read_only: bool) -> String {
        let can = |item: &&Planned| !item.plan.steps.is_empty();
        let on = self.planned().filter(|item| self.is_on(item)).count();
        let (all, rows) = (self.planned().filter(can).count(), self.rows().len());
        match (all, rows - all) {
            _ if self.made.is_none() => String::new(),
            (0, 0) => "nothing to run".to_owned(),
            (0, waits) => format!("nothing to run, {waits} wait"),
            (all, 0) if read_only => format!("{all} would run, none does: read-only"),
            (all, waits) if read_only => {
                format!("{all} would run, none does: read-only; {waits} wait")
            }
            (all, 0) => format!("{on} of {all} will run"),
            (all, waits) => format!("{on} of {all} will run, {waits} wait"),
        }
    }

    fn draw_row(&self, canvas: &mut Canvas<'_>, y: usize, item: &Planned) {
        let (check, tone) = match (item.plan.steps.is_empty(), self.is_on(item)) {
            (true, _) if item.is_adopted() && !opens(item) => (" + ", Meaning::Ok),
            (true, _) => (" ! ", Meaning::Error),
            (false, true) => ("[x]", Meaning::Ok),
            (false, false) => ("[ ]", Meaning::Dim),
        };
        canvas.put(1, y, check, tone);
        let side = item.plan.steps.first().map(|step| step.side);
        canvas.put(5, y, way(side), way_meaning(side));
        let x = canvas.put(10, y, &short(&item.item), Meaning::Text).max(15) + 1;
        let x = canvas.put(x, y, verb(item), Meaning::Text).max(x + 8) + 1;
        let end = canvas.columns().saturating_sub(1);
        let why = reason(item);
        let start = if end > x + 50 {
            canvas.put_right(end, y, why, Meaning::Dim)
        } else {
            end
        };
        let text = what(item);
        let x = canvas.put_in(x, y, &text, start.saturating_sub(x + 1), Meaning::Text);
        let room = start.saturating_sub(x + 3);
        if room > 12 {
            canvas.put_in(x + 2, y, &item.title, room, Meaning::Dim);
        }
    }

    fn draw_detail(&self, canvas: &mut Canvas<'_>) {
        let item = match self.marked() {
            Some(Row::Planned(item)) => item,
            Some(Row::Waits(row)) => return row.draw_detail(canvas),
            None => {
                canvas.frame("Before and after", "", false);
                return;
            }
        };
        let mut inner = canvas.frame(
            &format!("{} before and after", short(&item.item)),
            reason(item),
            false,
        );
        let room = inner.columns().saturating_sub(2);
        let mut lines: Vec<Vec<Ink>> = Vec::new();
        for (name, before, after) in item.plan.steps.iter().flat_map(changes) {
            lines.extend(change_lines(&name, &before, &after, room));
        }
        if let Some(why) = item.question() {
            let why = wrap(why, room).into_iter();
            lines.extend(why.map(|line| vec![ink(line, Meaning::Warn)]));
        } else if item.is_adopted() {
            let text = "The page that says that it is of this item becomes its page; none is made beside it.";
            let text = wrap(text, room).into_iter();
            let text: Vec<Vec<Ink>> = text.map(|line| vec![ink(line, Meaning::Text)]).collect();
            lines.splice(0..0, text);
        }
        for mv in &item.plan.moves {
            if let Move::Open(conflict) = mv {
                lines.push(vec![ink(conflict.note.clone(), Meaning::Warn)]);
            }
        }
        let rows = inner.rows();
        let cut = lines.len() > rows;
        for (y, line) in lines.iter().take(rows).enumerate() {
            inner.line(1, y, room, line);
        }
        if cut && rows > 0 {
            let text = format!(" {} more lines: i shows the item ", lines.len() + 1 - rows);
            let text = format!("{text:<room$}");
            inner.put_in(1, rows - 1, &text, room, Meaning::Dim);
        }
    }
}

/// Whether nothing is written, now or as soon as the engine hears of it.
fn is_paused(data: &Data) -> bool {
    data.pausing.unwrap_or(data.snapshot.paused.is_some())
}

/// Where the steps are, and what the marked one changes; two lines of title come first.
fn split(area: Rect) -> (Rect, Rect) {
    let height = area.height.saturating_sub(2);
    let detail = (height / 3).clamp(4, 18);
    let steps = height.saturating_sub(detail);
    (
        Rect::new(area.x, area.y + 2, area.width, steps),
        Rect::new(area.x, area.y + 2 + steps, area.width, detail),
    )
}

fn opens(item: &Planned) -> bool {
    item.plan.moves.iter().any(|mv| matches!(mv, Move::Open(_)))
}

/// Whether a page of a person's becomes the item's, or a person is asked which one does.
fn says(item: &Planned) -> bool {
    item.is_adopted() || item.question().is_some()
}

/// What happens to an item, in one word.
fn verb(item: &Planned) -> &'static str {
    match item.plan.steps.first() {
        _ if item.question().is_some() => "asks",
        Some(step) => step.verb(),
        None if opens(item) => "conflict",
        None => "adopt",
    }
}

const fn is_removal(step: &Step) -> bool {
    matches!(step.action, Deed::Trash | Deed::Close)
}

/// The fields of a step with their values before and after.
fn changes(step: &Step) -> Vec<(String, Value, Value)> {
    match &step.action {
        Deed::Create(draft) => draft
            .fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_string(), Value::Null, value.clone()))
            .collect(),
        _ => step
            .changes()
            .iter()
            .map(|change| {
                (
                    change.field.to_string(),
                    change.pre.clone(),
                    change.new.clone(),
                )
            })
            .collect(),
    }
}

/// What an item's steps do, in a few words.
fn what(item: &Planned) -> String {
    if let Some(why) = item.question() {
        return why.to_owned();
    }
    let Some(step) = item.plan.steps.first() else {
        let note = item.plan.moves.iter().find_map(|mv| match mv {
            Move::Open(conflict) => Some(conflict.note.clone()),
            _ => None,
        });
        return note.unwrap_or_else(|| "a page says that it is of this item".to_owned());
    };
    match &step.action {
        Deed::Create(draft) => counted(draft.fields.len(), "field"),
        Deed::Patch(changes) => changes
            .iter()
            .map(|change| match change.field.as_str() {
                "body" => "text".to_owned(),
                field => format!("{} {}", called(field), change.new.brief(24)),
            })
            .collect::<Vec<_>>()
            .join("; "),
        Deed::Trash => "the page goes to the trash".to_owned(),
        Deed::Restore => "the page comes back".to_owned(),
        Deed::Close => "closed as not planned".to_owned(),
    }
}

/// Why, in a few words: the rule that decided.
fn reason(item: &Planned) -> &'static str {
    if item.question().is_some() {
        return "needs your answer";
    }
    if item.is_adopted() && !opens(item) {
        return "adopts its page";
    }
    let Some(step) = item.plan.steps.first() else {
        return "needs a choice";
    };
    rule(step.row)
}

/// A rule in a few words.
pub fn rule(row: Rule) -> &'static str {
    match row {
        Rule::F3 => "only GitHub changed",
        Rule::F4 => "only Notion changed",
        Rule::F5 => "names of both sides join",
        Rule::F6 | Rule::F12 => "texts of both sides join",
        Rule::F7 => "decided by the policy",
        Rule::F8 => "GitHub's own field is put back",
        Rule::F10 | Rule::Choice => "your choice",
        Rule::F11 => "first agreement",
        Rule::I1 => "new on GitHub",
        Rule::I2 => "new in Notion",
        Rule::I5 => "deleted on GitHub",
        Rule::I7 => "its page was trashed",
        Rule::I8 => "its issue changed",
        Rule::Undo => "undo",
        _ => "by the rules",
    }
}
