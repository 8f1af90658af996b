//! The screens as a person meets them: keys in, pictures and requests out. Nothing here opens a terminal.
//!
//! The pictures are kept in `tests/screens/pictures`. One that is missing or differs fails the test; after a wanted
//! change, `INSTA_UPDATE=always cargo test --test screens` writes them anew, to be looked at before they are committed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "screens/behaviour.rs"]
mod behaviour;
#[path = "screens/hostile.rs"]
mod hostile;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/layouts.rs"]
mod layouts;
#[path = "screens/make.rs"]
mod make;
#[path = "screens/resolver.rs"]
mod resolver;
#[path = "screens/scenes.rs"]
mod scenes;
#[path = "screens/views.rs"]
mod views;
