//! Asking the two sides: by side, with short waits for limits, and with errors sorted.

use std::pin::pin;

use futures_util::future::{Either, select};

use super::report::{CLASSES, Event, Stop, limit};
use super::run::{Flow, Run};
use crate::core::sight;
use crate::core::{Draft, Kind, ObjectId, Observation, Side, Step, Time};
use crate::core::{FieldKey, Pair};
use crate::remote::{
    Answer, Budget, KnownBody, ListFrom, Lookup, Opened, Page, Remote, RemoteError,
};
use crate::store::{ErrorEntry, Store};

use super::Clock;

/// The scope of what a side denies to write, in the error log.
pub(super) fn writes_of(side: Side) -> String {
    format!("{}/writes", side.name())
}

/// How many open error entries are looked through at most.
const OPEN_ERRORS: usize = 1_000;

impl<G: Remote, N: Remote, S: Store, C: Clock> Run<'_, G, N, S, C> {
    /// Opens both sides with what they told us last time.
    pub(super) async fn open_sides(&mut self) -> Flow<()> {
        for side in Side::BOTH {
            let name = format!("memo/{}/{}", self.link.spec.name, side.name());
            let memo = self.engine.store.setting(&name).await?;
            if side == Side::Notion {
                self.claim_database(memo.as_deref()).await?;
            }
            let opened = match self.open(side, memo.as_deref()).await {
                Ok(opened) => opened,
                Err(error) => return Err(self.side_failed(side, &error).await),
            };
            self.keep_opened(side, &name, memo.as_deref(), &opened)
                .await?;
            self.note_places(&opened.columns).await?;
            self.streams
                .extend(opened.streams.into_iter().map(|stream| (side, stream)));
        }
        self.note_constants().await?;
        self.note_selection().await?;
        self.forget_old_streams().await
    }

    /// Both sides answered: what was wrong with them as a whole is over, unless it happens again in this run.
    pub(super) async fn sides_answered(&self) -> Flow<()> {
        self.are_over(|scope| Side::BOTH.iter().any(|side| scope == side.name()))
            .await
    }

    /// A run that tried every write that waited met no missing right on these sides any more.
    pub(super) async fn writes_answered(&self) -> Flow<()> {
        if self.ask.dry || self.ask.item.is_some() || self.ask.only.is_some() {
            return Ok(());
        }
        let is_denied = |side: Side| {
            let is_it =
                |stop: &Stop| matches!(stop, Stop::Side { side: denied, .. } if *denied == side);
            self.report.denied.iter().any(is_it)
        };
        self.are_over(|scope| {
            let mut sides = Side::BOTH.into_iter().filter(|side| !is_denied(*side));
            sides.any(|side| scope == writes_of(side))
        })
        .await
    }

    /// Ends the open errors of some scopes of this link. A limit lasts as long as was said, whatever else is answered
    /// meanwhile.
    async fn are_over(&self, is_it: impl Fn(&str) -> bool) -> Flow<()> {
        let now = self.engine.clock.now();
        for mut entry in self.engine.store.errors(true, OPEN_ERRORS).await? {
            let lasts = entry.class == "limited" && entry.next_try.is_some_and(|at| at > now);
            let is_ours = entry.link == self.link.spec.name && entry.pair.is_none();
            if is_ours && is_it(&entry.scope) && !lasts {
                entry.resolved_at = Some(now);
                self.engine.store.put_error(&entry).await?;
            }
        }
        Ok(())
    }

    /// What an opening says, for the report and for the next opening.
    async fn keep_opened(
        &mut self,
        side: Side,
        name: &str,
        memo: Option<&str>,
        opened: &Opened,
    ) -> Flow<()> {
        if opened.memo.as_deref() != memo {
            self.engine
                .store
                .put_setting(name, opened.memo.as_deref())
                .await?;
        }
        for (field, reason) in &opened.paused {
            self.why_paused.insert(field.clone(), reason.clone());
            if self.paused.insert(field.clone()) {
                self.report
                    .notes
                    .push(format!("{}: {field} is paused: {reason}", side.name()));
            }
        }
        for note in &opened.notes {
            if !self.report.notes.contains(note) {
                self.report.notes.push(note.clone());
            }
        }
        Ok(())
    }

    /// A listing may have shown that a column is gone, or that a repository has another name. The adapters know it now;
    /// opening them again, which asks nothing of the service, lets them say so, here and at the next start.
    pub(super) async fn take_note_of_changes(&mut self) -> Flow<()> {
        for side in Side::BOTH {
            let name = format!("memo/{}/{}", self.link.spec.name, side.name());
            let memo = self.engine.store.setting(&name).await?;
            match self.open(side, memo.as_deref()).await {
                Ok(opened) => {
                    self.keep_opened(side, &name, memo.as_deref(), &opened)
                        .await?;
                    self.note_places(&opened.columns).await?;
                }
                Err(error) => return Err(self.side_failed(side, &error).await),
            }
        }
        Ok(())
    }

    /// Finds out whether a field that was paused is in use again.
    pub(super) async fn compare_paused(&mut self) -> Flow<()> {
        let name = format!("paused/{}", self.link.spec.name);
        let before = self.engine.store.setting(&name).await?.unwrap_or_default();
        let is_back = |name: &str| !self.paused.contains(&FieldKey::of(name));
        self.unpaused |= before.split_whitespace().any(is_back);
        Ok(())
    }

    /// Keeps which fields are paused, once everything was listed that changed before.
    pub(super) async fn keep_paused(&self) -> Flow<()> {
        let name = format!("paused/{}", self.link.spec.name);
        let now: Vec<&str> = self.paused.iter().map(FieldKey::as_str).collect();
        let now = (!now.is_empty()).then(|| now.join(" "));
        if !self.ask.dry && self.engine.store.setting(&name).await? != now {
            self.engine.store.put_setting(&name, now.as_deref()).await?;
        }
        let name = super::run::why_paused(&self.link.spec.name);
        let why = serde_json::to_string(&self.why_paused).unwrap_or_default();
        let why = (!self.why_paused.is_empty()).then_some(why);
        if !self.ask.dry && self.engine.store.setting(&name).await? != why {
            self.engine.store.put_setting(&name, why.as_deref()).await?;
        }
        Ok(())
    }

    async fn open(&self, side: Side, memo: Option<&str>) -> Result<Opened, RemoteError> {
        let may_write = !self.ask.dry && !self.only_watches;
        match side {
            Side::Github => self.link.github.open(memo, may_write).await,
            Side::Notion => self.link.notion.open(memo, may_write).await,
        }
    }

    pub(super) async fn list(
        &self,
        side: Side,
        stream: &str,
        from: &ListFrom,
    ) -> Result<Page, RemoteError> {
        let mut waited = 0;
        loop {
            let page = match side {
                Side::Github => self.link.github.list(stream, from).await,
                Side::Notion => self.link.notion.list(stream, from).await,
            };
            match page {
                Err(error) => self.wait_out(side, error, &mut waited).await?,
                page => return page,
            }
        }
    }

    /// Reads one object, taking the body that the pair remembers where that version still stands.
    pub(super) async fn get(
        &self,
        side: Side,
        kind: Kind,
        id: &ObjectId,
        pair: &Pair,
    ) -> Result<Observation, RemoteError> {
        let known: KnownBody<'_> = match (pair.seen(side), pair.base.get(&FieldKey::BODY)) {
            (Some(stamp), Some(base)) => Some((stamp, base.of(side))),
            _ => None,
        };
        let mut waited = 0;
        loop {
            let seen = match side {
                Side::Github => self.link.github.get(kind, id, known).await,
                Side::Notion => self.link.notion.get(kind, id, known).await,
            };
            match seen {
                Err(error) => self.wait_out(side, error, &mut waited).await?,
                seen => return seen,
            }
        }
    }

    /// Reads only the body of a listed row; a row that has it comes back as it is.
    pub(super) async fn with_body(
        &self,
        row: Observation,
        pair: &Pair,
    ) -> Result<Observation, RemoteError> {
        if row.field(&FieldKey::BODY).is_some() {
            return Ok(row);
        }
        if sight::body_is_known(pair, &row) {
            let mut row = row;
            if let Some(base) = pair.base.get(&FieldKey::BODY) {
                row.fields.insert(FieldKey::BODY, base.of(row.side).clone());
            }
            return Ok(row);
        }
        let mut waited = 0;
        loop {
            let seen = match row.side {
                Side::Github => self.link.github.read_body(&row).await,
                Side::Notion => self.link.notion.read_body(&row).await,
            };
            match seen {
                Err(error) => self.wait_out(row.side, error, &mut waited).await?,
                seen => return seen,
            }
        }
    }

    pub(super) async fn send(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Answer, RemoteError> {
        match step.side {
            Side::Github => self.link.github.write(step, target).await,
            Side::Notion => self.link.notion.write(step, target).await,
        }
    }

    pub(super) async fn find_made(
        &self,
        side: Side,
        draft: &Draft,
        since: Time,
    ) -> Result<Lookup, RemoteError> {
        match side {
            Side::Github => self.link.github.find_made(draft, since).await,
            Side::Notion => self.link.notion.find_made(draft, since).await,
        }
    }

    pub(super) fn budget(&self, side: Side) -> Budget {
        match side {
            Side::Github => self.link.github.budget(),
            Side::Notion => self.link.notion.budget(),
        }
    }

    /// Waits for a limit to pass if that is soon; anything else goes back as the error it is.
    async fn wait_out(
        &self,
        side: Side,
        error: RemoteError,
        waited: &mut i64,
    ) -> Result<(), RemoteError> {
        let RemoteError::Limited { until, reason } = &error else {
            return Err(error);
        };
        if self.wait_until(side, *until, reason, waited).await {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Sleeps until a time that is near enough; says whether it did. Who is told to end does not wait any longer.
    pub(super) async fn wait_until(
        &self,
        side: Side,
        until: Time,
        reason: &str,
        waited: &mut i64,
    ) -> bool {
        let ms = until.since(self.engine.clock.now()).max(1);
        if *waited + ms > self.engine.settings.wait_max || self.engine.stop.is_told() {
            return false;
        }
        *waited += ms;
        (self.engine.sink)(Event::Waiting {
            until,
            reason: limit(side, reason),
        });
        let told = pin!(self.engine.stop.heard());
        let sleep = pin!(self.engine.clock.sleep(ms));
        matches!(select(told, sleep).await, Either::Right(_))
    }

    /// Notes an error of a whole side and says why the run stops. A limit that would have been waited for is none.
    pub(super) async fn side_failed(&mut self, side: Side, error: &RemoteError) -> Stop {
        if matches!(error, RemoteError::Limited { .. }) && self.engine.stop.is_told() {
            return Stop::Ending;
        }
        let stop = Stop::of(side, error);
        self.report.errors.push(error.to_string());
        let until = match &stop {
            Stop::Limited { until, .. } => Some(*until),
            _ => None,
        };
        if let Err(store) = self.note_error(side.name(), None, error, until).await {
            return store;
        }
        stop
    }

    /// Notes that a stream could not be listed. What concerns the whole side ends the run; the rest goes on, but makes
    /// nothing on that side: what is there already may be what was not listed.
    pub(super) async fn stream_failed(
        &mut self,
        side: Side,
        stream: &str,
        error: &RemoteError,
    ) -> Flow<Stop> {
        if error.is_side_wide() {
            return Ok(self.side_failed(side, error).await);
        }
        let stop = Stop::unlisted(side, stream, error);
        let said = match &stop {
            Stop::Side { message, .. } => message.clone(),
            _ => error.to_string(),
        };
        self.blind.insert(side);
        let scope = format!("{}/{stream}", side.name());
        self.note_error_as(&scope, None, (super::report::class_of(error), &said), None)
            .await?;
        self.report.errors.push(said);
        Ok(stop)
    }

    /// Notes that rows of a listing could not be read; those that could were taken.
    pub(super) async fn rows_unread(&mut self, side: Side, stream: &str, rows: u64) -> Flow<()> {
        let said = super::report::unread(side, stream, rows);
        tracing::warn!("{said}");
        let scope = format!("{}/{stream}", side.name());
        self.note_error_as(&scope, None, ("unclear", &said), None)
            .await?;
        self.report.errors.push(said);
        Ok(())
    }

    /// Ends the open error entries of a side, a stream (`side/stream`) or a pair (its id).
    pub(super) async fn recovered(&self, scope: &str) -> Flow<()> {
        for class in CLASSES {
            let id = format!("{}/{scope}/{class}", self.link.spec.name);
            let now = self.engine.clock.now();
            // A limit lasts as long as was said, whatever else is answered meanwhile.
            let lasts = |entry: &ErrorEntry| {
                entry.class == "limited" && entry.next_try.is_some_and(|until| until > now)
            };
            if let Some(mut entry) = self.engine.store.error(&id).await?
                && entry.resolved_at.is_none()
                && !lasts(&entry)
            {
                entry.resolved_at = Some(now);
                self.engine.store.put_error(&entry).await?;
            }
        }
        Ok(())
    }

    /// Ends an item's open error entries.
    pub(super) async fn item_recovered(&self, pair: &Pair) -> Flow<()> {
        self.recovered(&pair.id.0).await
    }

    /// Ends the open error entries of streams that are not listed any more.
    pub(super) async fn forget_old_streams(&self) -> Flow<()> {
        for mut entry in self.engine.store.errors(true, OPEN_ERRORS).await? {
            let is_listed = |(side, stream): &(Side, String)| {
                entry.scope.strip_prefix(side.name()) == Some(format!("/{stream}").as_str())
            };
            let is_stream = Side::BOTH.iter().any(|side| {
                let rest = entry.scope.strip_prefix(side.name());
                entry.pair.is_none() && rest.is_some_and(|rest| rest.starts_with('/'))
            });
            let is_writes = Side::BOTH
                .iter()
                .any(|side| entry.scope == writes_of(*side));
            let is_over = is_stream && !is_writes && !self.streams.iter().any(is_listed);
            if entry.link == self.link.spec.name && is_over {
                entry.resolved_at = Some(self.engine.clock.now());
                self.engine.store.put_error(&entry).await?;
            }
        }
        Ok(())
    }

    /// Counts an error in the error log.
    pub(super) async fn note_error(
        &self,
        scope: &str,
        pair: Option<&Pair>,
        error: &RemoteError,
        next_try: Option<Time>,
    ) -> Flow<()> {
        let said = (super::report::class_of(error), error.to_string());
        self.note_error_as(scope, pair, (said.0, &said.1), next_try)
            .await
    }

    pub(super) async fn note_error_as(
        &self,
        scope: &str,
        pair: Option<&Pair>,
        (class, message): (&str, &str),
        next_try: Option<Time>,
    ) -> Flow<()> {
        let id = format!(
            "{}/{}/{class}",
            self.link.spec.name,
            pair.map_or(scope, |pair| pair.id.0.as_str())
        );
        let now = self.engine.clock.now();
        let old = self
            .engine
            .store
            .error(&id)
            .await?
            // What seemed to be over since this run began was not.
            .filter(|entry| entry.resolved_at.is_none_or(|at| at >= self.started));
        let entry = ErrorEntry {
            id,
            link: self.link.spec.name.clone(),
            scope: scope.to_owned(),
            pair: pair.map(|pair| pair.id.clone()),
            class: class.to_owned(),
            message: message.to_owned(),
            first_at: old.as_ref().map_or(now, |entry| entry.first_at),
            last_at: now,
            count: old.map_or(1, |entry| entry.count + 1),
            next_try,
            resolved_at: None,
        };
        Ok(self.engine.store.put_error(&entry).await?)
    }
}
