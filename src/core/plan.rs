//! The plan: what would be written for one pair, and why. A pure function.
//!
//! The rows I1–I17 (items) are here, the rows F0–F13 (fields) in [`super::decide`].

use std::collections::{BTreeMap, BTreeSet};

use super::codec::Said;
use super::decide::{self, Looked};
use super::scope::{Scope, Wanted, names};
use super::told;
use super::{
    Action, Base, Blocked, Change, Conflict, Draft, FieldKey, Kind, Life, Mapping, ObjectId,
    Observation, Pair, PairLife, Policy, Row, Side, Step, Time, Value,
};

/// Why an item that left the selection is unlinked.
pub const OUTSIDE: &str = "outside the selection";

/// When a page that a person made becomes an issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewPages {
    /// When its `Publish` property says `Ready`.
    #[default]
    Ready,
    /// Every page with a title, once it has rested.
    All,
    /// Never.
    Ignore,
}

/// What happens to an issue whose page was put into the trash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTrashed {
    /// The pair is unlinked, the issue stays as it is.
    #[default]
    Unlink,
    /// The issue is closed as not planned (guarded).
    Close,
}

/// What comes before the first issue that a link makes in a public repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToPublic {
    /// Its words are shown, and a person is asked.
    #[default]
    Ask,
    /// Nothing.
    Allow,
}

/// What happens to conflicts of items that have a label on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByLabel {
    /// The label's name, by pattern.
    pub label: glob::Pattern,
    /// The field; none = every one.
    pub field: Option<FieldKey>,
    /// What happens.
    pub policy: Policy,
}

/// The policies of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which new pages become issues.
    pub new_pages: NewPages,
    /// `owner/repo` for new issues whose page names none.
    pub new_repository: Option<String>,
    /// The repositories that issues are made in.
    pub scope: Scope,
    /// What an item must be: no issue is made that would be let go of at once. Where one of several labels is asked for,
    /// a new issue has one of them, or gets the first of them that is no pattern.
    pub wanted: Wanted,
    /// The account that issues are made as; empty where it is not known.
    pub me: String,
    /// What comes before the first issue in a public repository.
    pub public: ToPublic,
    /// What a trashed page means.
    pub on_trashed: OnTrashed,
    /// How long a new page must rest, in milliseconds.
    pub debounce: i64,
    /// Foreign edits of a mirror field are put back once within this many milliseconds.
    pub revert_again: i64,
    /// A refused write is tried again by the first full listing after this many milliseconds: what was refused may be
    /// allowed by then. 0 = only when a person says so or the value changes.
    pub refused_again: i64,
    /// Other policies for items with a label; the first that fits counts.
    pub by_label: Vec<ByLabel>,
    /// Stamps of the two services that are nearer than this, in milliseconds, cannot be ordered: Notion's are rounded
    /// to the minute.
    pub newest_apart: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            new_pages: NewPages::default(),
            new_repository: None,
            scope: Scope::default(),
            wanted: Wanted::default(),
            me: String::new(),
            public: ToPublic::default(),
            on_trashed: OnTrashed::default(),
            debounce: 0,
            revert_again: 0,
            refused_again: 0,
            by_label: Vec::new(),
            newest_apart: 120_000,
        }
    }
}

/// Everything that a plan depends on.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The pair as stored.
    pub pair: &'a Pair,
    /// GitHub's side; none where it is unknown.
    pub github: Option<&'a Observation>,
    /// Notion's side; none where it is unknown.
    pub notion: Option<&'a Observation>,
    /// What is kept in step.
    pub mapping: &'a Mapping,
    /// The link's policies.
    pub rules: &'a Rules,
    /// Fields that cannot be kept in step now (F13).
    pub paused: &'a BTreeSet<FieldKey>,
    /// Whether a GitHub object belongs to the link's selection.
    pub in_scope: bool,
    /// Now, on our own clock.
    pub now: Time,
}

impl<'a> Input<'a> {
    /// One side's observation.
    pub const fn seen(&self, side: Side) -> Option<&'a Observation> {
        match side {
            Side::Github => self.github,
            Side::Notion => self.notion,
        }
    }
}

/// A change of the pair itself that needs no write to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// The field's base is this now.
    Agree(FieldKey, Base),
    /// A conflict was found.
    Open(Box<Conflict>),
    /// An open conflict's values moved on; a choice made against the old ones is void.
    Update(String, Value, Value),
    /// A conflict is over.
    Close(String, &'static str),
    /// The field can be tried again, its source value changed.
    Unblock(FieldKey),
    /// The field cannot be written.
    Block(FieldKey, Blocked),
    /// A foreign value of a mirror field is put back.
    Reverted(FieldKey, Value),
    /// A conflict is decided by policy; both values go to the history.
    Decided(FieldKey, Side, Value),
    /// The pair stands elsewhere now.
    Life(PairLife),
    /// The GitHub object has another name now.
    Relink(ObjectId),
    /// Look again at this time.
    Later(Time, String),
    /// One side cannot be reached; with back-off.
    Unreachable(Side),
    /// A field changed on the other side of this one, which did not show it whole: the pair waits, and says why.
    Unseen(Side, FieldKey),
    /// Two decisions about the whole item met, and one of them won: told to the history.
    Overruled(String),
}

/// What would be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Changes of the pair that need no write.
    pub moves: Vec<Move>,
    /// Writes, in order; only the first is carried out before everything is read again, unless the next one is on
    /// the same side.
    pub steps: Vec<Step>,
    /// Which row decided for which field.
    pub rows: Vec<(Option<FieldKey>, Row)>,
}

impl Plan {
    fn row(&mut self, row: Row) {
        self.rows.push((None, row));
    }

    fn life(row: Row, life: PairLife) -> Self {
        Self {
            moves: vec![Move::Life(life)],
            steps: Vec::new(),
            rows: vec![(None, row)],
        }
    }

    fn act(row: Row, side: Side, action: Action) -> Self {
        Self {
            moves: Vec::new(),
            steps: vec![Step { side, action, row }],
            rows: vec![(None, row)],
        }
    }

    /// Whether there is nothing to do and nothing to note.
    pub const fn is_idle(&self) -> bool {
        self.moves.is_empty() && self.steps.is_empty()
    }

    /// Whether a turn found everything in step, so that the pair need not be looked at again until something happens.
    pub fn is_settled(&self) -> bool {
        self.steps.is_empty()
            && !self.moves.iter().any(|m| {
                matches!(
                    m,
                    Move::Later(..) | Move::Unreachable(_) | Move::Unseen(..) | Move::Relink(_)
                )
            })
    }
}

/// Decides for one pair.
pub fn plan(input: &Input<'_>) -> Plan {
    let mut plan = plan_item(input);
    if input.pair.life != PairLife::Tombstone {
        told::add(input, &mut plan);
    }
    plan
}

fn plan_item(input: &Input<'_>) -> Plan {
    match (&input.pair.life, input.github, input.notion) {
        (PairLife::Tombstone, _, _) => Plan::default(),
        (_, Some(github), None) if input.pair.notion.is_none() => plan_new_github(input, github),
        (_, None, Some(notion)) if input.pair.github.is_none() => plan_new_notion(input, notion),
        (_, Some(github), Some(notion)) => plan_both(input, github, notion),
        _ => Plan::default(),
    }
}

/// I1: a GitHub item without a page.
fn plan_new_github(input: &Input<'_>, github: &Observation) -> Plan {
    match &github.life {
        Life::Live if !input.in_scope => {
            Plan::life(Row::I14, PairLife::Unlinked(OUTSIDE.to_owned()))
        }
        Life::Live => Plan::act(
            Row::I1,
            Side::Notion,
            Action::Create(Box::new(draft_page(input, github))),
        ),
        Life::Gone | Life::Trashed => Plan::life(Row::I9, PairLife::Tombstone),
        Life::MovedTo(there) if input.in_scope => relink(there),
        Life::MovedTo(_) => Plan::life(Row::I11, PairLife::Tombstone),
        Life::Unreachable => unreachable_side(Side::Github),
    }
}

/// I2: a page without an issue.
fn plan_new_notion(input: &Input<'_>, notion: &Observation) -> Plan {
    match &notion.life {
        Life::Live => {}
        Life::Gone | Life::Trashed => return Plan::life(Row::I9, PairLife::Tombstone),
        Life::MovedTo(_) | Life::Unreachable => return unreachable_side(Side::Notion),
    }
    let mut plan = Plan::default();
    plan.row(Row::I2);
    if !wants_issue(input, notion) {
        plan.steps.extend(told::withdraw(input, notion));
        return plan;
    }
    if let Some(kind) = other_kind(notion) {
        let why = format!(
            "only issues can be made of pages, and this one's Kind is {kind}; choose Issue, or empty it"
        );
        return no_issue(input, notion, why);
    }
    let edited = notion.stamp.as_ref().map(|stamp| stamp.at);
    let edited = match input.pair.dirty_since {
        // By our clock it was edited in the future, so the clocks differ: it rests from when we first saw it.
        Some(seen) if edited.is_some_and(|at| at > input.now) => Some(seen),
        _ => edited,
    };
    let rested = edited.unwrap_or(notion.read_at).plus(input.rules.debounce);
    if rested > input.now {
        plan.moves.push(Move::Later(
            rested,
            "a new page rests before an issue is made of it".to_owned(),
        ));
        return plan;
    }
    match draft_issue(input, notion) {
        Ok(draft) => plan.steps.push(Step {
            side: Side::Github,
            action: Action::Create(Box::new(draft)),
            row: Row::I2,
        }),
        Err(reason) => return no_issue(input, notion, reason),
    }
    plan
}

/// A page of which no issue can be made is set aside, and says why.
pub fn no_issue(input: &Input<'_>, notion: &Observation, why: String) -> Plan {
    let mut plan = Plan::default();
    plan.row(Row::I2);
    plan.steps.extend(told::refuse(input, notion, &why));
    let life = PairLife::Parked(why);
    if input.pair.life != life {
        plan.moves.push(Move::Life(life));
    }
    plan
}

/// Whether a page without an issue is to become one, whatever may stand in the way.
pub fn wants_issue(input: &Input<'_>, notion: &Observation) -> bool {
    let says = notion.field(&FieldKey::PUBLISH);
    let says = says.map_or("", Value::as_text);
    // What we answered there is the wish of before, until a person says otherwise.
    let is_asked = says == told::READY || (says == told::ERROR && told::said_error(input.pair));
    // A page of a kind of somebody's own is no news to us, unless it says that it is to be an issue.
    let is_ours = || notion.kind != Kind::Issue || other_kind(notion).is_none();
    match input.rules.new_pages {
        NewPages::Ignore => false,
        NewPages::All => is_asked || !notion.title().trim().is_empty() && is_ours(),
        NewPages::Ready => is_asked,
    }
}

/// What a page says it is, where that is no issue.
fn other_kind(notion: &Observation) -> Option<&str> {
    let said = notion.field(&FieldKey::KIND).map_or("", Value::as_text);
    match notion.kind {
        Kind::Issue => (!said.is_empty() && Kind::of_name(said).is_none()).then_some(said),
        kind => Some(kind.name()),
    }
}

fn plan_both(input: &Input<'_>, github: &Observation, notion: &Observation) -> Plan {
    if matches!(input.pair.life, PairLife::Unlinked(_))
        && !(github.is_live() && notion.is_live() && input.in_scope)
    {
        return Plan::default();
    }
    match (&github.life, &notion.life) {
        (Life::Unreachable, _) => unreachable_side(Side::Github),
        (_, Life::Unreachable | Life::MovedTo(_)) => unreachable_side(Side::Notion),
        (Life::MovedTo(there), _) if input.in_scope => relink(there),
        (Life::MovedTo(there), _) => Plan::life(
            Row::I11,
            PairLife::Unlinked(format!("moved to {}, outside the selection", there.locator)),
        ),
        (Life::Gone | Life::Trashed, Life::Live) => plan_github_gone(input, notion),
        (Life::Gone | Life::Trashed, _) => Plan::life(Row::I9, PairLife::Tombstone),
        (Life::Live, Life::Trashed | Life::Gone) => plan_page_trashed(input, github),
        // A page that does not say yet whose it is learns that first: without the store nothing else ties the two, and
        // another issue would be made of it.
        (Life::Live, Life::Live) if !input.in_scope && knows_its_item(input, github, notion) => {
            Plan::life(Row::I14, PairLife::Unlinked(OUTSIDE.to_owned()))
        }
        (Life::Live, Life::Live) => {
            let mut plan = plan_fields(input, github, notion);
            // The page is told; nothing goes to an issue that is none of the link's any more.
            plan.steps
                .retain(|step| input.in_scope || step.side == Side::Notion);
            plan
        }
    }
}

/// Whether a page carries its item's id, or cannot be given it.
fn knows_its_item(input: &Input<'_>, github: &Observation, notion: &Observation) -> bool {
    let node = FieldKey::of("node");
    let is_kept = input.mapping.field(input.pair.kind, &node).is_some();
    !is_kept
        || input.paused.contains(&node)
        || input.pair.blocked.contains_key(&node)
        || notion.linked_node.as_deref() == Some(&github.id.node)
}

/// I5, I6: the issue was deleted, its page lives.
fn plan_github_gone(input: &Input<'_>, notion: &Observation) -> Plan {
    if let Some(conflict) = input.pair.conflict_on(None) {
        return match conflict.choice.as_ref().map(|choice| choice.pick.as_str()) {
            Some("github") => Plan::act(Row::Choice, Side::Notion, Action::Trash),
            Some(_) => {
                let mut plan = Plan::life(
                    Row::Choice,
                    PairLife::Unlinked("its issue was deleted".to_owned()),
                );
                plan.moves
                    .insert(0, Move::Close(conflict.id.clone(), "page kept"));
                plan
            }
            None => Plan::default(),
        };
    }
    if decide::changed(input, Side::Notion) {
        let note = "the issue was deleted on GitHub while its page was edited in Notion";
        let mut plan = Plan::default();
        plan.row(Row::I6);
        plan.moves.push(Move::Open(Box::new(life_conflict(
            input,
            None,
            Some(notion),
            note,
        ))));
        return plan;
    }
    Plan::act(Row::I5, Side::Notion, Action::Trash)
}

/// I7, I8: the page was trashed, its issue lives.
fn plan_page_trashed(input: &Input<'_>, github: &Observation) -> Plan {
    if github.kind != Kind::Commit && decide::changed(input, Side::Github) {
        let mut plan = Plan::act(Row::I8, Side::Notion, Action::Restore);
        plan.moves.push(Move::Overruled(
            "the page was put into the trash in Notion while its issue was edited on GitHub: the edit wins, the page comes back"
                .to_owned(),
        ));
        return plan;
    }
    let open = github
        .field(&FieldKey::STATE)
        .is_some_and(|state| state.as_text() == "open");
    if input.rules.on_trashed == OnTrashed::Close && github.kind == Kind::Issue && open {
        return Plan::act(Row::I7, Side::Github, Action::Close);
    }
    Plan::life(
        Row::I7,
        PairLife::Unlinked("its page was put into the trash in Notion".to_owned()),
    )
}

fn unreachable_side(side: Side) -> Plan {
    Plan {
        moves: vec![Move::Unreachable(side)],
        steps: Vec::new(),
        rows: vec![(None, Row::I12)],
    }
}

fn relink(there: &ObjectId) -> Plan {
    Plan {
        moves: vec![Move::Relink(there.clone())],
        steps: Vec::new(),
        rows: vec![(None, Row::I11)],
    }
}

fn life_conflict(
    input: &Input<'_>,
    github: Option<&Observation>,
    notion: Option<&Observation>,
    note: &str,
) -> Conflict {
    let at = |seen: Option<&Observation>| {
        seen.and_then(|seen| seen.stamp.as_ref())
            .map(|stamp| stamp.at)
    };
    Conflict {
        id: decide::conflict_id(input.pair, None, input.now),
        field: None,
        base: Value::Null,
        github: github.map_or(Value::Null, |seen| Value::text(seen.title())),
        notion: notion.map_or(Value::Null, |seen| Value::text(seen.title())),
        github_at: at(github),
        notion_at: at(notion),
        github_by: None,
        notion_by: None,
        found_at: input.now,
        note: note.to_owned(),
        choice: None,
    }
}

/// Both live: the field table, then the writes grouped into requests.
fn plan_fields(input: &Input<'_>, github: &Observation, notion: &Observation) -> Plan {
    let mut plan = Plan::default();
    if input.pair.life != PairLife::Active {
        plan.moves.push(Move::Life(PairLife::Active));
    }
    let mut changes: Vec<(Side, Change)> = Vec::new();
    let looked = Looked { github, notion };
    let fields = input.mapping.fields(input.pair.kind);
    for field in fields.filter(|field| !told::is_told(&field.key)) {
        let ruled = decide::field(input, &looked, field);
        plan.rows.push((Some(field.key.clone()), ruled.row));
        plan.moves.extend(ruled.moves);
        changes.extend(ruled.changes);
    }
    let restoring = input.pair.words.iter().any(|word| word.wrong);
    let when = (input.now, restoring);
    decide::hold_back_reason(&mut changes, github, &mut plan.moves, when);
    plan.steps = group(input, changes);
    plan
}

/// Gathers changes into steps of one request each.
fn group(input: &Input<'_>, changes: Vec<(Side, Change)>) -> Vec<Step> {
    let mut groups: BTreeMap<(Side, u8, usize), Vec<Change>> = BTreeMap::new();
    for (side, change) in changes {
        for (slot, part) in split(input, side, change) {
            let index = groups
                .keys()
                .filter(|(s, g, _)| (*s, *g) == (side, slot))
                .count();
            let shared = slot == MAIN || (side == Side::Notion && slot != BODY);
            groups
                .entry((side, slot, if shared { 0 } else { index }))
                .or_default()
                .push(part);
        }
    }
    groups
        .into_iter()
        .map(|((side, _, _), changes)| Step {
            side,
            row: changes.first().map_or(Row::F1, |change| change.row),
            action: Action::Patch(changes),
        })
        .collect()
}

/// Properties, or the fields of an issue's own PATCH.
const MAIN: u8 = 0;
/// A page's text.
const BODY: u8 = 1;
/// Labels or assignees to remove by themselves.
const REMOVE: u8 = 2;
/// Labels or assignees to add.
const ADD: u8 = 3;
/// Labels or assignees to remove that were taken away along with others being added: an option that got another name
/// looks like that, and while its new name is refused the item keeps the old one.
const REPLACE: u8 = 4;
/// So many assignees has an issue at most, and so many labels.
const MOST: [(FieldKey, usize); 2] = [(FieldKey::ASSIGNEES, 10), (FieldKey::LABELS, 100)];

/// Says which requests a change needs: GitHub adds and removes labels and assignees by requests of their own, and
/// removes labels one by one; Notion writes a page's text apart from its properties.
fn split(input: &Input<'_>, side: Side, change: Change) -> Vec<(u8, Change)> {
    let is_set = change.field == FieldKey::LABELS || change.field == FieldKey::ASSIGNEES;
    match side {
        Side::Notion if change.field == FieldKey::BODY => vec![(BODY, change)],
        Side::Github if is_set => split_set(input, &change),
        _ => vec![(MAIN, change)],
    }
}

fn split_set(input: &Input<'_>, change: &Change) -> Vec<(u8, Change)> {
    let (pre, new) = (change.pre.names(), change.new.names());
    let mut parts = Vec::new();
    let mut now: BTreeSet<String> = pre.clone();
    let mut push = |slot: u8, now: &mut BTreeSet<String>, next: BTreeSet<String>| {
        let part = Change {
            pre: Value::Set(now.clone()),
            new: Value::Set(next.clone()),
            ..change.clone()
        };
        parts.push((slot, part));
        *now = next;
    };
    let (alone, replaced) = removals(input, change);
    for (slot, gone) in [(REMOVE, alone), (ADD, BTreeSet::new()), (REPLACE, replaced)] {
        if slot == ADD && !new.is_subset(&pre) {
            let next = now.union(&new).cloned().collect();
            push(ADD, &mut now, next);
        } else if change.field == FieldKey::ASSIGNEES && !gone.is_empty() {
            let next = now.difference(&gone).cloned().collect();
            push(slot, &mut now, next);
        } else {
            for name in gone {
                let next = now.iter().filter(|other| **other != name);
                let next = next.cloned().collect();
                push(slot, &mut now, next);
            }
        }
    }
    parts
}

/// What a change of a set removes: on its own, and in the place of what it adds. What was still wanted when the
/// additions were refused was taken away later, on its own.
fn removals(input: &Input<'_>, change: &Change) -> (BTreeSet<String>, BTreeSet<String>) {
    let (pre, new) = (change.pre.names(), change.new.names());
    let gone: BTreeSet<String> = pre.difference(&new).cloned().collect();
    let most = MOST.iter().find(|(field, _)| *field == change.field);
    let is_full = most.is_some_and(|(_, most)| pre.union(&new).count() > *most);
    if new.is_subset(&pre) || is_full {
        return (gone, BTreeSet::new());
    }
    let refusal = input.pair.blocked.get(&change.field);
    let refused = refusal.filter(|blocked| blocked.side == Side::Github);
    let field = input.mapping.field(input.pair.kind, &change.field);
    let (Some(refused), Some(field)) = (refused, field) else {
        return (BTreeSet::new(), gone);
    };
    let wanted = refused.source.names();
    gone.into_iter().partition(|name| {
        let option = decide::counterpart(&field.codec, Side::Github, name, &wanted);
        wanted
            .iter()
            .any(|one| one.to_lowercase() == option.to_lowercase())
    })
}

/// A page for a GitHub item: every field that GitHub showed.
fn draft_page(input: &Input<'_>, github: &Observation) -> Draft {
    let mut draft = Draft {
        kind: github.kind,
        fields: BTreeMap::new(),
        source: BTreeMap::new(),
        marker: github.id.node.clone(),
        container: String::new(),
    };
    for field in input.mapping.fields(github.kind) {
        let Some(value) = github.field(&field.key) else {
            continue;
        };
        if field.direction.allows(Side::Notion)
            && !input.paused.contains(&field.key)
            && let Said::Value(said) = field.codec.to_notion(value, None)
        {
            draft.fields.insert(field.key.clone(), said);
            draft.source.insert(field.key.clone(), value.clone());
        }
    }
    told::draft(input, &mut draft);
    draft
}

/// Whether a new issue gets this field by a request of its own: GitHub makes open ones, and a type or an account that it
/// refuses must not keep the issue from being made.
fn is_set_later(key: &FieldKey) -> bool {
    [
        FieldKey::STATE,
        FieldKey::CLOSED_AS,
        FieldKey::TYPE,
        FieldKey::ASSIGNEES,
    ]
    .contains(key)
}

/// What goes to GitHub right after a page's new issue was made, in GitHub's words.
pub fn set_later(mapping: &Mapping, page: &Observation) -> Vec<(FieldKey, Value)> {
    let fields = mapping
        .fields(Kind::Issue)
        .filter(|field| field.direction.allows(Side::Github) && is_set_later(&field.key));
    fields
        .filter_map(|field| {
            let value = page.field(&field.key).filter(|value| !value.is_empty())?;
            match field.codec.to_github(value, None) {
                Said::Value(said) if said != Value::text("open") => Some((field.key.clone(), said)),
                _ => None,
            }
        })
        .collect()
}

/// An issue for a page, or why it cannot be made.
fn draft_issue(input: &Input<'_>, notion: &Observation) -> Result<Draft, String> {
    if notion.title().trim().is_empty() {
        return Err("an issue needs a title; give the page one".to_owned());
    }
    let named = notion
        .field(&FieldKey::REPOSITORY)
        .map_or("", Value::as_text)
        .trim();
    let container = if named.is_empty() {
        input.rules.new_repository.clone()
    } else {
        Some(named.to_owned())
    };
    let container = container
        .ok_or("fill in the page's Repository property (owner/repo): the link has more than one")?;
    if let Some(why) = input.rules.scope.refusal(&container) {
        return Err(why);
    }
    let mut draft = Draft {
        kind: Kind::Issue,
        fields: BTreeMap::new(),
        source: BTreeMap::new(),
        marker: input.pair.key.0.clone(),
        container,
    };
    for field in input.mapping.fields(Kind::Issue) {
        let Some(value) = notion.field(&field.key) else {
            continue;
        };
        if !field.direction.allows(Side::Github) || value.is_empty() || is_set_later(&field.key) {
            continue;
        }
        match field.codec.to_github(value, None) {
            Said::Value(said) => {
                draft.fields.insert(field.key.clone(), said);
                draft.source.insert(field.key.clone(), value.clone());
            }
            Said::Undecided => {}
            Said::Refused(reason) => return Err(reason),
        }
    }
    add_label(&mut draft, &input.rules.wanted.labels);
    match outside(&draft, input.rules) {
        Some(why) => Err(why),
        None => Ok(draft),
    }
}

/// Why the issue of a draft would be none of the link's, so that it is not made; none where it would be.
pub fn outside(draft: &Draft, rules: &Rules) -> Option<String> {
    let mut wanted = rules.wanted.clone();
    if rules.me.is_empty() {
        // Nobody knows as whom it would be made.
        wanted.authors.clear();
        wanted.without_authors.clear();
    }
    let lack = wanted.lack(&as_made(draft, &rules.me))?;
    Some(lack.of_page(&rules.me))
}

/// The issue that a draft makes, as far as selections ask.
fn as_made(draft: &Draft, me: &str) -> Observation {
    let field = |key: FieldKey, none: Value| {
        let value = draft.fields.get(&key).cloned().unwrap_or(none);
        (key, value)
    };
    let fields = [
        field(FieldKey::LABELS, Value::Set(BTreeSet::new())),
        field(FieldKey::MILESTONE, Value::Null),
        (FieldKey::of("author"), Value::text(me)),
    ];
    Observation {
        side: Side::Github,
        kind: draft.kind,
        id: ObjectId {
            node: String::new(),
            locator: format!("{}#0", draft.container),
        },
        life: Life::Live,
        fields: fields.into_iter().collect(),
        stamp: None,
        created: None,
        created_by_us: true,
        marker: None,
        linked_node: None,
        raw_body: None,
        read_at: Time::default(),
    }
}

/// An issue outside the link's selection would be unlinked from its page at once: it gets a label that keeps it in.
///
/// What the page said of labels is no agreement then, so that the label that was added goes to the page.
fn add_label(draft: &mut Draft, wanted: &[glob::Pattern]) {
    let labels = draft.fields.get(&FieldKey::LABELS).map(Value::names);
    let mut labels = labels.unwrap_or_default();
    let is_wanted = |label: &String| wanted.iter().any(|pattern| names(pattern, label));
    let plain = |label: &&glob::Pattern| !label.as_str().contains(['*', '?', '[']);
    if wanted.is_empty() || labels.iter().any(is_wanted) {
        return;
    }
    if let Some(own) = wanted.iter().find(plain) {
        labels.insert(own.as_str().to_owned());
        draft.fields.insert(FieldKey::LABELS, Value::Set(labels));
        draft.source.remove(&FieldKey::LABELS);
    }
}
