//! A text of one's own: what the editor is given, and what comes back.

use super::{Resolver, drafts};
use crate::core::text::Part;
use crate::core::{Conflict, FieldKey};
use crate::ui::app::Effect;
use crate::ui::canvas::ink;
use crate::ui::data::Data;
use crate::ui::drafts::{Draft, Drafts};
use crate::ui::theme::Meaning;

impl Resolver {
    pub(super) fn edit(&mut self, data: &Data, drafts: &Drafts, out: &mut Vec<Effect>) {
        let Some(line) = self.decidable(data) else {
            return;
        };
        let conflict = &line.conflict;
        if !is_text(conflict) {
            self.note = Some(ink(
                "only texts can be written by hand: take a side",
                Meaning::Warn,
            ));
            return;
        }
        let text = drafts
            .get(conflict)
            .and_then(|draft| drafts::outcome(conflict, draft))
            .map_or_else(
                || with_markers(conflict),
                |value| value.as_text().to_owned(),
            );
        out.push(Effect::Edit(conflict.id.clone(), text));
    }

    /// The editor came back. A text with markers left in it is no choice.
    pub fn edited(&mut self, id: &str, text: Option<String>, data: &Data, drafts: &mut Drafts) {
        let line = self
            .open(data)
            .into_iter()
            .find(|line| line.conflict.id == id);
        let (Some(line), Some(text)) = (line, text) else {
            self.note = Some(ink("left as it was", Meaning::Dim));
            return;
        };
        let is_title = line.conflict.field.as_ref() == Some(&FieldKey::TITLE);
        let text = if is_title {
            text.trim().to_owned()
        } else {
            text
        };
        if has_markers(&text) {
            self.note = Some(ink(
                "there are markers left in the text: no choice yet",
                Meaning::Warn,
            ));
        } else if is_title && (text.is_empty() || text.contains('\n')) {
            self.note = Some(ink("a title is one line of text", Meaning::Warn));
        } else {
            drafts.set(&line.conflict, Some(Draft::Own(text)));
        }
    }
}

fn is_text(conflict: &Conflict) -> bool {
    let key = conflict.field.as_ref();
    key == Some(&FieldKey::TITLE) || key == Some(&FieldKey::BODY)
}

/// Both sides and the base, for the editor.
fn with_markers(conflict: &Conflict) -> String {
    let Some(parts) = drafts::parts(conflict) else {
        return format!(
            "<<<<<<< GitHub\n{}\n||||||| base\n{}\n=======\n{}\n>>>>>>> Notion\n",
            conflict.github.as_text(),
            conflict.base.as_text(),
            conflict.notion.as_text()
        );
    };
    let line = |text: &str| {
        if text.is_empty() || text.ends_with('\n') {
            text.to_owned()
        } else {
            format!("{text}\n")
        }
    };
    parts
        .iter()
        .map(|part| match part {
            Part::Settled(text) => line(text),
            Part::Conflict(hunk) => format!(
                "<<<<<<< GitHub\n{}||||||| base\n{}=======\n{}>>>>>>> Notion\n",
                line(&hunk.ours),
                line(&hunk.base),
                line(&hunk.theirs)
            ),
        })
        .collect()
}

fn has_markers(text: &str) -> bool {
    let markers = ["<<<<<<< GitHub", "||||||| base", ">>>>>>> Notion"];
    text.lines().any(|line| markers.contains(&line.trim_end()))
}
