//! Commits of pairs: a compare-and-swap on one document, which carries its records along in an outbox.
//!
//! A record goes with its pair in one write, then to the history, then out of the outbox. Whoever dies between leaves
//! it in the outbox, where reads see it. A writer's first commit, the one after a trouble, the record of each run and each
//! look at the history move it on; moving it twice is once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use mongodb::Collection;
use mongodb::action::Find;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{Acknowledgment, Hint, WriteConcern};

use super::MongoStore;
use super::documents::{self, HISTORY, ITEMS};
use super::faults;
use super::indexes::OUTBOX;
use crate::core::{Pair, PairId, Record, Side};
use crate::store::StoreError;

/// How many commits of a batch are on their way at once; the driver opens no more connections by default.
const AT_ONCE: usize = 10;

/// How often a commit is tried that a unique index refuses though nothing is found that stands against it.
const TRIES: usize = 3;

/// How many ids are asked for at once; a question has the same 16 MB as a document.
pub(super) const ASKED: usize = 1_000;

/// How many pairs with an outbox are looked at in one read.
const PAGE: i64 = 100;

/// A pair made ready to be committed.
struct Ready {
    old: i64,
    doc: Document,
}

impl Ready {
    fn of(pair: &Pair) -> Result<Self, StoreError> {
        // A number that no commit ever reached cannot be the stored one.
        let next = pair.rev.checked_add(1).map(i64::try_from);
        let Some(Ok(next)) = next else {
            return Err(StoreError::Stale);
        };
        let doc = documents::of_pair(pair, next)?;
        documents::fits(ITEMS, &pair.id.0, &doc)?;
        Ok(Self { old: next - 1, doc })
    }
}

/// The outbox after what `expression` makes of it, or no field when that is nothing.
fn outbox_or_none(expression: &Document) -> Document {
    let empty = doc! { "$eq": [{ "$size": expression.clone() }, 0] };
    doc! { "$cond": [empty, "$$REMOVE", expression.clone()] }
}

fn stored_outbox() -> Document {
    doc! { "$ifNull": ["$outbox", []] }
}

/// The change that puts a document in the place of a pair's, and keeps what still waits in its outbox.
fn replacement(doc: Document, outbox: &[Document]) -> Vec<Document> {
    let all = doc! { "$concatArrays": [stored_outbox(), { "$literal": outbox.to_vec() }] };
    // As a value, so that no text in it is taken for an expression.
    let parts = vec![
        Bson::from(doc! { "$literal": doc }),
        Bson::from(doc! { "outbox": outbox_or_none(&all) }),
    ];
    vec![doc! { "$replaceWith": { "$mergeObjects": parts } }]
}

/// The records of an outbox, each id once: the first stands.
fn outbox_of(records: &[Record]) -> Result<Vec<Document>, StoreError> {
    let mut known = BTreeSet::new();
    let once = records.iter().filter(|record| known.insert(&record.id));
    once.map(documents::of_record).collect()
}

impl MongoStore {
    /// Commits a pair with its records, all or nothing.
    pub(super) async fn commit(&self, pair: &Pair, records: &[Record]) -> Result<u64, StoreError> {
        let ready = Ready::of(pair)?;
        let rev = (ready.old + 1).unsigned_abs();
        let outbox = outbox_of(records)?;
        let swapped = self.swap(pair, ready, &outbox).await;
        if let Err(StoreError::Unavailable(_)) = swapped {
            // It may have taken place.
            self.may_be_left.set(true);
        }
        swapped?;
        if self.may_be_left.replace(false) {
            self.move_rest().await;
        } else if !outbox.is_empty()
            // What was committed is committed. What cannot be moved now waits in the outbox.
            && let Err(error) = self.move_on(&pair.id.0, &outbox).await
        {
            self.may_be_left.set(true);
            tracing::warn!(%error, pair = %pair.id.0, "records wait in the outbox of their pair");
        }
        Ok(rev)
    }

    /// Moves on what others, or a server that was away, left in outboxes. What cannot be moved goes on waiting there.
    pub(super) async fn move_rest(&self) {
        match self.drain().await {
            Ok(left) => self.may_be_left.set(!left.is_empty()),
            Err(error) => {
                self.may_be_left.set(true);
                tracing::warn!(%error, "records may wait in outboxes");
            }
        }
    }

    /// Commits many pairs.
    pub(super) async fn commit_all(
        &self,
        pairs: &[Pair],
    ) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        // What a commit frees another may claim.
        let stored = self
            .stored(pairs.iter().filter(|pair| pair.rev > 0))
            .await?;
        self.side_by_side(pairs, &stored, async |pair| self.commit(pair, &[]).await)
            .await
    }

    /// Does something with many pairs. Those that claim or free something in common keep their order, the others go
    /// side by side.
    pub(super) async fn side_by_side<T>(
        &self,
        pairs: &[Pair],
        stored: &BTreeMap<String, Stored>,
        work: impl AsyncFn(&Pair) -> Result<T, StoreError>,
    ) -> Result<Vec<Result<T, StoreError>>, StoreError> {
        let mut answers = Vec::with_capacity(pairs.len());
        let mut rest = pairs;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(apart(rest, stored));
            let mut done = stream::iter(now.iter().map(|pair| work(pair))).buffered(AT_ONCE);
            while let Some(answer) = done.next().await {
                match answer {
                    Err(error @ (StoreError::Unavailable(_) | StoreError::Refused(..))) => {
                        return Err(error);
                    }
                    answer => answers.push(answer),
                }
            }
            rest = later;
        }
        Ok(answers)
    }

    /// What is stored of pairs.
    pub(super) async fn stored(
        &self,
        pairs: impl IntoIterator<Item = &Pair>,
    ) -> Result<BTreeMap<String, Stored>, StoreError> {
        let ids = pairs.into_iter().map(|pair| pair.id.0.as_str());
        let ids: Vec<&str> = ids.collect();
        let mut stored = BTreeMap::new();
        for ids in ids.chunks(ASKED) {
            let filter = doc! { "_id": { "$in": ids.to_vec() } };
            let parts = doc! { "rev": 1, "key": 1, "github.node": 1, "notion.node": 1 };
            let found = self
                .find(ITEMS, filter, |find| find.projection(parts))
                .await?;
            for doc in found {
                let text = |doc: &Document, name: &str| doc.get_str(name).ok().map(str::to_owned);
                let node = |side| text(doc.get_document(side).ok()?, "node");
                let id = text(&doc, "_id");
                let claims = [
                    id.clone(),
                    text(&doc, "key"),
                    node("github"),
                    node("notion"),
                ];
                let rev = doc.get_i64("rev").unwrap_or(0).unsigned_abs();
                stored.extend(id.map(|id| (id, Stored { rev, claims })));
            }
        }
        Ok(stored)
    }

    /// Puts what a commit of a pair makes in the place of the stored version with another `rev`; 0 = none is stored.
    pub(super) async fn put_over(&self, pair: &Pair, stored: u64) -> Result<(), StoreError> {
        let mut ready = Ready::of(pair)?;
        ready.old = i64::try_from(stored).map_err(|_large| StoreError::Stale)?;
        self.swap(pair, ready, &[]).await
    }

    /// The one write of a commit.
    async fn swap(&self, pair: &Pair, ready: Ready, outbox: &[Document]) -> Result<(), StoreError> {
        let id = pair.id.0.as_str();
        let mut doc = ready.doc;
        if ready.old == 0 && !outbox.is_empty() {
            doc.insert("outbox", outbox.to_vec());
        }
        documents::fits(ITEMS, id, &doc)?;
        let items = self.collection(ITEMS).await?;
        for _ in 0..TRIES {
            let answer = if ready.old == 0 {
                let write = async { items.insert_one(&doc).await };
                self.connection.raw_write(write).await?.map(|_| true)
            } else {
                let filter = doc! { "_id": id, "rev": ready.old };
                let change = replacement(doc.clone(), outbox);
                let write = async { items.update_one(filter, change).await };
                let answer = self.connection.raw_write(write).await?;
                answer.map(|answer| answer.matched_count == 1)
            };
            match answer {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(StoreError::Stale),
                Err(error) if faults::is_duplicate(&error) => {
                    if let Some(refusal) = self.refusal(pair, ready.old, &items).await? {
                        return Err(refusal);
                    }
                    // Who had it gave it up meanwhile.
                }
                Err(error) if faults::is_too_large(&error) => {
                    return Err(documents::too_large(ITEMS, id));
                }
                Err(error) => return Err(self.connection.teller.tell(&error)),
            }
        }
        Err(StoreError::Duplicate(pair.key.0.clone()))
    }

    /// Why a unique index refused a pair; none when nothing stands against it any more. That it is stale is said before
    /// that another has its object.
    async fn refusal(
        &self,
        pair: &Pair,
        expected: i64,
        items: &Collection<Document>,
    ) -> Result<Option<StoreError>, StoreError> {
        let find = async |filter: Document| {
            let look = async { items.find_one(filter).projection(doc! { "rev": 1 }).await };
            self.connection.bounded(look).await
        };
        let stored = find(doc! { "_id": &pair.id.0 }).await?;
        let rev = stored.map_or(0, |stored| stored.get_i64("rev").unwrap_or(0));
        if rev != expected {
            return Ok(Some(StoreError::Stale));
        }
        let node = |side| Some((node_field(side), pair.object(side)?.node.as_str()));
        let key = Some(("key", pair.key.0.as_str()));
        let unique = [node(Side::Github), node(Side::Notion), key];
        for (field, name) in unique.into_iter().flatten() {
            let other = doc! { "link": &pair.link, field: name, "_id": { "$ne": &pair.id.0 } };
            if find(other).await?.is_some() {
                return Ok(Some(StoreError::Duplicate(name.to_owned())));
            }
        }
        Ok(None)
    }

    /// Inserts records into the history; an id that exists stays as it is.
    pub(super) async fn insert_records(&self, records: &[Document]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let history = self.collection(HISTORY).await?;
        let write = async { history.insert_many(records).ordered(false).await };
        match self.connection.raw_write(write).await? {
            Err(error) if !faults::is_duplicate(&error) => Err(self.connection.teller.tell(&error)),
            _ => Ok(()),
        }
    }

    /// Moves records from the outbox of a pair to the history.
    async fn move_on(&self, pair: &str, records: &[Document]) -> Result<(), StoreError> {
        self.insert_records(records).await?;
        let ids: Vec<Bson> = records
            .iter()
            .filter_map(|record| record.get("_id").cloned())
            .collect();
        let known = doc! { "$in": ["$$this._id", { "$literal": ids }] };
        let rest = doc! { "$filter": { "input": stored_outbox(), "cond": { "$not": [known] } } };
        let change = vec![doc! { "$set": { "outbox": outbox_or_none(&rest) } }];
        // Nothing is lost with this write: the records would only be moved again.
        let quick = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        let items = self.collection(ITEMS).await?;
        let filter = doc! { "_id": pair };
        let write = async { items.update_one(filter, change).write_concern(quick).await };
        self.connection.write(write).await.map(drop)
    }

    /// Moves on what was left in outboxes; returns what could not be moved, in the order of the pairs. Who only looks
    /// moves nothing.
    pub(super) async fn drain(&self) -> Result<Vec<Document>, StoreError> {
        let mut left = Vec::new();
        let mut after: Option<PairId> = None;
        loop {
            let page = self.outboxes(after.as_ref()).await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for (pair, records) in page {
                if self.connection.only_looks {
                    left.extend(records);
                } else if let Err(error) = self.move_on(&pair.0, &records).await {
                    tracing::warn!(%error, pair = %pair.0, "records wait in the outbox of their pair");
                    left.extend(records);
                }
                after = Some(pair);
            }
            if is_last {
                return Ok(left);
            }
        }
    }

    /// A question about outboxes, by their index. Who only looks may come before anybody made it.
    fn by_outbox<'a>(&self, find: Find<'a, Document>) -> Find<'a, Document> {
        if self.connection.only_looks {
            return find;
        }
        find.hint(Hint::Name(OUTBOX.to_owned()))
    }

    /// A page of the pairs with records in their outbox.
    async fn outboxes(
        &self,
        after: Option<&PairId>,
    ) -> Result<Vec<(PairId, Vec<Document>)>, StoreError> {
        let mut filter = doc! { "outbox._id": { "$exists": true } };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": &after.0 });
        }
        let found = self
            .find(ITEMS, filter, |find| {
                self.by_outbox(find.sort(doc! { "_id": 1 }).limit(PAGE))
                    .projection(doc! { "outbox": 1 })
            })
            .await?;
        let read = found.into_iter().map(|mut doc| {
            let id = doc.get_str("_id").unwrap_or_default().to_owned();
            let outbox = match doc.remove("outbox") {
                Some(Bson::Array(records)) => records,
                _ => Vec::new(),
            };
            let records = outbox.into_iter().filter_map(|record| match record {
                Bson::Document(record) => Some(record),
                _ => None,
            });
            (PairId(id), records.collect())
        });
        Ok(read.collect())
    }

    /// A record that still waits in an outbox.
    pub(super) async fn waiting_record(&self, id: &str) -> Result<Option<Document>, StoreError> {
        let filter = doc! { "outbox._id": id };
        let found = self
            .find(ITEMS, filter, |find| {
                self.by_outbox(find.sort(doc! { "_id": 1 }).limit(1))
                    .projection(doc! { "outbox.$": 1 })
            })
            .await?;
        let first = found.into_iter().next();
        let outbox = first.and_then(|mut doc| doc.remove("outbox"));
        Ok(outbox.and_then(|outbox| match outbox {
            Bson::Array(records) => records.into_iter().find_map(|record| match record {
                Bson::Document(record) => Some(record),
                _ => None,
            }),
            _ => None,
        }))
    }
}

/// The field by which a side's object is found.
pub(super) const fn node_field(side: Side) -> &'static str {
    match side {
        Side::Github => "github.node",
        Side::Notion => "notion.node",
    }
}

/// The id, the key, GitHub's node and Notion's.
type Claims = [Option<String>; 4];

/// What is stored of a pair.
pub(super) struct Stored {
    pub(super) rev: u64,
    claims: Claims,
}

fn claims_of(pair: &Pair) -> Claims {
    let node = |side| pair.object(side).map(|object| object.node.clone());
    let (github, notion) = (node(Side::Github), node(Side::Notion));
    [
        Some(pair.id.0.clone()),
        Some(pair.key.0.clone()),
        github,
        notion,
    ]
}

/// How many pairs from the first on claim nothing that another of them claims or has stored.
fn apart(pairs: &[Pair], stored: &BTreeMap<String, Stored>) -> usize {
    let mut claimed = BTreeSet::new();
    for (count, pair) in pairs.iter().enumerate() {
        let old = stored.get(&pair.id.0).map(|stored| stored.claims.clone());
        let claims = [Some(claims_of(pair)), old].into_iter().flatten();
        let mine = claims.flat_map(|claims| (0_u8..).zip(claims));
        let mine: BTreeSet<_> = mine.filter(|(_, name)| name.is_some()).collect();
        if mine.iter().any(|claim| claimed.contains(claim)) {
            return count;
        }
        claimed.extend(mine);
    }
    pairs.len()
}
