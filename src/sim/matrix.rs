//! The crash matrix: small scenarios, each interrupted at every single await point and compared with its
//! uninterrupted end.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::github::{IssueEdit, NewIssue, State};
use super::life::Setup;
use super::notion::{Id, Value as Cell};
use super::world::{Author, PERSON, REPOS, World};
use crate::core::plan::{NewPages, OnTrashed, Rules};
use crate::core::{FieldKey, Life, Policy, Side};
use crate::engine::Ask;

/// What people do before the interrupted run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Scenario {
    IssueIsNew,
    PageIsNew,
    ClosedPageIsNew,
    TitleOnGithub,
    TitleInNotion,
    BodyOnGithub,
    BodyInNotion,
    LabelsOnGithub,
    LabelsInNotion,
    StateOnGithub,
    StateInNotion,
    BothSides,
    Conflict,
    IssueIsDeleted,
    PageIsTrashed,
    PageIsTrashedAndIssueEdited,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::IssueIsNew,
        Self::PageIsNew,
        Self::ClosedPageIsNew,
        Self::TitleOnGithub,
        Self::TitleInNotion,
        Self::BodyOnGithub,
        Self::BodyInNotion,
        Self::LabelsOnGithub,
        Self::LabelsInNotion,
        Self::StateOnGithub,
        Self::StateInNotion,
        Self::BothSides,
        Self::Conflict,
        Self::IssueIsDeleted,
        Self::PageIsTrashed,
        Self::PageIsTrashedAndIssueEdited,
    ];

    fn happen(self, world: &mut World) {
        match self {
            Self::IssueIsNew => open_issue(world, "a second issue"),
            Self::PageIsNew => open_page(world, "Not started"),
            Self::ClosedPageIsNew => open_page(world, "Done"),
            Self::TitleOnGithub => retitle(world, "new on GitHub"),
            Self::TitleInNotion => cell(world, "Title", Cell::text("new in Notion")),
            Self::BodyOnGithub => rewrite(world, "- w1 said\n- w2 said"),
            Self::BodyInNotion => body(world, "- w1 said\n- w3 said"),
            Self::LabelsOnGithub => label(world),
            Self::LabelsInNotion => cell(world, "Labels", Cell::choices(&["label2", "label3"])),
            Self::StateOnGithub => close(world),
            Self::StateInNotion => cell(world, "Status", Cell::choice("Done")),
            Self::BothSides => {
                retitle(world, "new on GitHub");
                body(world, "- w1 said\n- w3 said");
                label(world);
            }
            Self::Conflict => {
                retitle(world, "new on GitHub");
                cell(world, "Title", Cell::text("new in Notion"));
            }
            Self::IssueIsDeleted => delete(world),
            Self::PageIsTrashed => trash(world),
            Self::PageIsTrashedAndIssueEdited => {
                trash(world);
                retitle(world, "new on GitHub");
            }
        }
    }
}

/// How a scenario's matrix went.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Await points of the interrupted run.
    pub points: u64,
    /// What differed or broke, with the point.
    pub failures: Vec<String>,
}

/// Interrupts the scenario's run at every await point, restarts, and compares the ends.
pub fn crash_everywhere(scenario: Scenario) -> Matrix {
    let whole = Ending::of(scenario, None);
    let mut matrix = Matrix {
        points: whole.awaits,
        failures: whole.violations.clone(),
    };
    for point in 1..=whole.awaits {
        let crashed = Ending::of(scenario, Some(point));
        if crashed.state != whole.state {
            let differing: Vec<_> = whole.state.symmetric_difference(&crashed.state).collect();
            matrix
                .failures
                .push(format!("{scenario:?} at {point}: {differing:?}"));
        }
        for violation in crashed.violations {
            matrix
                .failures
                .push(format!("{scenario:?} at {point}: {violation}"));
        }
    }
    matrix
}

struct Ending {
    awaits: u64,
    state: BTreeSet<String>,
    violations: Vec<String>,
}

impl Ending {
    fn of(scenario: Scenario, crash_at: Option<u64>) -> Self {
        let rules = Rules {
            new_pages: NewPages::Ready,
            new_repository: Some(REPOS[0].to_owned()),
            on_trashed: OnTrashed::Close,
            debounce: 30_000,
            revert_again: 3_600_000,
            ..Rules::default()
        };
        let mut setup = Setup::calm(crash_at.unwrap_or(0), Policy::Github, rules, false);
        open_issue(&mut setup.world.borrow_mut(), "the issue");
        setup.heal();
        let before = {
            let mut world = setup.world.borrow_mut();
            scenario.happen(&mut world);
            world.let_pass(200_000);
            world.faults.flight = setup.settings.flight;
            world.figures.awaits
        };
        setup.run(&Ask::default(), crash_at);
        let awaits = setup.world.borrow().figures.awaits - before;
        setup.heal();
        let world = setup.world.borrow();
        Self {
            awaits,
            state: state(&world),
            violations: world.violations.clone(),
        }
    }
}

/// What people see at the end, without ids and times.
fn state(world: &World) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for side in Side::BOTH {
        for node in world.nodes(side) {
            let Some(version) = world.latest(side, &node) else {
                continue;
            };
            let seen = &version.seen;
            let told: Vec<String> = ["title", "body", "labels", "state", "closed_as"]
                .iter()
                .filter_map(|name| seen.field(&FieldKey::of(name)))
                .map(|value| value.brief(80))
                .collect();
            let life = if seen.life == Life::Live {
                "live"
            } else {
                "gone"
            };
            all.insert(format!("{} {life} {}", side.name(), told.join(" | ")));
        }
    }
    all
}

fn open_issue(world: &mut World, title: &str) {
    let new = NewIssue {
        title: title.to_owned(),
        body: Some("- w1 said".to_owned()),
        labels: vec!["label2".to_owned()],
        ..NewIssue::default()
    };
    let now = world.now;
    let made = world.hub.create_issue(now, PERSON, REPOS[0], new);
    if let Ok(node) = made.map(|issue| issue.node_id.clone()) {
        world.note(Side::Github, &node, Author::Human);
    }
}

fn open_page(world: &mut World, status: &str) {
    let props = vec![
        ("Title".to_owned(), Cell::text("a new page")),
        ("Publish".to_owned(), Cell::choice("Ready")),
        ("Status".to_owned(), Cell::choice(status)),
    ];
    let (now, editor, source) = (world.now, world.editor, world.source);
    let made = world
        .notion
        .create_page(now, editor, source, props, "- w9 said");
    if let Ok(page) = made {
        world.note(Side::Notion, &page.to_string(), Author::Human);
    }
}

/// The first object of a side.
fn first(world: &World, side: Side) -> Option<Rc<str>> {
    world.nodes(side).into_iter().next()
}

fn on_issue(world: &mut World, edit: IssueEdit) {
    let Some(node) = first(world, Side::Github) else {
        return;
    };
    let now = world.now;
    let _ = world.hub.edit_issue(now, PERSON, REPOS[0], 1, edit);
    world.note(Side::Github, &node, Author::Human);
}

fn retitle(world: &mut World, title: &str) {
    let title = Some(title.to_owned());
    on_issue(
        world,
        IssueEdit {
            title,
            ..IssueEdit::default()
        },
    );
}

fn rewrite(world: &mut World, text: &str) {
    let body = Some(Some(text.to_owned()));
    on_issue(
        world,
        IssueEdit {
            body,
            ..IssueEdit::default()
        },
    );
}

fn close(world: &mut World) {
    let state = Some(State::Closed);
    on_issue(
        world,
        IssueEdit {
            state,
            ..IssueEdit::default()
        },
    );
}

fn label(world: &mut World) {
    let labels = Some(vec!["label4".to_owned(), "label5".to_owned()]);
    on_issue(
        world,
        IssueEdit {
            labels,
            ..IssueEdit::default()
        },
    );
}

fn delete(world: &mut World) {
    let Some(node) = first(world, Side::Github) else {
        return;
    };
    let now = world.now;
    let _ = world.hub.delete_issue(now, PERSON, REPOS[0], 1);
    world.note(Side::Github, &node, Author::Human);
}

fn on_page(world: &mut World, edit: impl FnOnce(&mut World, Id)) {
    let Some(node) = first(world, Side::Notion) else {
        return;
    };
    if let Some(page) = Id::parse(&node) {
        edit(world, page);
        world.note(Side::Notion, &node, Author::Human);
    }
}

fn cell(world: &mut World, name: &str, value: Cell) {
    on_page(world, |world, page| {
        let (now, editor) = (world.now, world.editor);
        let props = vec![(name.to_owned(), value)];
        let _ = world.notion.edit_props(now, editor, page, props);
    });
}

fn body(world: &mut World, text: &str) {
    on_page(world, |world, page| {
        let (now, editor) = (world.now, world.editor);
        let _ = world.notion.set_body(now, editor, page, text, true);
    });
}

fn trash(world: &mut World) {
    on_page(world, |world, page| {
        let (now, editor) = (world.now, world.editor);
        let _ = world.notion.trash(now, editor, page);
    });
}
