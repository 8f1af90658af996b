//! Copying a store into another: page by page, so that it can be broken off and called again, and compared at the end.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::core::Pair;

use super::contents::{Contents, PAGE, Tallies, Tally, all_records, cursors, settings, tallies};
use super::{HistoryQuery, Store, StoreError, Which};

/// Which store something came from in the first place: a store and its copies have the same. A setting.
pub const LINEAGE: &str = "store/lineage";

/// Set in a target as long as a copy into it is not finished. A setting; nothing may be synced with such a store.
pub const UNFINISHED: &str = "store/copying";

/// What a store held when a copy into it was finished: its tallies, which were those of the source as well. A setting.
pub const COPIED: &str = "store/copied";

/// Why a copy was not made, or is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CopyError {
    /// The source does not answer or cannot be written.
    #[error("the source: {0}")]
    From(StoreError),
    /// The target does not answer or refuses a document. What was copied stays; called again, the copy goes on.
    #[error("the target: {0}. What was copied so far stays; the same command goes on from there")]
    To(StoreError),
    /// The source is empty: no program of ours ever used it.
    #[error(
        "there is nothing in the source; nothing was copied. Look at its address and at the name of its database"
    )]
    Nothing,
    /// The source is the target of a copy that was broken off. Nothing was changed.
    #[error("the source is itself a copy that is not finished; finish that one first")]
    Unfinished,
    /// The target holds something that is not from this source. Nothing was changed.
    #[error(
        "the target holds another store's data ({0}); nothing was changed. Name an empty file or database as the target"
    )]
    Foreign(String),
    /// The target was synced after the last copy, so that both have news. Its data stay as they are.
    #[error(
        "the target has a newer version of {0} than the source: it went on by itself after an earlier copy. It is left \
         as it is. Copy the other way round, or name an empty target"
    )]
    Ahead(String),
    /// The target was used since it was copied, or it is not known what it held then. Its data stay as they are.
    #[error(
        "the target was used by itself since it was copied: {0} changed there, and a copy would take that away. It is left \
         as it is. If it is in use there is nothing more to move; else copy the other way round, or name an empty target"
    )]
    WentOn(String),
    /// The source has documents that cannot be read and would be left behind. The target is not finished.
    #[error(
        "{} of the source cannot be read and would be left behind: {}. Mend or delete them, then use the same command again",
        count(.0.len()),
        .0.join("; ")
    )]
    Damaged(Vec<String>),
    /// What is in the target is not what is in the source. The target is not finished.
    #[error(
        "the copy is not the same as the source: {what} ({from} and {to}). Look that nothing syncs with either, then use \
         the same command again; if it stays so, name an empty target"
    )]
    Differs {
        /// The collection.
        what: &'static str,
        /// What the source has: how many, and the digest.
        from: String,
        /// What the target has.
        to: String,
    },
}

fn count(documents: usize) -> String {
    match documents {
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    }
}

/// Copies everything from one store into another, and compares. Both must be at rest. Called again after it was broken
/// off, or after the source went on, it copies what is missing.
///
/// `lineage` is a name that no other store has (random); it is used if the source has none yet. `progress` is told
/// which collection is copied, and how many documents of it are.
///
/// # Errors
/// Each says what to do; the target is marked as unfinished until a copy went through.
pub async fn copy<F: Contents, T: Contents>(
    from: &F,
    to: &T,
    lineage: &str,
    mut progress: impl FnMut(&'static str, u64),
) -> Result<Tallies, CopyError> {
    let lineage = own_lineage(from, lineage).await?;
    claim(from, to, &lineage).await?;
    copy_pairs(from, to, &mut progress).await?;
    copy_records(from, to, &mut progress).await?;
    copy_errors(from, to, &mut progress).await?;
    copy_names(from, to, &mut progress).await?;
    let damaged = from.damaged_texts().await.map_err(CopyError::From)?;
    if !damaged.is_empty() {
        return Err(CopyError::Damaged(damaged));
    }
    let source = tallies(from).await.map_err(CopyError::From)?;
    let target = tallies(to).await.map_err(CopyError::To)?;
    compare(&source, &target)?;
    let noted = note_copied(to, &target).await;
    noted.map_err(CopyError::To)?;
    let done = to.put_setting(UNFINISHED, None).await;
    done.map_err(CopyError::To)?;
    Ok(target)
}

/// Whether a copy into this store was begun and not finished: then nothing may be synced with it.
pub async fn is_unfinished(store: &impl Store) -> Result<bool, StoreError> {
    Ok(store.setting(UNFINISHED).await?.is_some())
}

/// What is said of a place that holds a copy which is not finished.
pub(super) fn unfinished(place: &str) -> StoreError {
    StoreError::Unfinished(format!(
        "{place} holds an unfinished copy of another store; nothing is read from it or changed there. Finish it with the \
         same `pulse-sync store move`, or name the other store in the configuration"
    ))
}

async fn own_lineage<F: Contents>(from: &F, fresh: &str) -> Result<String, CopyError> {
    if is_unfinished(from).await.map_err(CopyError::From)? {
        return Err(CopyError::Unfinished);
    }
    if let Some(known) = known_by(from).await.map_err(CopyError::From)? {
        return Ok(known);
    }
    if from.only_looks() {
        return Err(CopyError::Nothing);
    }
    let written = from.put_setting(LINEAGE, Some(fresh)).await;
    written.map_err(CopyError::From)?;
    Ok(fresh.to_owned())
}

/// What a store is known by: where it came from in the first place, or the place that it is in.
async fn known_by<S: Contents>(store: &S) -> Result<Option<String>, StoreError> {
    match store.setting(LINEAGE).await? {
        Some(known) => Ok(Some(known)),
        None => store.birthmark().await,
    }
}

/// Refuses a target that was used since it was copied, before anything is changed there: what it holds must be what it
/// held when this source was copied into it, or when it was copied into this source.
async fn refuse_used<F: Contents, T: Contents>(from: &F, to: &T) -> Result<(), CopyError> {
    refuse_ahead(from, to).await?;
    let held = tallies(to).await.map_err(CopyError::To)?;
    let mine = copied(to).await.map_err(CopyError::To)?;
    let its = copied(from).await.map_err(CopyError::From)?;
    let known = mine.or_else(|| its.clone());
    if known.as_ref() == Some(&held) || its.as_ref() == Some(&held) {
        return Ok(());
    }
    // One that was copied before such notes were made is still known by being the same.
    let source = tallies(from).await.map_err(CopyError::From)?;
    if source == held {
        return Ok(());
    }
    let then = known.unwrap_or(source);
    let changed = differing(&then, &held);
    let changed: Vec<&str> = changed.into_iter().map(|(what, ..)| what).collect();
    Err(CopyError::WentOn(changed.join(", ")))
}

/// What a store held when a copy into it was finished; none where that is not known.
async fn copied<S: Contents>(store: &S) -> Result<Option<Tallies>, StoreError> {
    let noted = store.setting(COPIED).await?;
    Ok(noted.and_then(|noted| serde_json::from_str(&noted).ok()))
}

async fn note_copied<T: Contents>(to: &T, held: &Tallies) -> Result<(), StoreError> {
    let noted =
        serde_json::to_string(held).map_err(|error| StoreError::Damaged(error.to_string()))?;
    to.put_setting(COPIED, Some(&noted)).await
}

/// Refuses a target with a newer version of a pair, and names it.
async fn refuse_ahead<F: Contents, T: Contents>(from: &F, to: &T) -> Result<(), CopyError> {
    for link in to.links().await.map_err(CopyError::To)? {
        let mut after = None;
        loop {
            let page = to.pairs(&link, Which::All, after.as_ref(), PAGE).await;
            let page = page.map_err(CopyError::To)?;
            let Some(last) = page.last() else { break };
            let there = from.pairs(&link, Which::All, after.as_ref(), PAGE).await;
            let there = there.map_err(CopyError::From)?;
            after = Some(last.id.clone());
            let revs: BTreeMap<_, _> = there.iter().map(|pair| (&pair.id, pair.rev)).collect();
            let newer = |pair: &&Pair| revs.get(&pair.id).is_some_and(|rev| pair.rev > *rev);
            if let Some(newer) = page.iter().find(newer) {
                return Err(CopyError::Ahead(newer.name().to_owned()));
            }
        }
    }
    Ok(())
}

/// Makes sure that the target is empty or an earlier copy, and marks it as unfinished.
async fn claim<F: Contents, T: Contents>(from: &F, to: &T, lineage: &str) -> Result<(), CopyError> {
    let known = known_by(to).await.map_err(CopyError::To)?;
    if known.as_deref() != Some(lineage) {
        let found = holds(to).await.map_err(CopyError::To)?;
        if let Some(found) = found {
            return Err(CopyError::Foreign(found));
        }
    } else if !is_unfinished(to).await.map_err(CopyError::To)? {
        refuse_used(from, to).await?;
    }
    // First that it is unfinished: a lineage alone says that what is there is whole.
    for (name, value) in [(UNFINISHED, "true"), (LINEAGE, lineage)] {
        let marked = to.put_setting(name, Some(value)).await;
        marked.map_err(CopyError::To)?;
    }
    Ok(())
}

/// What a store holds, if anything.
async fn holds<T: Contents>(store: &T) -> Result<Option<String>, StoreError> {
    if let Some(link) = store.links().await?.first() {
        return Ok(Some(format!("pairs of the link {link}")));
    }
    let query = HistoryQuery {
        limit: 1,
        ..HistoryQuery::default()
    };
    if !store.history(&query).await?.is_empty() {
        return Ok(Some("a history".to_owned()));
    }
    if !store.error_page(None, 1).await?.is_empty() {
        return Ok(Some("errors".to_owned()));
    }
    if !store.cursor_page(None, 1).await?.is_empty() {
        return Ok(Some("cursors".to_owned()));
    }
    let settings = store.setting_page(None, 2).await?;
    let settings = settings.into_iter().map(|(name, _)| name);
    // Left by a copy that was broken off between its first two writes.
    let mut settings = settings.filter(|name| name != UNFINISHED);
    Ok(settings.next().map(|name| format!("the setting {name}")))
}

async fn copy_pairs<F: Contents, T: Contents>(
    from: &F,
    to: &T,
    progress: &mut impl FnMut(&'static str, u64),
) -> Result<(), CopyError> {
    let mut done = 0;
    // Whose object another pair of the target still has, which is copied later.
    let mut waiting = Vec::new();
    for link in from.links().await.map_err(CopyError::From)? {
        let mut after = None;
        loop {
            let page = from.pairs(&link, Which::All, after.as_ref(), PAGE).await;
            let page = page.map_err(CopyError::From)?;
            let Some(last) = page.last() else { break };
            let there = to.pairs(&link, Which::All, after.as_ref(), PAGE).await;
            let there = there.map_err(CopyError::To)?;
            let there: BTreeMap<_, _> = there.iter().map(|pair| (&pair.id, pair)).collect();
            after = Some(last.id.clone());
            done += page.len() as u64;
            let missing = page.iter().filter(|pair| there.get(&pair.id) != Some(pair));
            let missing: Vec<Pair> = missing.cloned().collect();
            waiting.extend(take(to, missing).await?);
            progress("pairs", done);
        }
    }
    // Each round frees what others wait for; a ring of pairs that exchanged their objects is never freed.
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting = take(to, waiting).await?;
        if waiting.len() == before {
            let name = waiting[0].name().to_owned();
            return Err(CopyError::To(StoreError::Duplicate(name)));
        }
    }
    Ok(())
}

/// Takes pairs over; returns those whose object another pair has.
async fn take<T: Contents>(to: &T, pairs: Vec<Pair>) -> Result<Vec<Pair>, CopyError> {
    let answers = to.take_over(&pairs).await.map_err(CopyError::To)?;
    let mut again = Vec::new();
    for (pair, answer) in pairs.into_iter().zip(answers) {
        match answer {
            Ok(()) => {}
            Err(StoreError::Duplicate(_)) => again.push(pair),
            Err(StoreError::Stale) => return Err(CopyError::Ahead(pair.name().to_owned())),
            Err(error) => return Err(CopyError::To(error)),
        }
    }
    Ok(again)
}

async fn copy_records<F: Contents, T: Contents>(
    from: &F,
    to: &T,
    progress: &mut impl FnMut(&'static str, u64),
) -> Result<(), CopyError> {
    let mut done = 0;
    let mut query = all_records();
    loop {
        let page = from.history(&query).await.map_err(CopyError::From)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        query.before = Some((last.at, last.id.clone()));
        to.record(&page).await.map_err(CopyError::To)?;
        done += page.len() as u64;
        progress("history", done);
    }
}

async fn copy_errors<F: Contents, T: Contents>(
    from: &F,
    to: &T,
    progress: &mut impl FnMut(&'static str, u64),
) -> Result<(), CopyError> {
    let mut done = 0;
    let mut after: Option<String> = None;
    loop {
        let page = from.error_page(after.as_deref(), PAGE).await;
        let page = page.map_err(CopyError::From)?;
        for entry in &page {
            to.put_error(entry).await.map_err(CopyError::To)?;
        }
        done += page.len() as u64;
        progress("errors", done);
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id.clone());
    }
}

/// Copies cursors and settings; those of the target that the source no longer has are removed.
async fn copy_names<F: Contents, T: Contents>(
    from: &F,
    to: &T,
    progress: &mut impl FnMut(&'static str, u64),
) -> Result<(), CopyError> {
    let cursors = cursors(from).await.map_err(CopyError::From)?;
    for (name, cursor) in &cursors {
        let put = to.put_cursor(name, cursor).await;
        put.map_err(CopyError::To)?;
    }
    progress("cursors", cursors.len() as u64);
    let wanted = settings(from).await.map_err(CopyError::From)?;
    for (name, value) in &wanted {
        let put = to.put_setting(name, Some(value)).await;
        put.map_err(CopyError::To)?;
    }
    for name in settings(to).await.map_err(CopyError::To)?.keys() {
        if !wanted.contains_key(name) {
            let removed = to.put_setting(name, None).await;
            removed.map_err(CopyError::To)?;
        }
    }
    progress("settings", wanted.len() as u64);
    Ok(())
}

fn compare(source: &Tallies, target: &Tallies) -> Result<(), CopyError> {
    match differing(source, target).first() {
        None => Ok(()),
        Some((what, from, to)) => Err(CopyError::Differs {
            what,
            from: from.brief(),
            to: to.brief(),
        }),
    }
}

/// The collections that are not the same, with what both say of them.
fn differing<'a>(
    one: &'a Tallies,
    other: &'a Tallies,
) -> Vec<(&'static str, &'a Tally, &'a Tally)> {
    let mut collections = vec![
        ("pairs", &one.pairs, &other.pairs),
        ("history", &one.records, &other.records),
        ("errors", &one.errors, &other.errors),
        ("cursors", &one.cursors, &other.cursors),
        ("settings", &one.settings, &other.settings),
    ];
    collections.retain(|(_, one, other)| one != other);
    collections
}
