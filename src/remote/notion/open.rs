//! Opening: which data source is meant, who we are, and whether the mapping fits.

use std::rc::Rc;

use serde_json::Value as Json;

use super::adopted::{Adopted, Me};
use super::refusal::not_shared;
use super::schema::{self, Fit};
use super::target::parse_target;
use super::wire::{self, Heard};
use super::{Looked, NotionRemote, STREAM};
use crate::core::PropertyKind;
use crate::core::mapping::Wanted;
use crate::remote::http::Ask;
use crate::remote::{Opened, RemoteError};

impl NotionRemote {
    /// Opens the data source: by the memo without a request where it still holds, else by asking.
    pub(super) async fn open_source(
        &self,
        memo: Option<&str>,
        may_write: bool,
    ) -> Result<Opened, RemoteError> {
        let mut notes = Vec::new();
        let adopted = match self.earlier(memo)? {
            Some(earlier)
                if earlier.is_whole(&self.config.mapping)
                    && self.looked.get() != Looked::Failed =>
            {
                self.adopt(earlier)
            }
            Some(earlier) => {
                let source = self.read_source(&earlier.source).await?;
                self.fit(earlier, source, may_write, &mut notes).await?
            }
            None => {
                let found = self.found.take();
                let (fresh, source) = match found {
                    Some(found) => found,
                    None => self.look_for_source().await?,
                };
                self.fit(fresh, source, may_write, &mut notes).await?
            }
        };
        self.looked.set(Looked::Not);
        let adopted = self.keep_private(adopted, &mut notes);
        if let Some(reason) = schema::lost_own(&adopted.lost) {
            return Err(own_lost(reason));
        }
        Ok(Opened {
            streams: vec![STREAM.to_owned()],
            memo: adopted.memo(),
            paused: schema::paused(&self.config.mapping, &adopted),
            columns: schema::columns_of(&self.config.mapping, &adopted),
            notes,
        })
    }

    /// What is known of the data source from the last opening, here or of the process before.
    fn earlier(&self, memo: Option<&str>) -> Result<Option<Adopted>, RemoteError> {
        let target = parse_target(&self.config.target)?;
        let here = self.adopted.borrow().as_deref().cloned();
        Ok(here.or_else(|| memo.and_then(|memo| Adopted::from_memo(memo, &target))))
    }

    /// The id of the data source that is meant. What was asked for that is kept for the opening.
    pub(super) async fn find_source(&self, memo: Option<&str>) -> Result<String, RemoteError> {
        if let Some(earlier) = self.earlier(memo)? {
            return Ok(earlier.source);
        }
        let found = self.look_for_source().await?;
        let id = found.0.source.clone();
        *self.found.borrow_mut() = Some(found);
        Ok(id)
    }

    async fn look_for_source(&self) -> Result<(Adopted, Json), RemoteError> {
        let target = parse_target(&self.config.target)?;
        let me = self.who_am_i().await?;
        let (id, source) = self.resolve(&target).await?;
        Ok((Adopted::new(target, id, me), source))
    }

    /// Another private heading makes nothing public that was private: its former names count as well.
    fn keep_private(&self, adopted: Rc<Adopted>, notes: &mut Vec<String>) -> Rc<Adopted> {
        let heading = self.config.private_heading.as_str();
        if adopted.private.lines().any(|name| name == heading) || heading.is_empty() {
            return adopted;
        }
        let mut adopted = (*adopted).clone();
        for former in adopted.private.lines() {
            notes.push(format!(
                "what stands below a heading \"{former}\", the former private heading, stays private as well; rename \
                 that heading on a page to have it kept in step"
            ));
        }
        [heading, &adopted.private]
            .join("\n")
            .trim_end()
            .clone_into(&mut adopted.private);
        self.adopt(adopted)
    }

    /// Looks at the schema again because a page or a refusal showed that it changed; at most once between two
    /// openings. Says whether anything is bound differently now.
    ///
    /// Fails when one of our own properties is gone: nothing can go on then. Other failures are left to the next
    /// opening.
    pub(super) async fn look_again(&self) -> Result<bool, RemoteError> {
        if self.looked.replace(Looked::Failed) != Looked::Not {
            return Ok(false);
        }
        let before = self.adopted()?;
        let Ok(source) = self.read_source(&before.source).await else {
            return Ok(false);
        };
        let after = self
            .fit((*before).clone(), source, false, &mut Vec::new())
            .await?;
        self.looked.set(Looked::Done);
        if let Some(reason) = schema::lost_own(&after.lost) {
            return Err(own_lost(reason));
        }
        tracing::info!(
            lost = after.lost.len(),
            "the Notion database's properties were read again"
        );
        Ok(after.lost != before.lost || after.bound != before.bound)
    }

    /// Asks whom the token acts as.
    pub(super) async fn who_am_i(&self) -> Result<Me, RemoteError> {
        let heard = wire::read(self.account(), Ask::get("/v1/users/me")).await?;
        Me::from_json(&heard.json).ok_or_else(|| {
            RemoteError::Unclear("Notion did not say whom the token belongs to".to_owned())
        })
    }

    /// Takes note of whom the token acts as, if that is not what the memo said: the token was replaced.
    pub(super) async fn check_me(&self) -> Result<Rc<Adopted>, RemoteError> {
        let adopted = self.adopted()?;
        let me = self.who_am_i().await?;
        if me == adopted.me {
            return Ok(adopted);
        }
        let mut adopted = (*adopted).clone();
        adopted.me = me;
        Ok(self.adopt(adopted))
    }

    async fn fit(
        &self,
        mut adopted: Adopted,
        source: Json,
        may_write: bool,
        notes: &mut Vec<String>,
    ) -> Result<Rc<Adopted>, RemoteError> {
        let mapping = &self.config.mapping;
        let mut fit = self.fit_once(&adopted, &source)?;
        if !fit.missing.is_empty() && may_write {
            let changed = self.add(&adopted.source, &fit.missing, notes).await?;
            adopted.bound = fit.bound;
            notes.append(&mut fit.notes);
            fit = self.fit_once(&adopted, &changed)?;
        }
        if !fit.missing.is_empty() {
            let names: Vec<&str> = fit
                .missing
                .iter()
                .map(|wanted| wanted.name.as_str())
                .collect();
            notes.push(format!(
                "the Notion database has no {}; added at the first run that writes",
                names.join(", ")
            ));
        }
        notes.append(&mut fit.notes);
        for (field, reason) in schema::paused_by(mapping, &fit.bound, &fit.lost) {
            tracing::warn!(%field, %reason, "paused");
        }
        adopted.bound = fit.bound;
        adopted.lost = fit.lost;
        adopted.at = self.account().now();
        Ok(self.adopt(adopted))
    }

    fn fit_once(&self, adopted: &Adopted, source: &Json) -> Result<Fit, RemoteError> {
        let columns = schema::columns(source).ok_or_else(|| {
            RemoteError::Unclear("Notion's answer shows no properties of the database".to_owned())
        })?;
        Ok(schema::fit(&columns, &self.config.mapping, &adopted.bound))
    }

    /// Adds columns with one request; where Notion refuses to make a status, with a second one that makes a select.
    async fn add(
        &self,
        source: &str,
        missing: &[Wanted],
        notes: &mut Vec<String>,
    ) -> Result<Json, RemoteError> {
        let path = format!("/v1/data_sources/{source}");
        let mapping = &self.config.mapping;
        let mut names: Vec<&str> = missing.iter().map(|wanted| wanted.name.as_str()).collect();
        names.sort_unstable();
        let ask = Ask::patch(&path, schema::adding(missing, mapping, false));
        let status = missing
            .iter()
            .find(|wanted| wanted.kind == PropertyKind::Status);
        let json = match (wire::read(self.account(), ask).await, status) {
            (Ok(heard), _) => heard.json,
            (Err(RemoteError::Refused { status: 400, .. }), Some(Wanted { name, .. })) => {
                let ask = Ask::patch(&path, schema::adding(missing, mapping, true));
                let heard = wire::read(self.account(), ask).await?;
                notes.push(format!(
                    "Notion would not make \"{name}\" a status; it was made a select, which works the same here"
                ));
                heard.json
            }
            (Err(error), _) => return Err(error),
        };
        notes.push(format!(
            "added to the Notion database: {}",
            names.join(", ")
        ));
        Ok(json)
    }

    /// Finds the data source that a database or data source id means, and reads it.
    async fn resolve(&self, target: &str) -> Result<(String, Json), RemoteError> {
        let ask = Ask::get(format!("/v1/databases/{target}"));
        let exchange = wire::exchange(self.account(), ask).await?;
        let refused = match exchange.reply.status {
            404 if exchange.is_missing() => not_shared(&format!("the Notion database {target}")),
            400 => exchange
                .heard(&[])
                .err()
                .unwrap_or_else(|| not_shared(target)),
            _ => {
                let id = only_source(&exchange.heard(&[])?)?;
                return Ok((id.clone(), self.read_source(&id).await?));
            }
        };
        // Not a database: perhaps the id of a data source was given.
        let ask = Ask::get(format!("/v1/data_sources/{target}"));
        let exchange = wire::exchange(self.account(), ask).await?;
        if matches!(exchange.reply.status, 400 | 404)
            && (exchange.is_missing() || exchange.reply.status == 400)
        {
            return Err(explained(refused));
        }
        let source = usable(exchange.heard(&[])?)?;
        Ok((target.to_owned(), source))
    }

    /// Reads a data source by its id.
    async fn read_source(&self, id: &str) -> Result<Json, RemoteError> {
        let ask = Ask::get(format!("/v1/data_sources/{id}"));
        let exchange = wire::exchange(self.account(), ask).await?;
        if exchange.is_missing() {
            return Err(not_shared(&format!("the Notion data source {id}")));
        }
        usable(exchange.heard(&[])?)
    }
}

fn usable(heard: Heard) -> Result<Json, RemoteError> {
    if heard.json["in_trash"] == true {
        return Err(RemoteError::Setup(
            "the Notion database is in the trash; restore it, or configure another one".to_owned(),
        ));
    }
    Ok(heard.json)
}

/// The one data source of a database; several are a question to the user.
fn only_source(heard: &Heard) -> Result<String, RemoteError> {
    let title = super::property::plain_text(&heard.json["title"]).unwrap_or_default();
    if heard.json["in_trash"] == true {
        return Err(RemoteError::Setup(format!(
            "the Notion database \"{title}\" is in the trash; restore it, or configure another one"
        )));
    }
    let sources: Vec<(&str, &str)> = heard.json["data_sources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|source| {
            Some((
                source["id"].as_str()?,
                source["name"].as_str().unwrap_or_default(),
            ))
        })
        .collect();
    match sources.as_slice() {
        [(id, _)] => Ok((*id).to_owned()),
        [] => Err(RemoteError::Setup(format!(
            "the Notion database \"{title}\" has no data source that the integration can see; open the original \
             database (not a linked view of it) and share that"
        ))),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|(id, name)| format!("\"{name}\" is {id}"))
                .collect();
            Err(RemoteError::Setup(format!(
                "the Notion database \"{title}\" has {} data sources; configure the id of the one that is meant: {}",
                several.len(),
                list.join(", ")
            )))
        }
    }
}

/// What a refused database id means when it is no data source either.
fn explained(refused: RemoteError) -> RemoteError {
    match refused {
        RemoteError::Refused { message, .. } => RemoteError::Setup(format!(
            "Notion does not take the configured id for a database: {message} Open the database as a full page, \
             choose \"Copy link\" and configure that"
        )),
        other => other,
    }
}

fn own_lost(reason: &str) -> RemoteError {
    RemoteError::Setup(format!(
        "{reason}. Pages cannot be told apart without it, so nothing is written to Notion until it is back"
    ))
}
