//! Carries out the engine's requests on the services, as each service would.

use super::github::{IssueEdit, NewIssue, Refusal, Repo, State, StateReason};
use super::notion::{self, Id, Props};
use super::oracle;
use super::sabotage::Sabotage;
use super::views::{say, with_marker};
use super::world::{Author, BOT, World};
use crate::core::mapping::{ID_PROPERTY, KIND_PROPERTY};
use crate::core::{
    Action, Change, Draft, FieldKey, Mapping, Observation, PropertyKind, Side, Step, Value,
};
use crate::remote::RemoteError;

/// Carries a step out and gives what the service answers with. Every change is logged and judged by the oracle.
pub fn carry_out(
    world: &mut World,
    step: &Step,
    target: Option<&Observation>,
) -> Result<Observation, RemoteError> {
    let before = target.and_then(|target| {
        let latest = world.latest(step.side, &target.id.node)?;
        Some(latest.seen.clone())
    });
    let versions = world.log.len();
    let answer = match step.side {
        Side::Github => github(world, step, target),
        Side::Notion => notion(world, step, target),
    };
    if let Ok(post) = &answer {
        let node = post.id.node.clone();
        world.note(step.side, &node, Author::Engine);
        if world.log.len() > versions {
            world.figures.writes += 1;
        }
        oracle::written(world, step, before.as_deref(), &node);
    }
    let outcome = match &answer {
        Ok(post) => post.id.locator.clone(),
        Err(error) => error.to_string(),
    };
    let verb = step.verb();
    world.event("applied", verb, |world| {
        let node = target.map_or("", |target| target.id.node.as_str());
        format!(
            "{} {outcome} {}",
            world.name(step.side, node),
            oracle::brief(step)
        )
    });
    answer
}

fn refused(status: u16, message: &str) -> RemoteError {
    RemoteError::Refused {
        status,
        field: None,
        message: message.to_owned(),
    }
}

fn github_error(refusal: &Refusal) -> RemoteError {
    refused(refusal.status(), &refusal.to_string())
}

fn github(
    world: &mut World,
    step: &Step,
    target: Option<&Observation>,
) -> Result<Observation, RemoteError> {
    let node = match &step.action {
        Action::Create(draft) => create_issue(world, draft)?,
        Action::Patch(changes) => {
            let target = target.ok_or_else(|| refused(400, "no target"))?;
            patch_issue(world, changes, target)?;
            target.id.node.clone()
        }
        Action::Close => {
            let target = target.ok_or_else(|| refused(400, "no target"))?;
            let edit = IssueEdit {
                state: Some(State::Closed),
                state_reason: Some(StateReason::NotPlanned),
                ..IssueEdit::default()
            };
            edit_issue(world, target, edit)?;
            target.id.node.clone()
        }
        Action::Trash | Action::Restore => return Err(refused(400, "not on GitHub")),
    };
    let shown = super::views::show(world, Side::Github, &node);
    let mut shown = shown.ok_or_else(|| refused(404, "Not Found"))?;
    if matches!(step.changes(), [change] if change.field == FieldKey::LABELS) {
        // The label calls answer with the labels alone.
        shown.fields.retain(|key, _| *key == FieldKey::LABELS);
        (shown.stamp, shown.raw_body, shown.marker) = (None, None, None);
    }
    Ok(shown)
}

fn place(target: &Observation) -> Result<(String, u64), RemoteError> {
    target
        .id
        .locator
        .rsplit_once('#')
        .and_then(|(repo, number)| Some((repo.to_owned(), number.parse().ok()?)))
        .ok_or_else(|| refused(400, "not an issue"))
}

fn edit_issue(world: &mut World, target: &Observation, edit: IssueEdit) -> Result<(), RemoteError> {
    let (repo, number) = place(target)?;
    let now = world.now;
    let done = world.hub.edit_issue(now, BOT, &repo, number, edit);
    done.map(|_| ()).map_err(|refusal| github_error(&refusal))
}

fn create_issue(world: &mut World, draft: &Draft) -> Result<String, RemoteError> {
    let text = |key: &FieldKey| draft.fields.get(key).map_or("", Value::as_text).to_owned();
    let names = |key: &FieldKey| -> Vec<String> {
        let names = draft.fields.get(key).map(Value::names);
        names.unwrap_or_default().into_iter().collect()
    };
    let repo = world.hub.repo(&draft.container);
    let repo = repo.map_err(|refusal| github_error(&refusal))?;
    let milestone = milestone(repo, &text(&FieldKey::MILESTONE))?;
    let assignable = |login: &String| repo.assignable(login).is_some();
    let assignees = names(&FieldKey::ASSIGNEES)
        .into_iter()
        .filter(assignable)
        .collect();
    let mut new = NewIssue {
        title: text(&FieldKey::TITLE),
        body: Some(with_marker(&text(&FieldKey::BODY), &draft.marker)),
        labels: names(&FieldKey::LABELS),
        assignees,
        milestone,
        kind: None,
    };
    if world.chance(world.faults.dropped) {
        world.figures.fault("dropped");
        (new.labels, new.assignees, new.milestone) = (Vec::new(), Vec::new(), None);
    }
    let now = world.now;
    let made = world.hub.create_issue(now, BOT, &draft.container, new);
    made.map(|issue| issue.node_id.clone())
        .map_err(|refusal| github_error(&refusal))
}

fn milestone(repo: &Repo, title: &str) -> Result<Option<u64>, RemoteError> {
    if title.is_empty() {
        return Ok(None);
    }
    let known = repo.milestones.values().find(|one| one.title == title);
    known
        .map(|one| Some(one.number))
        .ok_or_else(|| RemoteError::Refused {
            status: 422,
            field: Some(FieldKey::MILESTONE),
            message: format!("no milestone {title}; make it on GitHub"),
        })
}

fn patch_issue(
    world: &mut World,
    changes: &[Change],
    target: &Observation,
) -> Result<(), RemoteError> {
    if let [change] = changes
        && matches!(change.pre, Value::Set(_))
    {
        return patch_set(world, change, target);
    }
    let (repo, _) = place(target)?;
    let mut edit = IssueEdit::default();
    for change in changes {
        let new = change.new.as_text();
        match change.field.as_str() {
            "title" => edit.title = Some(new.to_owned()),
            "body" => {
                let text = match &target.marker {
                    Some(key) => with_marker(new, &key.0),
                    None => new.to_owned(),
                };
                edit.body = Some(Some(text));
            }
            "state" => edit.state = State::parse(new),
            "closed_as" => edit.state_reason = StateReason::parse(&new.replace(' ', "_")),
            "milestone" => {
                let repo = world
                    .hub
                    .repo(&repo)
                    .map_err(|refusal| github_error(&refusal))?;
                edit.milestone = Some(milestone(repo, new)?);
            }
            other => return Err(refused(400, &format!("{other} cannot be patched"))),
        }
    }
    if edit.milestone.is_some() && world.chance(world.faults.dropped) {
        world.figures.fault("dropped");
        edit.milestone = None;
    }
    // The service heeds a reason only with a change of state; a closed issue gets a new one by closing it again.
    if edit.state_reason.is_some() && edit.state.is_none() {
        return reclose(world, target, edit);
    }
    edit_issue(world, target, edit)
}

fn reclose(
    world: &mut World,
    target: &Observation,
    mut edit: IssueEdit,
) -> Result<(), RemoteError> {
    let (repo, number) = place(target)?;
    let closed = world
        .hub
        .issue(&repo, number)
        .is_ok_and(|issue| issue.state == State::Closed);
    if closed {
        let open = IssueEdit {
            state: Some(State::Open),
            ..IssueEdit::default()
        };
        edit_issue(world, target, open)?;
        edit.state = Some(State::Closed);
    }
    edit_issue(world, target, edit)
}

fn patch_set(world: &mut World, change: &Change, target: &Observation) -> Result<(), RemoteError> {
    let (repo, number) = place(target)?;
    let (pre, new) = (change.pre.names(), change.new.names());
    let added: Vec<String> = new.difference(&pre).cloned().collect();
    let gone: Vec<String> = pre.difference(&new).cloned().collect();
    if world.chance(world.faults.dropped) {
        world.figures.fault("dropped");
        let known = world.hub.issue(&repo, number);
        return known.map(|_| ()).map_err(|refusal| github_error(&refusal));
    }
    let now = world.now;
    let hub = &mut world.hub;
    let done = match (change.field.as_str(), added.is_empty()) {
        ("labels", false) => hub.add_labels(now, BOT, &repo, number, &added),
        ("labels", true) => hub.remove_label(now, BOT, &repo, number, &gone.concat()),
        (_, false) => hub.add_assignees(now, BOT, &repo, number, &added),
        (_, true) => hub.remove_assignees(now, BOT, &repo, number, &gone),
    };
    match done {
        Ok(_) => Ok(()),
        Err(Refusal::NotFound) if change.field == FieldKey::LABELS && added.is_empty() => {
            Err(RemoteError::Stale("the label is gone already".to_owned()))
        }
        Err(refusal) => Err(github_error(&refusal)),
    }
}

fn notion_error(refusal: &notion::Refusal) -> RemoteError {
    refused(refusal.status, &refusal.message)
}

fn property(
    mapping: &Mapping,
    change: (&FieldKey, &Value),
    kind: crate::core::Kind,
) -> Option<(String, notion::Value)> {
    let bound = mapping
        .bound(kind)
        .iter()
        .find(|bound| bound.field.key == *change.0)?;
    let (name, kind) = bound.property.as_ref()?;
    Some((name.clone(), say(*kind, change.1)))
}

fn notion(
    world: &mut World,
    step: &Step,
    target: Option<&Observation>,
) -> Result<Observation, RemoteError> {
    let (now, bot) = (world.now, world.notion.bot);
    let page = target.and_then(|target| Id::parse(&target.id.node));
    let target = || target.ok_or_else(|| refused(400, "no target"));
    let page = || page.ok_or_else(|| refused(400, "no page"));
    let mut body_only = false;
    let id = match &step.action {
        Action::Create(draft) => create_page(world, draft)?,
        Action::Patch(changes) => {
            body_only = matches!(changes.as_slice(), [change] if change.field == FieldKey::BODY);
            if let ([change], true) = (changes.as_slice(), body_only) {
                swap_body(world, change, target()?)?;
            } else {
                patch_page(world, changes, target()?)?;
            }
            page()?
        }
        Action::Trash => {
            let done = world.notion.trash(now, bot, page()?);
            done.map_err(|refusal| notion_error(&refusal))?;
            page()?
        }
        Action::Restore => {
            let done = world.notion.restore(now, bot, page()?);
            done.map_err(|refusal| notion_error(&refusal))?;
            page()?
        }
        Action::Close => return Err(refused(400, "not in Notion")),
    };
    let node = id.to_string();
    let shown = super::views::show(world, Side::Notion, &node);
    let mut shown = shown.ok_or_else(|| refused(404, "not found"))?;
    if body_only {
        // The answer to a change of the text shows the text alone.
        shown.fields.retain(|key, _| *key == FieldKey::BODY);
        shown.stamp = None;
    } else {
        shown.fields.remove(&FieldKey::BODY);
        shown.raw_body = None;
    }
    Ok(shown)
}

fn create_page(world: &mut World, draft: &Draft) -> Result<Id, RemoteError> {
    let mapping = std::rc::Rc::clone(&world.mapping);
    let mut props: Props = draft
        .fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|field| property(&mapping, field, draft.kind))
        .collect();
    let own = |name: &str, kind, text: &str| (name.to_owned(), say(kind, &Value::text(text)));
    props.push(own(ID_PROPERTY, PropertyKind::RichText, &draft.marker));
    props.push(own(KIND_PROPERTY, PropertyKind::Select, draft.kind.name()));
    let body = draft.fields.get(&FieldKey::BODY).map_or("", Value::as_text);
    let (now, bot, source) = (world.now, world.notion.bot, world.source);
    let made = world.notion.create_page(now, bot, source, props, body);
    made.map_err(|refusal| notion_error(&refusal))
}

fn patch_page(
    world: &mut World,
    changes: &[Change],
    target: &Observation,
) -> Result<(), RemoteError> {
    let mapping = std::rc::Rc::clone(&world.mapping);
    let props: Props = changes
        .iter()
        .filter_map(|change| property(&mapping, (&change.field, &change.new), target.kind))
        .collect();
    let Some(page) = Id::parse(&target.id.node) else {
        return Err(refused(400, "not a page"));
    };
    let (now, bot) = (world.now, world.notion.bot);
    let done = world.notion.edit_props(now, bot, page, props);
    done.map_err(|refusal| notion_error(&refusal))
}

/// The text is replaced only if it still is what the engine saw.
fn swap_body(world: &mut World, change: &Change, target: &Observation) -> Result<(), RemoteError> {
    let Some(page) = Id::parse(&target.id.node) else {
        return Err(refused(400, "not a page"));
    };
    let (now, bot) = (world.now, world.notion.bot);
    let shown = world.notion.read_body(bot, page);
    let shown = shown.map_err(|refusal| notion_error(&refusal))?;
    let Some(raw) = &target.raw_body else {
        return Err(RemoteError::Stale(
            "the page's text was not read right before".to_owned(),
        ));
    };
    if *raw != shown.markdown && !world.sabotaged(Sabotage::NoBodyCas) {
        return Err(RemoteError::Stale(
            "the page's text was edited in the meantime".to_owned(),
        ));
    }
    let done = world
        .notion
        .set_body(now, bot, page, change.new.as_text(), true);
    done.map_err(|refusal| notion_error(&refusal))
}
