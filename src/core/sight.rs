//! What a listed row says about a pair: nothing new, or that a turn should look.

use super::{
    Base, Class, Field, FieldKey, Mapping, Observation, Pair, PairLife, Side, Time, Value,
    text::{self, Rendered},
};

/// Notion rounds its stamps down to the minute; a copy of the data may lag ten seconds behind, and clocks differ a bit.
const OWN_MINUTE_MS: i64 = 75_000;

/// What a row shows that the pair does not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Fields whose value differs from the base of that side.
    pub changed: Vec<FieldKey>,
    /// Those of them that a person may edit, that had a value and are empty now, and that nobody answered for.
    pub cleared: Vec<FieldKey>,
    /// Whether any of the changed ones is an edit that nobody answered for: not GitHub's own, such as a count of
    /// comments, and not a value of which nothing was agreed yet.
    pub edited: bool,
    /// What is known of the body, where it was not in the row.
    pub body: Body,
    /// A refusal that this row's side waits with is old: whether it still stands is worth a try.
    pub again: bool,
    /// The object itself is another than before: moved, restored, trashed.
    pub life: bool,
}

/// What a row tells of a body that it does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// It is as it was.
    #[default]
    Known,
    /// It may have changed.
    Unknown,
    /// It may have because the row is another version than the one that is known, and it would go to the other side.
    Moved,
}

impl News {
    /// Whether there is any.
    pub const fn is_any(&self) -> bool {
        !self.changed.is_empty() || !matches!(self.body, Body::Known) || self.life || self.again
    }
}

/// Compares a listed row with what the pair remembers of that side; refusals are old after `refused_again` milliseconds.
pub fn news(pair: &Pair, row: &Observation, mapping: &Mapping, refused_again: i64) -> News {
    let mut news = News::default();
    let waits = matches!(pair.life, PairLife::New | PairLife::Parked(_));
    match pair.pending.as_deref() {
        // Set aside or still waiting: only another version than the one that waits is news.
        Some(pending) if waits && pending.side == row.side => {
            // A stamp is rounded to its minute: who wrote last tells an edit right after our own word on the page.
            let version = |seen: &Observation| {
                let stamp = seen.stamp.as_ref();
                stamp.map(|stamp| (stamp.at, stamp.by.clone()))
            };
            news.life = pending.fields != row.fields || version(pending) != version(row);
            return news;
        }
        None if matches!(pair.life, PairLife::New) => {
            news.life = true;
            return news;
        }
        _ => {}
    }
    news.life = !row.is_live() || pair.object(row.side) != Some(&row.id);
    for field in mapping.fields(pair.kind) {
        if field.key == FieldKey::BODY && row.field(&field.key).is_none() {
            let has_moved = is_other_version(pair, row) && goes_over(pair, row.side, field);
            news.body = match body_is_known(pair, row) {
                true => Body::Known,
                false if has_moved => Body::Moved,
                false => Body::Unknown,
            };
            continue;
        }
        let Some(value) = row.field(&field.key) else {
            continue;
        };
        let base = pair.base.get(&field.key).map(|base| base.of(row.side));
        let is_same = base.is_some_and(|base| field.codec.same(base, value));
        if is_same {
            continue;
        }
        if is_waiting(pair, row.side, &field.key, value) {
            let refusal = pair.blocked.get(&field.key);
            news.again |= refusal.is_some_and(|b| b.is_old(row.read_at, refused_again));
            continue;
        }
        // What was never agreed is nobody's edit: both sides meet (F11). What a person answered for is not asked again.
        let is_edit = field.class != Class::Mirror
            && base.is_some()
            && pair.word_on(row.side, field, value).is_none();
        if is_edit && value.is_empty() && base.is_some_and(|base| !base.is_empty()) {
            news.cleared.push(field.key.clone());
        }
        if base.is_some() || !value.is_empty() {
            news.changed.push(field.key.clone());
            news.edited |= is_edit;
        }
    }
    news
}

/// Whether a row is another version than the one whose text is known.
fn is_other_version(pair: &Pair, row: &Observation) -> bool {
    match (pair.seen(row.side), &row.stamp) {
        (Some(known), Some(now)) => (known.at, &known.by) != (now.at, &now.by),
        _ => false,
    }
}

/// Whether a text that changed on one side would be written to the other one: it waits for nobody.
fn goes_over(pair: &Pair, side: Side, body: &Field) -> bool {
    let waits = pair.blocked.contains_key(&body.key) || pair.conflict_on(Some(&body.key)).is_some();
    body.direction.allows(side.other()) && !waits && pair.base.contains_key(&body.key)
}

/// Whether this very value already waits for a person or for a permission, so that seeing it again is no news.
fn is_waiting(pair: &Pair, side: Side, key: &FieldKey, value: &Value) -> bool {
    let blocked = pair
        .blocked
        .get(key)
        .is_some_and(|blocked| blocked.side != side && blocked.source == *value);
    let conflict = pair.conflict_on(Some(key)).is_some_and(|conflict| {
        let known = if side == Side::Github {
            &conflict.github
        } else {
            &conflict.notion
        };
        known == value && conflict.choice.is_none()
    });
    blocked || conflict
}

/// Whether a row shows the version that our own write made, so that only its text is not certain.
pub fn is_own_echo(pair: &Pair, row: &Observation) -> bool {
    match (pair.seen(row.side), &row.stamp) {
        (Some(known), Some(stamp)) => {
            known.by_us && stamp.by_us && known.at == stamp.at && known.by == stamp.by
        }
        _ => false,
    }
}

/// What of a text that Notion shows is only its rendering of the one that went with a create and was never read back.
/// On a page that nobody but us has edited since, all with the same words is; on any other one a person may have made a
/// word bold, so that the other signs have to be the same as well. None for a text that was read back.
pub fn rendered(pair: &Pair, page: &Observation, base: &Base, shown: &Value) -> Option<Rendered> {
    let (sent, shown) = (base.notion().as_text(), shown.as_text());
    let is_echo = base.assumed && is_own_echo(pair, page);
    if is_echo && text::same_words(shown, sent) {
        return Some(Rendered {
            before: shown.to_owned(),
            edited: sent.to_owned(),
            is_all: true,
        });
    }
    let parted = base.assumed.then(|| text::rendered(sent, shown, !is_echo));
    parted.flatten()
}

/// Whether a text that Notion shows holds nobody's edit: see [`rendered`].
pub fn is_rendering(pair: &Pair, page: &Observation, base: &Base, shown: &Value) -> bool {
    rendered(pair, page, base, shown).is_some_and(|rendered| rendered.is_all)
}

/// Remembers that a text was read which is no rendering of the one that was sent: it is somebody's edit, and stays one
/// even when our own next write (of other fields, while the text waits) hides who edited the page last. What Notion
/// rendered in its own way is none of the edit.
pub fn notice_edit(pair: &mut Pair, page: &Observation, body: &Field) {
    let (Some(shown), true) = (page.field(&body.key), page.raw_body.is_some()) else {
        return;
    };
    let Some(base) = pair.base.get(&body.key).filter(|base| base.assumed) else {
        return;
    };
    if body.codec.same(shown, base.notion()) {
        return;
    }
    let rendered = rendered(pair, page, base, shown);
    if rendered.as_ref().is_some_and(|rendered| rendered.is_all) {
        return;
    }
    let notion = rendered.map_or_else(|| base.notion().clone(), |r| Value::text(r.before));
    let mut noticed = Base::new(base.github.clone(), notion);
    noticed.partial = base.partial;
    pair.base.insert(body.key.clone(), noticed);
}

/// Whether the body that the pair remembers is still the one of this row's version.
pub fn body_is_known(pair: &Pair, row: &Observation) -> bool {
    pair.base.contains_key(&FieldKey::BODY)
        && pair
            .seen(row.side)
            .is_some_and(|known| row.body_is_as_of(known))
}

/// Has a text read again when a full listing shows the version of our own write, in whose minute somebody with the same
/// token may have edited the text as well, and no such edit can come any more.
pub fn reread_unsure_text(pair: &mut Pair, row: &Observation) {
    if is_text_to_reread(pair, row) {
        pair.text_unsure = false;
        if let Some(known) = &mut pair.seen[row.side as usize] {
            known.settled = false;
        }
    }
}

fn is_text_to_reread(pair: &Pair, row: &Observation) -> bool {
    let is_over = |at: Time| row.read_at.since(at) >= OWN_MINUTE_MS;
    let same = matches!((pair.seen(row.side), &row.stamp), (Some(known), Some(stamp)) if known.at == stamp.at);
    let at = row.stamp.as_ref().map(|stamp| stamp.at);
    row.side == Side::Notion && pair.text_unsure && same && at.is_some_and(is_over)
}
