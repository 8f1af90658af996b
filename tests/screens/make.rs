//! A screen with something to show, made by hand: snapshots, records, samples. And hands to press its keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use pulse_sync::core::codec::{Codec, Said, StateMap};
use pulse_sync::core::field::{Class, Direction, Field, Policy};
use pulse_sync::core::guard::{Halt, Reason};
use pulse_sync::core::history::FieldChange;
use pulse_sync::core::mapping::Mapping;
use pulse_sync::core::plan::{Move, Plan};
use pulse_sync::core::schedule::{Reason as Due, Scope, Waiting};
use pulse_sync::core::{
    Action as Deed, Base, Change, Conflict, Draft, FieldKey, Key as PairKey, Kind, ObjectId,
    Outcome, Pair, PairId, PairLife, Record, RecordId, RecordKind, Row, Side, Step, Time, Value,
};
use pulse_sync::engine::Snapshot;
use pulse_sync::engine::answers::PutBack;
use pulse_sync::engine::face::{ConflictLine, LinkState, Progress, Writing};
use pulse_sync::engine::held::HeldItem;
use pulse_sync::engine::queue::{QueueLine, Standing};
use pulse_sync::engine::report::{PerSide, Report};
use pulse_sync::engine::run::Planned;
use pulse_sync::ui::app::{Answer, App, Effect, Input, Request};
use pulse_sync::ui::canvas::Canvas;
use pulse_sync::ui::data::{Facts, Level, LogLine, Sample};
use pulse_sync::ui::keymap::{Key, Keymap};
use pulse_sync::ui::text::Zone;
use pulse_sync::ui::theme::{Depth, Glyphs, Look, Palette, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// 2026-11-22 14:32:07 UTC.
pub const NOW: Time = Time(1_795_357_927_000);
/// A minute.
pub const MINUTE: i64 = 60_000;

/// The body of #482: both sides changed its first and its last paragraph.
pub const BASE_TEXT: &str = "Resize the window while a sync runs.\n\nSteps:\n\n1. Start the demo\n2. Make the window small\n3. Look at the footer\n\nNothing else is needed to see it.\n\nExpected: the footer stays whole.\n";
/// GitHub's version of it.
pub const GITHUB_TEXT: &str = "Resize the terminal while a sync runs.\n\nSteps:\n\n1. Start the demo\n2. Make the window small\n3. Look at the footer\n\nNothing else is needed to see it.\n\nExpected: the footer keeps its last key.\n";
/// Notion's version of it.
pub const NOTION_TEXT: &str = "Resize the tmux pane while a sync runs.\n\nSteps:\n\n1. Start the demo\n2. Make the window small\n3. Look at the footer\n\nNothing else is needed to see it.\n\nExpected: the footer wraps.\n";

pub fn pair(name: &str) -> PairId {
    PairId(name.to_owned())
}

pub fn facts() -> Facts {
    Facts {
        subject: "acme/widgets ⇄ Roadmap".to_owned(),
        store: "sqlite".to_owned(),
        zone: Zone::east(0),
        memory_limit: 0.85,
        cpu_limit: 0.9,
        read_only: false,
        log_folder: "the state folder".to_owned(),
        private_headings: BTreeMap::from([("widgets".to_owned(), "Private notes".to_owned())]),
        links: vec![(
            "widgets".to_owned(),
            vec![
                ("GitHub", "acme/widgets".to_owned()),
                ("Notion", "3b5b26b4…".to_owned()),
                ("every", "1h00m, conflicts: ask".to_owned()),
            ],
        )],
    }
}

/// An app before the engine has said anything.
pub fn bare(width: u16, height: u16) -> App {
    let size = Rect::new(0, 0, width, height);
    App::new(facts(), Look::MONO, Keymap::default(), NOW, size)
}

pub fn colours(palette: Palette, glyphs: Glyphs) -> Look {
    let theme = Theme::of(palette, Depth::True);
    Look { theme, glyphs }
}

pub fn urls(number: u32) -> [Option<String>; 2] {
    [
        Some(format!("https://github.com/acme/widgets/issues/{number}")),
        Some(format!("https://www.notion.so/page{number}")),
    ]
}

pub fn conflict(id: &str, field: Option<&str>, values: [Value; 3]) -> Conflict {
    let [base, github, notion] = values;
    Conflict {
        id: id.to_owned(),
        field: field.map(FieldKey::of),
        base,
        github,
        notion,
        github_at: Some(NOW.minus(12 * MINUTE)),
        notion_at: Some(NOW.minus(9 * MINUTE)),
        github_by: Some("kim".to_owned()),
        notion_by: Some("Ada Lovelace".to_owned()),
        found_at: NOW.minus(8 * MINUTE),
        note: "both sides changed it".to_owned(),
        choice: None,
    }
}

/// The field of a conflict as the standard mapping has it; what it does not have is the same on both sides.
fn mapped(key: &FieldKey) -> Field {
    let mapping = Mapping::standard(StateMap::default(), Policy::Ask);
    let known = mapping.field(Kind::Issue, key).cloned();
    known.unwrap_or_else(|| Field {
        key: key.clone(),
        class: Class::Scalar,
        codec: Codec::Same,
        direction: Direction::Both,
        policy: Policy::Ask,
    })
}

pub fn line(number: u32, title: &str, conflict: Conflict) -> ConflictLine {
    let field = conflict.field.as_ref().map(mapped);
    let base = field.as_ref().map(|field| {
        let notion = match field.codec.to_notion(&conflict.base, None) {
            Said::Value(value) => value,
            other => panic!("{other:?}"),
        };
        Base::new(conflict.base.clone(), notion)
    });
    ConflictLine {
        field,
        base,
        pair: pair(&format!("p{number}")),
        urls: urls(number),
        item: format!("acme/widgets#{number}"),
        title: title.to_owned(),
        conflict,
        held_since: None,
    }
}

pub fn texts(base: &str, github: &str, notion: &str) -> [Value; 3] {
    [base, github, notion].map(Value::text)
}

/// #482 in four fields, #519 deleted against edited, #77 in one set.
pub fn conflicts() -> Vec<ConflictLine> {
    let crash = "Crash on resize in tmux";
    let labels = [
        Value::set(["bug"]),
        Value::set(["bug", "ui"]),
        Value::set(["bug", "tmux"]),
    ];
    let other = [
        Value::set(["docs"]),
        Value::set(["docs", "help"]),
        Value::set(Vec::<String>::new()),
    ];
    let mut gone = conflict("c5", None, texts("", "title Faster start, state open", ""));
    gone.note = "deleted in Notion, edited on GitHub".to_owned();
    gone.found_at = NOW.minus(7 * MINUTE);
    let mut docs = conflict("c6", Some("labels"), other);
    docs.found_at = NOW.minus(6 * MINUTE);
    vec![
        line(
            482,
            crash,
            conflict(
                "c1",
                Some("title"),
                texts("Crash on resize", crash, "Crash when the pane is resized"),
            ),
        ),
        line(
            482,
            crash,
            conflict(
                "c2",
                Some("body"),
                texts(BASE_TEXT, GITHUB_TEXT, NOTION_TEXT),
            ),
        ),
        line(482, crash, conflict("c3", Some("labels"), labels)),
        line(
            482,
            crash,
            conflict("c4", Some("state"), texts("open", "closed", "In progress")),
        ),
        line(519, "Faster start", gone),
        line(77, "Write down the keys", docs),
    ]
}

pub fn queued(number: u32, title: &str, standing: Standing) -> QueueLine {
    QueueLine {
        to: match number % 3 {
            0 => None,
            1 => Some(Side::Notion),
            _ => Some(Side::Github),
        },
        pair: pair(&format!("q{number}")),
        item: format!("acme/widgets#{number}"),
        title: title.to_owned(),
        kind: Kind::Issue,
        urls: urls(number),
        standing,
    }
}

/// A line of every standing.
pub fn queue() -> Vec<QueueLine> {
    vec![
        queued(
            101,
            "Dark theme for the settings",
            Standing::Queued {
                since: Some(NOW.minus(40_000)),
            },
        ),
        queued(
            102,
            "A sweep looks at this one",
            Standing::Queued { since: None },
        ),
        queued(
            103,
            "Import of old issues",
            Standing::InDoubt {
                side: Side::Notion,
                since: NOW.minus(3 * MINUTE),
            },
        ),
        queued(
            104,
            "Somebody is typing here",
            Standing::Deferred {
                until: NOW.plus(42_000),
                reason: "still being edited".to_owned(),
                tries: 0,
            },
        ),
        queued(
            105,
            "Upload fails on Fridays",
            Standing::Deferred {
                until: NOW.plus(250_000),
                reason: "Notion answered 429".to_owned(),
                tries: 2,
            },
        ),
        queued(
            106,
            "Old page, trashed with others",
            Standing::Held {
                halt: "h1".to_owned(),
                reason: "too many trashes at once".to_owned(),
            },
        ),
        queued(
            108,
            "A question for the customer first",
            Standing::HeldByUser {
                since: NOW.minus(12 * MINUTE),
            },
        ),
        aside(107),
    ]
}

/// An item with a refused field.
pub fn aside(number: u32) -> QueueLine {
    queued(
        number,
        "A label that Notion refuses",
        Standing::Parked {
            reason: "labels: Notion refused it (400): too long".to_owned(),
        },
    )
}

pub fn halt() -> Halt {
    Halt {
        id: "h1".to_owned(),
        reason: Reason::Trashes,
        side: Side::Github,
        note: "43 issues are gone on GitHub at once. This looks like a lost permission or a moved repository.".to_owned(),
        pairs: (0..43).map(|n| pair(&format!("h{n}"))).collect(),
        since: NOW.minus(20 * MINUTE),
    }
}

/// Items changed in bulk, instead of removed.
pub fn halt_of_changes() -> Halt {
    Halt {
        id: "h9".to_owned(),
        reason: Reason::Changes,
        side: Side::Github,
        note: "12 of 28 items changed on GitHub at once".to_owned(),
        pairs: (0..12).map(|n| pair(&format!("h{n}"))).collect(),
        since: NOW.minus(2 * MINUTE),
    }
}

/// A page that would be the first issue in a public repository, and what it would say.
pub fn halt_of_words() -> (Halt, HeldItem) {
    let halt = Halt {
        id: "p1".to_owned(),
        reason: Reason::Public,
        side: Side::Notion,
        note: "acme/widgets is public, and this link made no issue there before".to_owned(),
        pairs: vec![pair("w1")],
        since: NOW.minus(2 * MINUTE),
    };
    let sent = |field: &'static str, text: &str| PutBack {
        field: FieldKey::of(field),
        now: Value::Null,
        then: Value::text(text),
        page: None,
        refused: None,
    };
    let item = HeldItem {
        pair: pair("w1"),
        item: "A lamp".to_owned(),
        title: "A lamp".to_owned(),
        urls: [None, None],
        backs: Vec::new(),
        forth: vec![
            sent("title", "A lamp"),
            sent("body", "Bright enough.\n\nAnd cheap."),
        ],
        follow: Vec::new(),
        at: Some(NOW.minus(MINUTE)),
        text_unread: false,
        later: Vec::new(),
    };
    (halt, item)
}

/// What the engine knows of a halt's items.
pub fn held_items(halt: &Halt, says: &str) -> Vec<HeldItem> {
    let back = |field: &'static str, now: &str, then: &str, refused: Option<&str>| PutBack {
        field: FieldKey::of(field),
        now: Value::text(now),
        then: Value::text(then),
        page: None,
        refused: refused.map(str::to_owned),
    };
    let item = |(at, id): (usize, &PairId)| HeldItem {
        pair: id.clone(),
        item: format!("acme/widgets#{}", 500 + at),
        title: format!("{says} number {at}"),
        urls: [None, None],
        backs: match (halt.reason, at % 4) {
            (Reason::Trashes, _) | (_, 3) => vec![],
            (_, 0) => vec![
                back("state", "closed", "open", None),
                back("closed_as", says, "", None),
            ],
            (_, 1) => vec![back(
                "body",
                &format!("## Steps\n\n{says}\n\nEnd."),
                "## Steps\n\n1. open in tmux\n2. resize pane\n\nEnd.",
                None,
            )],
            _ => vec![back(
                "pull_state",
                says,
                "open",
                Some("it is GitHub's alone"),
            )],
        },
        forth: Vec::new(),
        follow: Vec::new(),
        at: Some(NOW.minus(MINUTE)),
        text_unread: at % 4 == 2,
        later: Vec::new(),
    };
    let items = halt.pairs.iter().enumerate().map(item);
    items.map(|item| with_forth(item, halt.reason)).collect()
}

/// What applying writes: what went from there to here, and what is GitHub's alone beside it.
fn with_forth(mut item: HeldItem, reason: Reason) -> HeldItem {
    let turned = |back: &PutBack| PutBack {
        field: back.field.clone(),
        now: back.then.clone(),
        then: back.now.clone(),
        page: None,
        refused: None,
    };
    item.forth = item.backs.iter().map(turned).collect();
    if reason != Reason::Trashes && item.backs.len() == 2 {
        item.forth.push(PutBack {
            field: FieldKey::of("closed_by"),
            now: Value::Null,
            then: Value::text("kim"),
            page: None,
            refused: None,
        });
        item.follow = vec![FieldKey::of("updated"), FieldKey::of("closed")];
    }
    item
}

pub fn record(id: &str, minutes: i64, kind: RecordKind, outcome: Outcome, verb: &str) -> Record {
    Record {
        id: id.to_owned() as RecordId,
        at: NOW.minus(minutes * MINUTE),
        kind,
        outcome,
        link: "widgets".to_owned(),
        run: "run-7".to_owned(),
        pair: Some(pair("p482")),
        item: "acme/widgets#482".to_owned(),
        item_kind: Some(Kind::Issue),
        side: Some(Side::Notion),
        verb: verb.to_owned(),
        row: Some(Row::F3),
        changes: Vec::new(),
        note: String::new(),
        request: Some("req-1f00".to_owned()),
    }
}

pub fn changed(field: &str, before: &str, after: &str) -> FieldChange {
    FieldChange {
        field: FieldKey::of(field),
        before: Value::text(before),
        after: Value::text(after),
        other: None,
    }
}

/// A record of every outcome, newest first.
pub fn history() -> Vec<Record> {
    use Outcome as O;
    use RecordKind as K;
    let noted = |mut record: Record, note: &str| {
        record.note = note.to_owned();
        record
    };
    let mut done = record("r1", 1, K::Write, O::Done, "change");
    done.changes = vec![
        changed("title", "Crash on resize", "Crash on resize in tmux"),
        changed("body", BASE_TEXT, GITHUB_TEXT),
    ];
    let mut made = record("r2", 2, K::Write, O::Done, "create");
    made.side = Some(Side::Github);
    made.item = "acme/widgets#520".to_owned();
    let mut run = noted(
        record("r10", 40, K::Run, O::Info, "run"),
        "run: 2 to GitHub, 5 to Notion",
    );
    (run.pair, run.side, run.item) = (None, None, "widgets".to_owned());
    vec![
        done,
        made,
        noted(
            record("r3", 4, K::Write, O::Refused, "change"),
            "Notion refused it (400): labels too long",
        ),
        noted(
            record("r4", 5, K::Write, O::NotApplied, "change"),
            "429, not sent",
        ),
        noted(
            record("r5", 6, K::Write, O::InDoubt, "create"),
            "the answer was lost",
        ),
        noted(
            record("r6", 7, K::Item, O::Held, "held"),
            "too many trashes at once",
        ),
        noted(
            record("r7", 8, K::Conflict, O::Open, "found"),
            "title: both sides changed it",
        ),
        noted(
            record("r8", 20, K::Write, O::Failed, "trash"),
            "404: the page is gone",
        ),
        noted(
            record("r9", 30, K::Item, O::Info, "noticed"),
            "a value was put back",
        ),
        run,
    ]
}

pub fn step(side: Side, action: Deed, row: Row) -> Step {
    Step { side, action, row }
}

pub fn planned(number: u32, title: &str, steps: Vec<Step>, moves: Vec<Move>) -> Planned {
    Planned {
        pair: pair(&format!("q{number}")),
        item: format!("acme/widgets#{number}"),
        title: title.to_owned(),
        plan: Plan {
            moves,
            steps,
            rows: Vec::new(),
        },
    }
}

/// A plan in which pages of people's name items: one is adopted as it is, one gets what it lacks, one is asked about.
pub fn adoptions() -> Vec<Planned> {
    let patch = Deed::Patch(vec![change("state", "", "open")]);
    let why = "2 pages say that they are of acme/widgets#113: \"Lamp\" (1f00), \"The lamp\" (2f00); keep one, and put \
               the others into the trash or empty their URL and Number";
    let asks = vec![Move::Life(PairLife::Parked(why.to_owned()))];
    let mut all = vec![
        planned(111, "Dark theme for the settings", vec![], vec![]),
        planned(
            112,
            "A sweep looks at this one",
            vec![step(Side::Notion, patch, Row::F11)],
            vec![],
        ),
        planned(113, "Upload fails on Fridays", vec![], asks),
    ];
    for one in &mut all {
        one.plan.rows.push((None, Row::I18));
    }
    all
}

fn change(field: &str, before: &str, after: &str) -> Change {
    Change {
        field: FieldKey::of(field),
        pre: Value::text(before),
        new: Value::text(after),
        source: Value::text(after),
        row: Row::F3,
        partial: false,
    }
}

/// A plan with every kind of step, and a conflict.
pub fn plan() -> Vec<Planned> {
    let draft = Draft {
        kind: Kind::Issue,
        fields: BTreeMap::from([
            (FieldKey::TITLE, Value::text("Dark theme for the settings")),
            (FieldKey::STATE, Value::text("open")),
        ]),
        source: BTreeMap::new(),
        marker: "node".to_owned(),
        container: String::new(),
    };
    let patch = Deed::Patch(vec![
        change("title", "Sweep", "A sweep looks at this one"),
        change("state", "open", "closed"),
    ]);
    let open = conflict("c9", Some("title"), texts("a", "b", "c"));
    vec![
        planned(
            101,
            "Dark theme for the settings",
            vec![step(Side::Notion, Deed::Create(Box::new(draft)), Row::I1)],
            vec![],
        ),
        planned(
            102,
            "A sweep looks at this one",
            vec![step(Side::Github, patch, Row::F4)],
            vec![],
        ),
        planned(
            103,
            "Import of old issues",
            vec![step(Side::Notion, Deed::Trash, Row::I5)],
            vec![],
        ),
        planned(
            104,
            "Somebody is typing here",
            vec![step(Side::Notion, Deed::Restore, Row::I8)],
            vec![],
        ),
        planned(
            105,
            "Upload fails on Fridays",
            vec![step(Side::Github, Deed::Close, Row::I7)],
            vec![],
        ),
        planned(
            482,
            "Crash on resize in tmux",
            vec![],
            vec![Move::Open(Box::new(open))],
        ),
    ]
}

/// A link that waits for its next run, with nothing to do.
pub fn calm() -> LinkState {
    let mut link = LinkState {
        name: "widgets".to_owned(),
        next: Some(Waiting {
            until: NOW.plus(42_000),
            reason: Due::Interval,
        }),
        ..LinkState::default()
    };
    link.counts.active = 1_284;
    for (budget, (left, limit)) in link.budgets.iter_mut().zip([(4_890, 5_000), (160, 180)]) {
        (budget.left, budget.limit) = (left, limit);
        budget.resets_at = Some(NOW.plus(31 * MINUTE));
    }
    let report = Report {
        run: "run-7".to_owned(),
        link: "widgets".to_owned(),
        writes: PerSide {
            github: 2,
            notion: 5,
        },
        requests: PerSide {
            github: 9,
            notion: 14,
        },
        ..Report::default()
    };
    link.last = Some((NOW.minus(18_000), report));
    link
}

/// A link with everything that can wait.
pub fn busy() -> LinkState {
    let mut link = calm();
    link.conflicts = conflicts();
    link.queue = queue();
    link.counts.conflicted = 3;
    link.counts.queued = 5;
    link.counts.held = 1;
    link.counts.parked = 1;
    link
}

/// A run on its way.
pub fn running() -> Progress {
    Progress {
        run: "run-8".to_owned(),
        since: NOW.minus(9_000),
        listed: 120,
        writes: PerSide {
            github: 2,
            notion: 1,
        },
        waiting: None,
        writing: Some(Writing {
            item: "acme/widgets#101".to_owned(),
            side: Side::Notion,
            verb: "change".to_owned(),
            fields: vec!["title".to_owned(), "state".to_owned()],
            since: NOW.minus(2_000),
        }),
    }
}

pub fn snapshot(link: LinkState) -> Snapshot {
    Snapshot {
        at: NOW,
        paused: None,
        links: vec![link],
        store_trouble: None,
        store_how: pulse_sync::core::schedule::Trouble::default(),
        store_away: None,
    }
}

pub fn sample(at: usize) -> Sample {
    let wave = (at % 12) as f64 / 14.0;
    Sample {
        memory: (9 << 30, 16 << 30),
        scope: Scope::Machine,
        swap: (1 << 30, 4 << 30),
        cpu: 0.1 + wave,
        cores: 8,
        own_memory: 44 << 20,
        own_cpu: 0.004,
    }
}

/// Feeds a snapshot.
pub fn tell(app: &mut App, snapshot: Snapshot) -> Vec<Effect> {
    app.update(Input::Snapshot(Arc::new(snapshot)))
}

/// An app that has been running for a while, with this link.
pub fn living(width: u16, height: u16, link: LinkState) -> App {
    let mut app = bare(width, height);
    for at in 0..60 {
        app.update(Input::Sample(sample(at)));
    }
    for (at, (level, text)) in [
        (Level::Debug, "looked at 120 rows"),
        (Level::Info, "run run-7 ended: 7 writes"),
        (Level::Warn, "Notion asks to wait 30 s"),
        (Level::Error, "labels: Notion refused it (400): too long"),
    ]
    .into_iter()
    .enumerate()
    {
        let at = NOW.minus(4 * MINUTE).plus(at as i64 * MINUTE);
        let text = text.to_owned();
        app.update(Input::Log(LogLine { at, level, text }));
    }
    tell(&mut app, snapshot(link));
    let asked = app_page();
    app.update(Input::Answer(Box::new(Answer::History(
        asked,
        Ok(history()),
    ))));
    app
}

fn app_page() -> pulse_sync::engine::face::HistoryQuery {
    pulse_sync::engine::face::HistoryQuery {
        limit: pulse_sync::ui::app::PAGE,
        ..Default::default()
    }
}

/// An app with everything that can wait.
pub fn full(width: u16, height: u16) -> App {
    living(width, height, busy())
}

/// The whole item of #482, as the store has it.
pub fn item(id: &str, title: &str) -> Pair {
    let base = |value: &str| Base::new(Value::text(value), Value::text(value));
    Pair {
        id: pair(id),
        rev: 4,
        link: "widgets".to_owned(),
        key: PairKey("0".repeat(32)),
        kind: Kind::Issue,
        github: Some(ObjectId {
            node: "I_1".to_owned(),
            locator: "acme/widgets#482".to_owned(),
        }),
        notion: Some(ObjectId {
            node: "page-482".to_owned(),
            locator: "page-482".to_owned(),
        }),
        title: title.to_owned(),
        life: PairLife::Active,
        base: BTreeMap::from([
            (FieldKey::TITLE, base("Crash on resize")),
            (FieldKey::BODY, base(BASE_TEXT)),
            (FieldKey::MILESTONE, base("1.4")),
            (
                FieldKey::ASSIGNEES,
                Base::new(Value::set(["ada"]), Value::set(["Ada L."])),
            ),
            (
                FieldKey::of("url"),
                base("https://github.com/acme/widgets/issues/482"),
            ),
        ]),
        seen: [None, None],
        pending: None,
        intent: None,
        quiet_until: None,
        dirty_since: Some(NOW.minus(3 * MINUTE)),
        tries: 2,
        next_try: Some(NOW.plus(95_000)),
        last_error: Some("Notion answered 503".to_owned()),
        blocked: BTreeMap::new(),
        conflicts: vec![conflict("c1", Some("title"), texts("a", "b", "c"))],
        hold: None,
        held_since: None,
        words: Vec::new(),
        uncounted: false,
        heading: None,
        text_unsure: false,
        reverted: BTreeMap::new(),
        placed: 0,
        created_at: NOW.minus(900 * MINUTE),
        synced_at: Some(NOW.minus(50 * MINUTE)),
    }
}

/// Answers every request for an item or its records, as the engine would.
pub fn answer_items(app: &mut App, effects: &[Effect]) {
    for effect in effects {
        let answer = match effect {
            Effect::Ask(Request::Item(id)) => {
                let item = item(&id.0, "Crash on resize in tmux");
                Answer::Item(id.clone(), Ok(Some(Box::new(item))))
            }
            Effect::Ask(Request::Held(id)) => {
                let halts = [halt(), halt_of_changes()];
                let Some(halt) = halts.iter().find(|halt| halt.id == *id) else {
                    continue;
                };
                Answer::Held(id.clone(), Ok(held_items(halt, "closed by a script")))
            }
            Effect::Ask(Request::History(query)) if query.pair.is_some() => {
                Answer::History(query.clone(), Ok(history()))
            }
            _ => continue,
        };
        app.update(Input::Answer(Box::new(answer)));
    }
}

/// Presses keys, separated by spaces; what the app wants done, in order. Items that are asked for are answered.
pub fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut out = Vec::new();
    for key in keys.split_whitespace() {
        let effects = app.update(Input::Key(Key::parse(key).unwrap()));
        answer_items(app, &effects);
        out.extend(effects);
    }
    out
}

/// Types a text.
pub fn type_in(app: &mut App, text: &str) {
    for c in text.chars() {
        let name = if c == ' ' {
            "Space".to_owned()
        } else {
            c.to_string()
        };
        press(app, &name);
    }
}

/// What of the effects is asked of the engine and can change something.
pub fn writes(effects: &[Effect]) -> Vec<Request> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(request) => Some(request.clone()),
        _ => None,
    });
    asked.filter(is_write).collect()
}

fn is_write(request: &Request) -> bool {
    match request {
        Request::History(_) | Request::Item(_) | Request::UndoPlan(_) | Request::Held(_) => false,
        Request::Sync(_, ask) => !ask.dry,
        _ => true,
    }
}

/// The picture.
pub fn draw(app: &App) -> Buffer {
    let mut buffer = Buffer::empty(app.size);
    app.view(&mut Canvas::new(&mut buffer, app.look));
    buffer
}

/// The rows of a picture as a terminal shows them: the cell after a wide character is covered by it.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y: u16| {
        let mut text = String::new();
        let mut covered = 0;
        for x in 0..area.width {
            let symbol = buffer[(x, y)].symbol();
            if covered > 0 {
                covered -= 1;
                continue;
            }
            text.push_str(symbol);
            covered = pulse_sync::ui::text::width(symbol).saturating_sub(1);
        }
        text.trim_end().to_owned()
    };
    (0..area.height).map(row).collect()
}

/// The picture as text.
pub fn text(app: &App) -> String {
    rows(&draw(app)).join("\n")
}

/// The message line.
pub fn said(app: &App) -> String {
    let rows = rows(&draw(app));
    rows[rows.len() - 2].trim().to_owned()
}
