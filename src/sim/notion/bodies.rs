//! What can be done to the body of a page.

use std::collections::BTreeSet;

use super::body::{self, Block, BlockKind, Parsed};
use super::history::{BODY, IN_TRASH, Incident, Seen};
use super::ids::Id;
use super::inline;
use super::pages::live;
use super::refusal::Refusal;
use super::span;
use super::state::{Page, Parent, Workspace};

/// One replacement of an `update_content` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentUpdate {
    /// Must be found exactly once, unless `all` is set.
    pub old: String,
    /// What takes its place.
    pub new: String,
    /// Replace every occurrence.
    pub all: bool,
}

/// What a read of a body gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageMarkdown {
    /// The Markdown in Notion's normal form.
    pub markdown: String,
    /// Whether something is missing from it.
    pub truncated: bool,
    /// The first blocks that are missing.
    pub unknown: Vec<Id>,
}

impl Workspace {
    /// Reads the body of a page.
    pub fn read_body(&self, actor: Id, page: Id) -> Result<PageMarkdown, Refusal> {
        let page = self.reach(actor, page)?;
        let shown = page
            .shown_blocks
            .unwrap_or(page.body.len())
            .min(page.body.len());
        let (seen, unseen) = page.body.split_at(shown);
        Ok(PageMarkdown {
            markdown: self.blocks_markdown(seen),
            truncated: !unseen.is_empty(),
            unknown: unseen.iter().take(100).map(|block| block.id).collect(),
        })
    }

    /// Replaces the body. `may_delete` says whether child pages may go to the trash with the old content.
    pub fn set_body(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        markdown: &str,
        may_delete: bool,
    ) -> Result<(), Refusal> {
        self.may_write(actor)?;
        live(self.reach(actor, page)?)?;
        self.replace_body(now, actor, page, body::parse(markdown), may_delete)
    }

    /// Changes the body the way a person does: reads it, changes it, and it is stored.
    pub fn edit_body(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        edit: impl FnOnce(&str) -> String,
    ) -> Result<(), Refusal> {
        let before = live(self.reach(actor, page)?)?;
        let after = edit(&self.markdown(before));
        self.replace_body(now, actor, page, body::parse(&after), true)
    }

    /// Replaces exact pieces of the body, all of them or, when one does not fit, none.
    ///
    /// Each `old` is looked for in what a read shows, after the replacements before it.
    pub fn update_content(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        updates: &[ContentUpdate],
        may_delete: bool,
    ) -> Result<(), Refusal> {
        self.may_write(actor)?;
        let holder = live(self.reach(actor, page)?)?;
        if updates.len() > span::MAX_ARRAY {
            return Err(span::failed(
                "update_content.content_updates.length should be ≤ `100`.",
            ));
        }
        let mut text = self.markdown(holder);
        for update in updates {
            let found = text.matches(update.old.as_str()).count();
            if update.old.is_empty() || found == 0 {
                return Err(Refusal::invalid(format!(
                    "Could not find old_str in the page content: {:?}",
                    update.old
                )));
            }
            if found > 1 && !update.all {
                return Err(Refusal::invalid(format!(
                    "Found {found} matches of old_str in the page content, expected exactly one: {:?}",
                    update.old
                )));
            }
            text = text.replace(update.old.as_str(), &update.new);
        }
        self.replace_body(now, actor, page, body::parse(&text), may_delete)
    }

    /// Adds blocks after the block `after`, at the start (`Some(zero)`), or at the end (`None`).
    pub fn append_blocks(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        mut blocks: Vec<Block>,
        after: Option<Id>,
    ) -> Result<Vec<Id>, Refusal> {
        self.may_write(actor)?;
        let holder = live(self.reach(actor, page)?)?;
        let at = match after {
            None => holder.body.len(),
            Some(Id(0)) => 0,
            Some(id) => 1 + block_at(holder, id)?,
        };
        for block in &mut blocks {
            block.id = self.ids.fresh();
        }
        let made = blocks.iter().map(|block| block.id).collect();
        self.change_blocks(now, actor, page, |body| {
            body.splice(at..at, blocks);
        });
        Ok(made)
    }

    /// Puts another block in the place of one; its id stays.
    pub fn update_block(
        &mut self,
        now: i64,
        actor: Id,
        block: Id,
        kind: BlockKind,
        text: String,
    ) -> Result<(), Refusal> {
        self.may_write(actor)?;
        let (page, at) = self.find_block(actor, block)?;
        self.change_blocks(now, actor, page, |body| {
            body[at].kind = kind;
            body[at].text = text;
        });
        Ok(())
    }

    /// Removes a block and what is nested in it.
    pub fn delete_block(&mut self, now: i64, actor: Id, block: Id) -> Result<Vec<Block>, Refusal> {
        self.may_write(actor)?;
        let (page, at) = self.find_block(actor, block)?;
        let mut gone = Vec::new();
        self.change_blocks(now, actor, page, |body| {
            let depth = body[at].depth;
            let nested = body[at + 1..]
                .iter()
                .take_while(|b| b.depth > depth)
                .count();
            gone = body.drain(at..=at + nested).collect();
        });
        Ok(gone)
    }

    /// Finds the page a block is on and its place there.
    pub fn find_block(&self, actor: Id, block: Id) -> Result<(Id, usize), Refusal> {
        let mut visible = self
            .pages
            .values()
            .filter(|page| !page.in_trash && self.reach(actor, page.id).is_ok());
        visible
            .find_map(|page| block_at(page, block).ok().map(|at| (page.id, at)))
            .ok_or_else(|| Refusal::missing("block", block))
    }

    /// The depth of a block and the last block nested in it, or itself.
    pub fn end_of(&self, page: Id, block: Id) -> (usize, Id) {
        let body = self
            .pages
            .get(&page)
            .map_or(&[][..], |page| page.body.as_slice());
        let Some(at) = body.iter().position(|b| b.id == block) else {
            return (0, block);
        };
        let depth = body[at].depth;
        let nested = body[at + 1..].iter().take_while(|b| b.depth > depth);
        (depth, nested.last().map_or(block, |b| b.id))
    }

    /// Reads the Markdown of one block and what is nested in it.
    pub fn read_block_markdown(&self, actor: Id, block: Id) -> Result<String, Refusal> {
        let (page, at) = self.find_block(actor, block)?;
        let body = &self.reach(actor, page)?.body;
        let depth = body[at].depth;
        let nested = body[at + 1..]
            .iter()
            .take_while(|b| b.depth > depth)
            .count();
        let mut part = body[at..=at + nested].to_vec();
        for block in &mut part {
            block.depth -= depth;
        }
        Ok(self.blocks_markdown(&part))
    }

    fn change_blocks(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        change: impl FnOnce(&mut Vec<Block>),
    ) {
        let Some(holder) = self.pages.get_mut(&page) else {
            return;
        };
        let old = holder.body.clone();
        change(&mut holder.body);
        self.body_changed(now, actor, page, &old);
    }

    fn body_changed(&mut self, now: i64, actor: Id, page: Id, old: &[Block]) {
        let before = Seen::Body(self.blocks_markdown(old));
        let after = Seen::Body(
            self.pages
                .get(&page)
                .map(|p| self.markdown(p))
                .unwrap_or_default(),
        );
        self.record((now, actor), page, BODY, before, after);
        if actor != self.bot || self.options.api_body_edit_moves_time {
            self.touch(now, actor, page);
        }
    }

    /// Stores new content and obeys the tags in it.
    pub(super) fn replace_body(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        content: Parsed,
        may_delete: bool,
    ) -> Result<(), Refusal> {
        let Some(holder) = self.pages.get(&page) else {
            return Err(Refusal::missing("page", page));
        };
        let old = holder.body.clone();
        let blocks = self.resolve_children(now, actor, page, content.blocks);
        let kept: BTreeSet<Id> = body::children(&blocks).into_iter().collect();
        let dropped: Vec<Id> = body::children(&old)
            .into_iter()
            .filter(|id| !kept.contains(id))
            .collect();
        if !dropped.is_empty() && !may_delete {
            let list: Vec<String> = dropped.iter().map(Id::to_string).collect();
            return Err(Refusal::invalid(format!(
                "This would delete child pages or databases: {}. Set allow_deleting_content to true to allow it.",
                list.join(", ")
            )));
        }
        for child in dropped {
            self.drop_child(now, actor, child);
        }
        self.obey(now, actor, page, &blocks);
        self.notify(now, actor, page, &content.mentions);
        if let Some(holder) = self.pages.get_mut(&page) {
            holder.body = body::adopt(&old, blocks, &mut self.ids);
        }
        self.body_changed(now, actor, page, &old);
        Ok(())
    }

    /// Turns data source ids into their database's, and drops tags that name nothing or repeat.
    fn resolve_children(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        blocks: Vec<Block>,
    ) -> Vec<Block> {
        let mut seen = BTreeSet::new();
        let mut out = Vec::with_capacity(blocks.len());
        for mut block in blocks {
            match block.kind {
                BlockKind::ChildDatabase => {
                    block.id = self
                        .sources
                        .get(&block.id)
                        .map_or(block.id, |source| source.database);
                }
                BlockKind::ChildPage => {}
                _ => {
                    out.push(block);
                    continue;
                }
            }
            let id = block.id;
            let exists = self.databases.contains_key(&id) || self.reach(actor, id).is_ok();
            if !exists || id == page {
                self.report((now, actor), Incident::DeadTag { id, page });
            } else if seen.insert(id) {
                out.push(block);
            }
        }
        out
    }

    fn drop_child(&mut self, now: i64, actor: Id, child: Id) {
        if let Some(page) = self.pages.get_mut(&child) {
            page.in_trash = true;
            self.record(
                (now, actor),
                child,
                IN_TRASH,
                Seen::Flag(false),
                Seen::Flag(true),
            );
        } else if let Some(database) = self.databases.get_mut(&child) {
            database.in_trash = true;
        }
        self.report((now, actor), Incident::ChildTrashed { page: child });
    }

    /// Moves and renames what the tags in the content name.
    fn obey(&mut self, now: i64, actor: Id, page: Id, blocks: &[Block]) {
        let home = Parent::Page(page);
        for block in blocks {
            match block.kind {
                BlockKind::ChildPage => {
                    let Some(from) = self.pages.get(&block.id).map(|p| p.parent) else {
                        continue;
                    };
                    if from != home {
                        self.rehouse(now, actor, block.id, home);
                        self.report(
                            (now, actor),
                            Incident::Moved {
                                page: block.id,
                                from,
                                into: page,
                            },
                        );
                    }
                    self.retitle(now, actor, block);
                }
                BlockKind::ChildDatabase => {
                    let Some(database) = self.databases.get_mut(&block.id) else {
                        continue;
                    };
                    if database.parent != home {
                        database.parent = home;
                        let incident = Incident::DatabaseMoved {
                            database: block.id,
                            into: page,
                        };
                        self.report((now, actor), incident);
                    }
                }
                _ => {}
            }
        }
    }

    fn retitle(&mut self, now: i64, actor: Id, block: &Block) {
        let Some(child) = self.pages.get(&block.id) else {
            return;
        };
        if block.text.is_empty() || inline::write(child.title()) == block.text {
            return;
        }
        let before = span::plain(child.title());
        let title = super::value::Value::Text(inline::parse(&block.text));
        self.put(now, actor, block.id, "title", title);
        self.report(
            (now, actor),
            Incident::Renamed {
                page: block.id,
                before,
            },
        );
    }

    /// Tells people who are mentioned more often than before.
    fn notify(&mut self, now: i64, actor: Id, page: Id, mentions: &[Id]) {
        if mentions.is_empty() {
            return;
        }
        let old = self
            .pages
            .get(&page)
            .map(|p| self.markdown(p))
            .unwrap_or_default();
        let mut known = body::parse(&old).mentions;
        for user in mentions {
            match known.iter().position(|id| id == user) {
                Some(at) => {
                    known.swap_remove(at);
                }
                None => self.report((now, actor), Incident::Notified { user: *user, page }),
            }
        }
    }
}

fn block_at(page: &Page, block: Id) -> Result<usize, Refusal> {
    let at = page.body.iter().position(|b| b.id == block);
    at.ok_or_else(|| Refusal::missing("block", block))
}
