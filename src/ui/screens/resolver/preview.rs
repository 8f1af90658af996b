//! The exact value that comes of a choice, on each side, as the engine would have it.

use super::sides::{Where, full, gone, is_body};
use super::words::{lay_out, plain};
use super::{Field, Resolver};
use crate::core::pair::Choice;
use crate::core::text::{Hunk, Part, mark_public};
use crate::core::{Conflict, Side, Value};
use crate::engine::face::{ConflictLine, LinkState};
use crate::ui::app::App;
use crate::ui::canvas::{Ink, ink};
use crate::ui::drafts::{self, Draft, HunkPick};
use crate::ui::theme::Meaning;

/// What becomes of a field for which nobody chose.
const UNDECIDED: &str = "No side is chosen yet: the field stays as it is on both sides.";
/// The same of an item that is deleted on one side and edited on the other.
const UNDECIDED_ITEM: &str = "No side is chosen yet: the item stays as it is on both sides.";

/// Lines of the preview, and the one where the marked place begins.
#[derive(Default)]
pub(super) struct Preview {
    pub(super) lines: Vec<Vec<Ink>>,
    pub(super) place: usize,
}

impl Preview {
    fn head(&mut self, side: &str, tone: Meaning, rest: &str) {
        let rest = ink(format!(" {rest}"), Meaning::Dim);
        self.lines.push(vec![ink(side, tone), rest]);
    }

    fn text(&mut self, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        self.lines.extend(plain(text));
    }
}

impl Resolver {
    /// What the marked field becomes, in full; nothing where its row says it all.
    pub(super) fn preview(&self, app: &App) -> Preview {
        let mut preview = Preview::default();
        let Some(line) = self.marked(&app.data) else {
            return preview;
        };
        let conflict = &line.conflict;
        let draft = app.drafts.get(conflict);
        if conflict.field.is_none() {
            if let Some(draft) = draft {
                preview.text(&gone(conflict, Where::Side(kept_side(draft))));
            }
            return preview;
        }
        match draft.and_then(|draft| drafts::choice(line, draft)) {
            Some(Ok(mut choice)) => {
                if is_body(conflict) {
                    choice.notion = on_page(app, line, &choice.notion);
                }
                Self::said_by(line, draft, &choice, &mut preview);
            }
            Some(Err(_)) => {}
            None => preview = self.open_places(conflict, draft),
        }
        preview
    }

    /// What both sides say now, where nothing is chosen for the marked field, or nothing has to be.
    pub(super) fn as_it_is(&self, app: &App) -> Preview {
        let mut preview = Preview::default();
        let Some(line) = self.marked(&app.data) else {
            let field = self.fields(&app.data).into_iter().nth(self.field);
            if let Some(Field::Synced(_, value)) = field {
                preview.head(
                    "both sides",
                    Meaning::Ok,
                    "say this; there is nothing to choose:",
                );
                preview.text(&full(&value));
            }
            return preview;
        };
        let conflict = &line.conflict;
        let draft = app.drafts.get(conflict);
        let said = match draft.and_then(|draft| drafts::choice(line, draft)) {
            Some(Err(why)) => ink(format!("cannot be written: {why}"), Meaning::Error),
            _ if conflict.field.is_none() => ink(UNDECIDED_ITEM, Meaning::Warn),
            _ => ink(UNDECIDED, Meaning::Warn),
        };
        preview.lines.push(vec![said]);
        for side in Side::BOTH {
            preview.lines.push(Vec::new());
            if conflict.field.is_none() {
                preview.head(side.name(), tone(side), "");
                preview.text(&gone(conflict, Where::Side(side)));
                continue;
            }
            preview.head(side.name(), tone(side), "says now, and goes on saying:");
            let value = full(shown(conflict, side));
            preview.text(if value.is_empty() {
                "(nothing)"
            } else {
                &value
            });
        }
        preview
    }

    /// What each side will hold by a choice: the very text that is sent.
    fn said_by(line: &ConflictLine, draft: Option<&Draft>, choice: &Choice, preview: &mut Preview) {
        let writes = writes(line, choice);
        if !is_body(&line.conflict) {
            for (side, new) in [
                (Side::Github, &choice.github),
                (Side::Notion, &choice.notion),
            ] {
                let was = shown(&line.conflict, side).brief(200);
                let says = new.brief(2_000);
                let what = if writes.contains(&side) {
                    format!("gets {says}   (says {was} now)")
                } else {
                    format!("stays {was}")
                };
                preview.head(side.name(), tone(side), &what);
            }
            return;
        }
        let same = reads_alike(choice.github.as_text(), choice.notion.as_text());
        match writes.as_slice() {
            [] => preview.head("both sides", Meaning::Ok, "say this already:"),
            [Side::Github, Side::Notion] if same => {
                preview.head("GitHub and Notion", Meaning::Ok, "get this text:");
            }
            [side] => {
                let rest = format!("gets this text; {} says it already:", side.other().name());
                preview.head(side.name(), tone(*side), &rest);
            }
            _ => preview.head("GitHub", Meaning::Github, "gets this text:"),
        }
        let first = *writes.first().unwrap_or(&Side::Github);
        let text = match first {
            Side::Github => &choice.github,
            Side::Notion => &choice.notion,
        };
        match tagged(&line.conflict, draft, text.as_text()) {
            Some(lines) => preview.lines.extend(lines),
            None => preview.text(text.as_text()),
        }
        if writes.len() > 1 && !same {
            let rest = "gets the same, as Notion writes it:";
            preview.head("Notion", Meaning::Notion, rest);
            preview.text(choice.notion.as_text());
        }
    }

    /// A text as far as it is settled, with its open places.
    fn open_places(&self, conflict: &Conflict, draft: Option<&Draft>) -> Preview {
        drafts::parts(conflict).map_or_else(Preview::default, |parts| {
            joined(&parts, picks(draft), self.hunk)
        })
    }
}

/// A text as the page gets it: a heading with the words of the private one is told apart from it.
fn on_page(app: &App, line: &ConflictLine, text: &Value) -> Value {
    let has_it = |link: &&LinkState| link.conflicts.iter().any(|one| one.pair == line.pair);
    let owner = app.data.links().iter().find(has_it);
    let headings = &app.data.facts.private_headings;
    let heading = owner.and_then(|link| headings.get(&link.name));
    heading.map_or_else(
        || text.clone(),
        |heading| Value::text(mark_public(text.as_text(), heading)),
    )
}

/// The lines of a text by its parts; open places show what there is to choose from.
fn joined(parts: &[Part], picks: &[Option<HunkPick>], marked: usize) -> Preview {
    let mut out = Preview::default();
    let count = parts.iter().filter(|part| is_clash(part)).count();
    let mut at = 0;
    for part in parts {
        let hunk = match part {
            Part::Settled(text) => {
                out.text(text);
                continue;
            }
            Part::Conflict(hunk) => hunk,
        };
        if at == marked {
            out.place = out.lines.len();
        }
        match picks.get(at).copied().flatten() {
            Some(pick) => {
                for (text, side) in taken(hunk, pick) {
                    tag(&mut out, text, side, at + 1, count);
                }
            }
            None => open_place(&mut out, hunk, at + 1, count),
        }
        at += 1;
    }
    out
}

const fn is_clash(part: &Part) -> bool {
    matches!(part, Part::Conflict(_))
}

/// The texts that a pick takes, and whose they are.
fn taken(hunk: &Hunk, pick: HunkPick) -> Vec<(&str, Where)> {
    let github = (hunk.ours.as_str(), Where::Side(Side::Github));
    let notion = (hunk.theirs.as_str(), Where::Side(Side::Notion));
    match pick {
        HunkPick::Github => vec![github],
        HunkPick::Notion => vec![notion],
        HunkPick::Base => vec![(hunk.base.as_str(), Where::Base)],
        HunkPick::Both => vec![github, notion],
    }
}

/// A place that is decided: its lines, the first with whose they are.
fn tag(out: &mut Preview, text: &str, from: Where, place: usize, count: usize) {
    if text.is_empty() {
        return;
    }
    let (name, tone) = match from {
        Where::Base => ("base", Meaning::Base),
        Where::Side(side) => (side.name(), tone(side)),
    };
    let start = out.lines.len();
    out.text(text);
    if let Some(line) = out.lines.get_mut(start) {
        line.push(ink(format!("   {name}, place {place} of {count}"), tone));
    }
}

/// A place that waits for a choice: what each key would take.
fn open_place(out: &mut Preview, hunk: &Hunk, place: usize, count: usize) {
    let head = format!("? place {place} of {count} is open");
    out.lines.push(vec![ink(head, Meaning::Warn)]);
    let choices = [
        ("h", &hunk.ours, Meaning::Github),
        ("l", &hunk.theirs, Meaning::Notion),
    ];
    for (key, text, tone) in choices {
        let text = text.trim_end_matches('\n');
        for (at, line) in text.split('\n').enumerate() {
            let key = if at == 0 { key } else { " " };
            let said = match line {
                "" if text.is_empty() => "(nothing)",
                line => line,
            };
            let parts = [ink(format!("  {key} "), tone), ink(said, Meaning::Dim)];
            out.lines.push(parts.to_vec());
        }
    }
}

/// The text with whose lines they are at the clashing places; none where its lines are not those of the places.
fn tagged(conflict: &Conflict, draft: Option<&Draft>, text: &str) -> Option<Vec<Vec<Ink>>> {
    let parts = drafts::parts(conflict)?;
    let Some(Draft::Hunks(picks)) = draft else {
        return None;
    };
    let bare: Vec<String> = parts_taken(&parts, picks)
        .into_iter()
        .flat_map(|text| plain(text.strip_suffix('\n').unwrap_or(text)))
        .map(|line| line.into_iter().map(|ink| ink.text).collect())
        .collect();
    let wanted = text.strip_suffix('\n').unwrap_or(text);
    (bare.join("\n") == wanted).then(|| joined(&parts, picks, 0).lines)
}

/// Whether two texts differ in blank lines only: a page has none.
fn reads_alike(one: &str, other: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim_end().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    one == other || lines(one) == lines(other)
}

fn parts_taken<'a>(parts: &'a [Part], picks: &[Option<HunkPick>]) -> Vec<&'a str> {
    let mut at = 0;
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Settled(text) => out.push(text.as_str()),
            Part::Conflict(hunk) => {
                let pick = picks.get(at).copied().flatten();
                let texts = pick.map(|pick| taken(hunk, pick)).unwrap_or_default();
                out.extend(
                    texts
                        .into_iter()
                        .map(|(text, _)| text)
                        .filter(|t| !t.is_empty()),
                );
                at += 1;
            }
        }
    }
    out
}

fn picks(draft: Option<&Draft>) -> &[Option<HunkPick>] {
    match draft {
        Some(Draft::Hunks(picks)) => picks,
        _ => &[],
    }
}

pub(super) fn lay_out_marked(preview: &Preview, room: usize, wraps: bool) -> Preview {
    let before = lay_out(&preview.lines[..preview.place], room, wraps).len();
    Preview {
        lines: lay_out(&preview.lines, room, wraps),
        place: before,
    }
}

pub(super) const fn tone(side: Side) -> Meaning {
    match side {
        Side::Github => Meaning::Github,
        Side::Notion => Meaning::Notion,
    }
}

pub(super) const fn shown(conflict: &Conflict, side: Side) -> &Value {
    match side {
        Side::Github => &conflict.github,
        Side::Notion => &conflict.notion,
    }
}

/// The sides that a choice writes: those that do not say it yet, and may be written.
pub(super) fn writes(line: &ConflictLine, choice: &Choice) -> Vec<Side> {
    let Some(field) = &line.field else {
        return Vec::new();
    };
    let wanted = [
        (Side::Github, &choice.github),
        (Side::Notion, &choice.notion),
    ];
    wanted
        .into_iter()
        .filter(|(side, new)| {
            field.direction.allows(*side) && !field.codec.same(new, shown(&line.conflict, *side))
        })
        .map(|(side, _)| side)
        .collect()
}

/// The side that an item follows which is deleted on one and edited on the other.
pub(super) const fn kept_side(draft: &Draft) -> Side {
    match draft {
        Draft::Notion => Side::Notion,
        _ => Side::Github,
    }
}
