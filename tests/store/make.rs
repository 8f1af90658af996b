//! Small makers of documents, and scratch folders.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use pulse_sync::core::pair::Hold;
use pulse_sync::core::{
    Base, Blocked, Conflict, FieldKey, Intent, IntentState, Key, Kind, ObjectId, Outcome, Pair,
    PairId, PairLife, Record, RecordKind, Row, Side, Step, Time, Value,
};
use pulse_sync::store::ErrorEntry;

pub const LINK: &str = "main";

/// A store, with what must live as long as it does.
pub struct Made<S> {
    pub store: S,
    _keep: Option<Box<dyn Any>>,
}

impl<S> Made<S> {
    pub fn alone(store: S) -> Self {
        Self { store, _keep: None }
    }

    pub fn with(store: S, keep: impl Any) -> Self {
        Self {
            store,
            _keep: Some(Box::new(keep)),
        }
    }
}

/// A folder that is removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("store-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(future)
}

pub fn id(number: u32) -> PairId {
    PairId(format!("{number:032x}"))
}

pub fn object(node: &str) -> ObjectId {
    ObjectId {
        node: node.to_owned(),
        locator: format!("o/r#{node}"),
    }
}

/// A pair in step, clean, with both sides named after its number.
pub fn pair(number: u32) -> Pair {
    Pair {
        id: id(number),
        rev: 0,
        link: LINK.to_owned(),
        key: Key(format!("{number:032x}")),
        kind: Kind::Issue,
        github: Some(object(&format!("I_{number}"))),
        notion: Some(object(&format!("page-{number}"))),
        title: format!("Title {number}"),
        life: PairLife::Active,
        base: BTreeMap::from([(
            FieldKey::TITLE,
            Base::new(Value::text("here"), Value::text("there")),
        )]),
        seen: [None, None],
        text_unsure: false,
        pending: None,
        intent: None,
        quiet_until: None,
        dirty_since: None,
        tries: 0,
        next_try: None,
        last_error: None,
        blocked: BTreeMap::new(),
        conflicts: Vec::new(),
        hold: None,
        held_since: None,
        words: Vec::new(),
        uncounted: false,
        heading: None,
        reverted: BTreeMap::from([(FieldKey::STATE, (Value::Bool(true), Time(3)))]),
        placed: 2,
        created_at: Time(1),
        synced_at: None,
    }
}

/// A pair that waits for a turn since a time.
pub fn dirty(number: u32, since: i64) -> Pair {
    Pair {
        dirty_since: Some(Time(since)),
        ..pair(number)
    }
}

pub fn with(mut pair: Pair, change: impl FnOnce(&mut Pair)) -> Pair {
    change(&mut pair);
    pair
}

pub fn intent() -> Intent {
    Intent {
        id: "intent".to_owned(),
        attempt: 1,
        step: Step {
            side: Side::Notion,
            action: pulse_sync::core::Action::Trash,
            row: Row::I7,
        },
        state: IntentState::Prepared,
        committed_at: Time(5),
        run: "run".to_owned(),
    }
}

pub fn conflict() -> Conflict {
    Conflict {
        id: "c1".to_owned(),
        field: Some(FieldKey::BODY),
        base: Value::Null,
        github: Value::text("a"),
        notion: Value::text("b"),
        github_at: None,
        notion_at: Some(Time(4)),
        github_by: None,
        notion_by: None,
        found_at: Time(5),
        note: "both sides changed it".to_owned(),
        choice: None,
    }
}

pub fn hold(agreed: bool) -> Hold {
    Hold {
        halt: "h1".to_owned(),
        reason: "too many at once".to_owned(),
        agreed,
    }
}

pub fn blocked() -> BTreeMap<FieldKey, Blocked> {
    let refusal = Blocked {
        side: Side::Github,
        source: Value::text("x"),
        reason: "no permission".to_owned(),
        since: Time(5),
    };
    BTreeMap::from([(FieldKey::MILESTONE, refusal)])
}

pub fn record(id: &str, at: i64) -> Record {
    Record {
        id: id.to_owned(),
        at: Time(at),
        kind: RecordKind::Write,
        outcome: Outcome::Done,
        link: LINK.to_owned(),
        run: "run".to_owned(),
        pair: None,
        item: "o/r#1".to_owned(),
        item_kind: Some(Kind::Pull),
        side: Some(Side::Notion),
        verb: "change".to_owned(),
        row: Some(Row::F3),
        changes: Vec::new(),
        note: "one line".to_owned(),
        request: None,
    }
}

pub fn error(id: &str, last_at: i64) -> ErrorEntry {
    ErrorEntry {
        id: id.to_owned(),
        link: LINK.to_owned(),
        scope: "GitHub".to_owned(),
        pair: None,
        class: "offline".to_owned(),
        message: "no answer; it is tried again".to_owned(),
        first_at: Time(1),
        last_at: Time(last_at),
        count: 1,
        next_try: Some(Time(last_at + 10)),
        resolved_at: None,
    }
}

/// Texts that a store may take for something else than text.
pub fn hostile() -> Vec<String> {
    let fixed = [
        "$set",
        "$where",
        "a.b.c",
        ".",
        "$",
        "'; DROP TABLE sync_items; --",
        "\"quoted\"",
        "back\\slash",
        "nul\0inside",
        "\0",
        "line\r\nbreak",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "e\u{301} and é",
        "\u{202e}right to left",
        "\u{feff}",
        "%s ?1 :x @y",
        "null",
        "",
        " ",
        "{\"json\": true}",
        "\u{10ffff}",
    ];
    fixed.map(str::to_owned).to_vec()
}
