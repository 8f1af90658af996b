//! The whole program between the small services: kills, agreement, a person's answers, bad days.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "end_to_end/rig.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod rig;

#[path = "end_to_end/adopted.rs"]
mod adopted;
#[path = "end_to_end/agree.rs"]
mod agree;
#[path = "end_to_end/answers.rs"]
mod answers;
#[path = "end_to_end/asked.rs"]
mod asked;
#[path = "end_to_end/bad_days.rs"]
mod bad_days;
#[path = "end_to_end/bad_items.rs"]
mod bad_items;
#[path = "end_to_end/clock.rs"]
mod clock;
#[path = "end_to_end/commits.rs"]
mod commits;
#[path = "end_to_end/denied.rs"]
mod denied;
#[path = "end_to_end/doctor.rs"]
mod doctor;
#[path = "end_to_end/errors.rs"]
mod errors;
#[path = "end_to_end/fields.rs"]
mod fields;
#[path = "end_to_end/first_days.rs"]
mod first_days;
#[path = "end_to_end/glance.rs"]
mod glance;
#[path = "end_to_end/kill.rs"]
mod kill;
#[path = "end_to_end/limits.rs"]
mod limits;
#[path = "end_to_end/links.rs"]
mod links;
#[path = "end_to_end/mass.rs"]
mod mass;
#[path = "end_to_end/partly.rs"]
mod partly;
#[path = "end_to_end/placed.rs"]
mod placed;
#[path = "end_to_end/public.rs"]
mod public;
#[path = "end_to_end/refused_pages.rs"]
mod refused_pages;
#[path = "end_to_end/retention.rs"]
mod retention;
#[path = "end_to_end/review.rs"]
mod review;
#[path = "end_to_end/routes.rs"]
mod routes;
#[path = "end_to_end/scope.rs"]
mod scope;
#[path = "end_to_end/service.rs"]
mod service;
#[path = "end_to_end/set_aside.rs"]
mod set_aside;
#[path = "end_to_end/taken_over.rs"]
mod taken_over;
#[path = "end_to_end/texts.rs"]
mod texts;
#[path = "end_to_end/truth.rs"]
mod truth;
#[path = "end_to_end/undone.rs"]
mod undone;
#[path = "end_to_end/unlisted.rs"]
mod unlisted;
#[path = "end_to_end/unseen.rs"]
mod unseen;
#[path = "end_to_end/words.rs"]
mod words;
