//! What the marked answer would write, item by item.

use super::{Answer, HaltScreen};
use crate::core::Value;
use crate::core::guard::{Halt, Reason};
use crate::engine::answers::PutBack;
use crate::engine::held::HeldItem;
use crate::ui::app::App;
use crate::ui::canvas::{Ink, ink};
use crate::ui::data::short;
use crate::ui::screens::record::before_and_after;
use crate::ui::text::{ago, called, width};
use crate::ui::theme::Meaning;

impl HaltScreen {
    /// What the list is about: what the marked answer would write.
    pub(super) fn head(&self, halt: &Halt) -> String {
        let other = halt.side.other();
        match (halt.reason, self.answer) {
            // Pages and issues can be held together.
            (Reason::Trashes, Answer::Apply) => "Gone; trashed, or closed".to_owned(),
            (Reason::Trashes, ..) => "Gone; kept, in step with nothing".to_owned(),
            (Reason::Public, Answer::Refuse) => "Stays in Notion".to_owned(),
            (Reason::Public, _) => "Goes to GitHub, word for word".to_owned(),
            (_, Answer::Apply) => format!("Was → now, goes to {}", other.name()),
            _ => "Now → put back".to_owned(),
        }
    }

    /// One item: its name, then each field with what it shows now and what it would show again; where the changes are
    /// to be applied, with what it showed before and what the other side gets.
    pub(super) fn item_lines(
        &self,
        app: &App,
        halt: &Halt,
        item: &HeldItem,
        room: usize,
    ) -> Vec<Vec<Ink>> {
        let mut lines = vec![vec![
            ink(format!("{:<6} ", short(&item.item)), Meaning::Title),
            ink(item.title.clone(), Meaning::Text),
        ]];
        let applies = self.answer == Answer::Apply || halt.reason == Reason::Public;
        let changes = if applies { &item.forth } else { &item.backs };
        lines.extend(changes.iter().flat_map(|change| change_lines(change, room)));
        if applies && !item.follow.is_empty() {
            let names: Vec<&str> = item
                .follow
                .iter()
                .map(|field| called(field.as_str()))
                .collect();
            let text = format!("  with it: {}", names.join(", "));
            lines.push(vec![ink(text, Meaning::Dim)]);
        }
        if !matches!(halt.reason, Reason::Trashes | Reason::Public) {
            lines.extend(self.unsure(app, halt, item));
        }
        lines
    }

    /// What is not known of an item, or that there is nothing to write.
    fn unsure(&self, app: &App, halt: &Halt, item: &HeldItem) -> Vec<Vec<Ink>> {
        let applies = self.answer == Answer::Apply;
        let say = |text: &str, tone| vec![ink(format!("  {text}"), tone)];
        let side = halt.side.name();
        let mut lines = Vec::new();
        if item.text_unread {
            let text = "text: may have changed, too; that is no part of this answer";
            lines.push(say(text, Meaning::Warn));
        }
        if !item.later.is_empty() {
            let names: Vec<&str> = item
                .later
                .iter()
                .map(|change| called(change.field.as_str()))
                .collect();
            let text = format!(
                "changed since this was asked, and no part of the answer: {}",
                names.join(", ")
            );
            lines.push(say(&text, Meaning::Warn));
        }
        match item.at {
            None => lines.push(say(
                &format!("{side} has not listed it since; it is read before anything is written"),
                Meaning::Warn,
            )),
            Some(at) if item.forth.is_empty() && item.later.is_empty() && !item.text_unread => {
                let ago = ago(app.data.now.since(at));
                let nothing = if applies { "write" } else { "put back" };
                let text = format!("shows the last agreement again ({ago}): nothing to {nothing}");
                lines.push(say(&text, Meaning::Dim));
            }
            _ => {}
        }
        lines
    }
}

/// One field in one line where both values fit, else by the lines that differ.
fn change_lines(back: &PutBack, room: usize) -> Vec<Vec<Ink>> {
    const FIELD: usize = 14;
    let told = |value: &Value| match value.brief(400) {
        text if text.is_empty() => "(nothing)".to_owned(),
        text => text,
    };
    let is_short = |value: &Value| !value.as_text().contains('\n');
    let (now, then) = (told(&back.now), told(&back.then));
    let field = ink(
        format!("  {:<FIELD$} ", called(back.field.as_str())),
        Meaning::Dim,
    );
    if let Some(why) = &back.refused {
        let parts = [
            field,
            ink(now, Meaning::Text),
            ink(format!("   {why}"), Meaning::Warn),
        ];
        return vec![parts.to_vec()];
    }
    let fits = width(&now) + width(&then) + FIELD + 8 <= room;
    if fits && is_short(&back.now) && is_short(&back.then) {
        let arrow = ink("  →  ", Meaning::Dim);
        return vec![vec![
            field,
            ink(now, Meaning::Remove),
            arrow,
            ink(then, Meaning::Add),
        ]];
    }
    let mut lines = before_and_after(back.field.as_str(), &back.now, &back.then, room - 2);
    for line in &mut lines {
        line.insert(0, ink("  ", Meaning::Dim));
    }
    lines
}
