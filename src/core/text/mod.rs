//! Text as both services write it: canonical lines, three-way merge, what is neutralised on the way.
//!
//! A text is kept as each side wrote it; only `\r\n` becomes `\n`, until [`with_ends_of`]. Whether two texts say the
//! same is decided on canonical lines ([`lines`], [`same`]), which forget everything a trip from
//! GitHub through Notion's enhanced Markdown and back may change: bullets, emphasis marks,
//! escapes, blank lines, indents, table syntax, expiring signatures in addresses.
//!
//! [`for_notion`] and [`from_notion`] translate, [`merge()`] joins two people's edits without
//! losing a line, [`outgoing()`] takes the teeth out of text that goes to a public place.

mod assemble;
mod block;
mod container;
mod diff3;
mod emphasis;
mod endings;
mod flavour;
mod hunk;
mod indented;
mod inline;
mod key;
mod leaf;
pub mod limits;
pub mod marker;
mod mention;
mod merge;
mod outgoing;
mod patch;
mod private;
mod render;
mod rendering;
mod table;
mod trigger;

pub use endings::with_ends_of;
pub use flavour::{for_notion, from_notion};
pub use hunk::hunk;
pub use key::{
    Line, Reading, canonical, lines, normalised, page_lines, same, same_words, says_more,
};
pub use merge::{Hunk, Merged, Part, Pick, apply_change, merge, merge_readings, merge_winning};
pub use outgoing::{outgoing, outgoing_beside, outgoing_title, without_joiners};
pub use patch::carried;
pub use private::{Split, holds_foreign_blocks, mark_public, split_private, unmark_public};
pub use rendering::{Rendered, rendered};
