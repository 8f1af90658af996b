//! The screens as a person meets them: keys in, pictures and requests out. Nothing here opens a terminal.
//!
//! The pictures are kept in `tests/screens/pictures`. One that is missing or differs fails the test; after a wanted
//! change, `INSTA_UPDATE=always cargo test --test screens` writes them anew, to be looked at before they are committed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::assigning_clones,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_possible_wrap,
    clippy::doc_markdown,
    clippy::large_types_passed_by_value,
    clippy::redundant_clone,
    clippy::redundant_closure,
    clippy::similar_names,
    clippy::single_element_loop,
    clippy::too_many_lines,
    reason = "tables and hand-made data read best in one piece"
)]

#[path = "screens/aside.rs"]
mod aside;
#[path = "screens/behaviour.rs"]
mod behaviour;
#[path = "screens/doctor.rs"]
mod doctor;
#[path = "screens/filters.rs"]
mod filters;
#[path = "screens/guard.rs"]
mod guard;
#[path = "screens/holds.rs"]
mod holds;
#[path = "screens/hostile.rs"]
mod hostile;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/layouts.rs"]
mod layouts;
#[path = "screens/listed.rs"]
mod listed;
#[path = "screens/make.rs"]
mod make;
#[path = "screens/planned.rs"]
mod planned;
#[path = "screens/preview.rs"]
mod preview;
#[path = "screens/queue.rs"]
mod queue;
#[path = "screens/resolver.rs"]
mod resolver;
#[path = "screens/scenes.rs"]
mod scenes;
#[path = "screens/told.rs"]
mod told;
#[path = "screens/views.rs"]
mod views;
