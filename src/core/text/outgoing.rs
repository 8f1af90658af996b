//! Takes the teeth out of text on its way to a public place: mentions, references, closing words.

use std::collections::BTreeMap;

use super::block::{self, Block, Kind};
use super::inline::code_mask;
use super::key::{Reading, normalised, of_block};
use super::render::JOINER;
use super::trigger::{Alive, Trigger, triggers};

/// Neutralises what GitHub would act on and `known`, GitHub's present text, does not have already.
///
/// Outside code, `@name` notifies people, `#12`, `owner/repo#12` and `GH-12` leave a reference on
/// other issues, and closing words before one of them or before the address of an issue close it. An
/// invisible joiner breaks each of them; keys ignore it. What `known` has stays alive in any line, but
/// no more often than there, and closing words only before what they closed there. A comment that
/// looks like our marker is broken wherever it stands.
pub fn outgoing(text: &str, known: &str) -> String {
    outgoing_beside(text, &Reading::of(known))
}

/// Neutralises a text beside one that may have been read before; see [`outgoing`].
pub fn outgoing_beside(text: &str, known: &Reading<'_>) -> String {
    let text = normalised(text);
    let blocks = block::parse(&text);
    if blocks.is_empty() {
        return text;
    }
    let old = old_blocks(&blocks, known);
    let mut lines = live_lines(&blocks, |at| !old[at]);
    let mut alive = Alive::default();
    if lines.iter().any(|line| !line.triggers.is_empty()) {
        let known = block::parse(&normalised(known.text()));
        let known = live_lines(&known, |_| true);
        let there = known.iter().flat_map(|line| &line.triggers);
        there.for_each(|trigger| alive.count(trigger));
        for kept in live_lines(&blocks, |at| old[at]) {
            kept.triggers.iter().for_each(|trigger| {
                alive.take(trigger);
            });
        }
    }
    let mut out = String::with_capacity(text.len() + 16);
    for line in &mut lines {
        line.triggers.retain(|trigger| !alive.take(trigger));
        for trigger in &mut line.triggers {
            alive.spare(trigger);
        }
        line.write(&mut out);
    }
    out
}

/// Which blocks the known text has as well; one that it has once is old once.
fn old_blocks(blocks: &[Block], known: &Reading<'_>) -> Vec<bool> {
    let mut left = [BTreeMap::new(), BTreeMap::new()];
    for line in known.lines() {
        let count: &mut usize = left[usize::from(line.code)]
            .entry(line.key.as_str())
            .or_default();
        *count += 1;
    }
    let mut old: Vec<bool> = blocks
        .iter()
        .map(|block| {
            let code = matches!(block.kind, Kind::Code(_));
            let Some(key) = of_block(block) else {
                return true;
            };
            let left = left[usize::from(code)].get_mut(key.as_str());
            let left = left.filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        })
        .collect();
    // The bytes of joined blocks are those of the block they are joined to.
    for at in (1..blocks.len()).rev() {
        old[at - 1] &= old[at] || !blocks[at].joined;
    }
    old
}

/// A line of a text, with all on it that GitHub would act on.
struct Live<'a> {
    raw: &'a str,
    code: bool,
    triggers: Vec<Trigger>,
}

impl Live<'_> {
    /// Writes the line with a joiner at each trigger that is left, and in what looks like our marker.
    fn write(&self, out: &mut String) {
        let mut breaks: Vec<usize> = self.triggers.iter().map(|trigger| trigger.at).collect();
        if !self.code {
            let marks = self.raw.match_indices(MARK);
            breaks.extend(marks.map(|(at, mark)| at + mark.len() - 1));
            breaks.sort_unstable();
            breaks.dedup();
        }
        let mut from = 0;
        for at in breaks {
            out.push_str(&self.raw[from..at]);
            out.push(JOINER);
            from = at;
        }
        out.push_str(&self.raw[from..]);
    }
}

/// The lines of the blocks; what GitHub would act on is looked for in the blocks that are wanted.
fn live_lines(blocks: &[Block], wanted: impl Fn(usize) -> bool) -> Vec<Live<'_>> {
    let doubtful = doubtful(blocks);
    let mut lines = Vec::new();
    let mut before = "";
    for (at, block) in blocks.iter().enumerate() {
        let follows = blocks.get(at + 1).map_or("", |next| next.raw.trim_start());
        let code = matches!(block.kind, Kind::Code(_));
        for raw in block.raw.split_inclusive('\n') {
            let triggers = if code || !wanted(at) {
                Vec::new()
            } else {
                triggers(raw, before, follows, doubtful[at])
            };
            lines.push(Live {
                raw,
                code,
                triggers,
            });
            before = if code { "" } else { raw };
        }
    }
    lines
}

/// Says for each block whether its backticks mean what they seem to: one without its partner may open code that ends
/// on another line of the paragraph, and then ours is not code.
fn doubtful(blocks: &[Block]) -> Vec<bool> {
    let mut doubtful = vec![false; blocks.len()];
    let mut from = 0;
    for (at, block) in blocks.iter().enumerate() {
        let mut lines = block.raw.lines();
        if is_prose(block) && lines.any(|line| code_mask(line).is_none()) {
            doubtful[from] = true;
        }
        let ends = block.raw.lines().any(|line| line.trim().is_empty());
        if ends || at + 1 == blocks.len() {
            let is_doubtful = doubtful[from];
            doubtful[from..=at].fill(is_doubtful);
            from = at + 1;
        }
    }
    doubtful
}

const fn is_prose(block: &Block) -> bool {
    !matches!(
        block.kind,
        Kind::Code(_) | Kind::Fence(..) | Kind::FenceEnd(_)
    )
}

/// Neutralises the words of a title that the title `known` does not have already; see [`outgoing`].
pub fn outgoing_title(title: &str, known: &str) -> String {
    let mut line = Live {
        raw: title,
        code: false,
        triggers: triggers(title, "", "", false),
    };
    let mut alive = Alive::default();
    let known = triggers(known, "", "", false);
    for trigger in &known {
        alive.count(trigger);
    }
    line.triggers.retain(|trigger| !alive.take(trigger));
    line.triggers
        .iter_mut()
        .for_each(|trigger| alive.spare(trigger));
    let mut safe = String::with_capacity(title.len() + 8);
    line.write(&mut safe);
    safe
}

/// A text without the joiners of [`outgoing`].
pub fn without_joiners(text: &str) -> String {
    text.replace(JOINER, "")
}

const MARK: &str = "pulse-sync:";
