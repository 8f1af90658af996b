//! Reading: listings, single pages, texts, and the look-up of lost creates.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::adopted::Adopted;
use super::paging::{self, Mark};
use super::refusal::not_shared;
use super::row::{Reader, Row, unread};
use super::wire::{self, Heard};
use super::{NotionRemote, body, form, moment, property};
use crate::core::mapping::ID_PROPERTY;
use crate::core::{Draft, FieldKey, Kind, Life, ObjectId, Observation, PropertyKind, Time, Value};
use crate::remote::http::Ask;
use crate::remote::{KnownBody, ListFrom, Lookup, Page, RemoteError};

/// A property's value is read in at most this many pages of 100 pieces.
const VALUE_PAGES: usize = 200;

/// A page's text as the Markdown endpoints show it.
pub(super) struct Shown {
    /// All of it.
    pub(super) raw: String,
    /// Whether it is whole: nothing is cut, nothing is there that has no Markdown.
    pub(super) whole: bool,
}

impl Shown {
    /// Reads a `page_markdown` object.
    pub(super) fn from_json(answer: &Json) -> Option<Self> {
        let unknown = answer["unknown_block_ids"].as_array();
        Some(Self {
            raw: answer["markdown"].as_str()?.to_owned(),
            whole: answer["truncated"] != true && unknown.is_none_or(Vec::is_empty),
        })
    }
}

impl NotionRemote {
    /// Reads one page of the listing.
    pub(super) async fn list_pages(&self, from: &ListFrom) -> Result<Page, RemoteError> {
        let mark = match &from.page {
            None => Mark::start(from.since),
            Some(text) => Mark::parse(text).ok_or_else(|| {
                RemoteError::Setup(format!("`{text}` is no page of a Notion listing"))
            })?,
        };
        let heard = self.query(mark.query(from.since, from.page_rows())).await?;
        let results = results(&heard)?;
        let adopted = self.adopted()?;
        let reader = Reader::new(&adopted, &self.config.mapping, &heard);
        let rows: Vec<Option<Row>> = results
            .iter()
            .filter(|page| {
                page["object"]
                    .as_str()
                    .is_none_or(|object| object == "page")
            })
            .map(|page| reader.row(page, None))
            .collect();
        if rows.iter().flatten().any(|row| row.drifted) {
            self.look_again().await?;
        }
        let newest = rows
            .iter()
            .flatten()
            .filter_map(|row| row.seen.created)
            .max();
        let incomplete = paging::is_incomplete(&heard.json);
        let following = paging::next_cursor(&heard.json);
        if following.is_none() && heard.json["has_more"] == true && !incomplete {
            return Err(RemoteError::Unclear(
                "Notion says that there are more pages and does not say where".to_owned(),
            ));
        }
        let (next, cut) = mark.after(following, incomplete, newest);
        // A row that could not be read is missing from the list, and the list must say so.
        let unread = rows.iter().filter(|row| row.is_none()).count() as u64;
        let cut = cut || unread > 0;
        Ok(Page {
            unchanged: false,
            rows: rows
                .into_iter()
                .flatten()
                .filter(|row| !row.foreign)
                .map(|row| row.seen)
                .collect(),
            next: next.map(|mark| mark.text()),
            tag: None,
            cut,
            window: None,
            partial: false,
            unread,
        })
    }

    /// Reads one page whole.
    pub(super) async fn get_page(
        &self,
        kind: Kind,
        id: &ObjectId,
        known: KnownBody<'_>,
    ) -> Result<Observation, RemoteError> {
        let (heard, mut row) = match self.read_row(kind, &id.node).await? {
            Ok(read) => read,
            Err(unreachable) => return Ok(*unreachable),
        };
        if row.drifted && self.look_again().await? {
            let adopted = self.adopted()?;
            row = parse_row(
                &Reader::new(&adopted, &self.config.mapping, &heard),
                &heard,
                kind,
            )?;
        }
        for (field, property, kind) in std::mem::take(&mut row.cut) {
            let mut fields = self.config.mapping.bound(row.seen.kind).iter();
            if let Some(bound) = fields.find(|bound| bound.field.key == field)
                && let Some(value) = self.whole_value(&id.node, &property, kind).await?
            {
                let value = form::heard(bound, kind, value);
                row.seen.fields.insert(field, value);
            }
        }
        if row.seen.life == Life::Live && self.has_body(row.seen.kind) {
            self.add_body(&mut row.seen, known).await?;
        }
        Ok(row.seen)
    }

    /// Reads a page's properties. The inner error is the observation of a page that cannot be seen.
    #[allow(
        clippy::type_complexity,
        reason = "a page is either read or not to be seen; both are good answers"
    )]
    pub(super) async fn read_row(
        &self,
        kind: Kind,
        id: &str,
    ) -> Result<Result<(Heard, Row), Box<Observation>>, RemoteError> {
        let adopted = self.adopted()?;
        let asked = self.account().now();
        let exchange = wire::exchange(self.account(), Ask::get(format!("/v1/pages/{id}"))).await?;
        if exchange.is_missing() {
            return Ok(Err(Box::new(unread(id, kind, asked))));
        }
        let heard = exchange.heard(&[])?;
        let row = parse_row(
            &Reader::new(&adopted, &self.config.mapping, &heard),
            &heard,
            kind,
        )?;
        Ok(Ok((heard, row)))
    }

    /// Whether a kind's mapping has a field that is the page's text.
    pub(super) fn has_body(&self, kind: Kind) -> bool {
        let mut bound = self.config.mapping.bound(kind).iter();
        bound.any(|bound| bound.field.key == FieldKey::BODY && bound.property.is_none())
    }

    /// Reads the text, or takes the known one where it is still this version's.
    pub(super) async fn add_body(
        &self,
        seen: &mut Observation,
        known: KnownBody<'_>,
    ) -> Result<(), RemoteError> {
        if let Some((stamp, value)) = known
            && seen.body_is_as_of(stamp)
        {
            seen.fields.insert(FieldKey::BODY, value.clone());
            return Ok(());
        }
        let ask = Ask::get(format!("/v1/pages/{}/markdown", seen.id.node));
        let exchange = wire::exchange(self.account(), ask).await?;
        if exchange.is_missing() {
            return Ok(());
        }
        let heard = exchange.heard(&[])?;
        let shown = Shown::from_json(&heard.json).ok_or_else(garbled)?;
        self.note_body(seen, shown);
        Ok(())
    }

    /// Puts a text into an observation. A text that is not whole is left out: nothing may be decided from it.
    pub(super) fn note_body(&self, seen: &mut Observation, shown: Shown) {
        if shown.whole {
            let value = body::field(&shown.raw, &self.private_headings());
            seen.fields.insert(FieldKey::BODY, value);
            seen.raw_body = Some(shown.raw);
        } else {
            seen.fields.remove(&FieldKey::BODY);
            seen.raw_body = None;
        }
    }

    /// Reads a text property piece by piece, where pages show only its beginning.
    async fn whole_value(
        &self,
        page: &str,
        property: &str,
        kind: PropertyKind,
    ) -> Result<Option<Value>, RemoteError> {
        let mut text = String::new();
        let mut cursor: Option<String> = None;
        for _ in 0..VALUE_PAGES {
            let from = cursor.as_deref().map_or(String::new(), |cursor| {
                format!("&start_cursor={}", encoded(cursor))
            });
            let path = format!(
                "/v1/pages/{page}/properties/{}?page_size=100{from}",
                in_path(property)
            );
            let heard = wire::read(self.account(), Ask::get(path)).await?;
            let Some(items) = heard.json["results"].as_array() else {
                return Ok(None);
            };
            let pieces: Json = items
                .iter()
                .map(|item| item[kind.api_name()].clone())
                .collect();
            match property::plain_text(&pieces) {
                Some(more) => text.push_str(&more),
                None => return Ok(None),
            }
            let next = paging::next_cursor(&heard.json);
            if next.is_none() {
                return Ok(Some(Value::text(text)));
            }
            if next == cursor {
                return Err(RemoteError::Unclear(
                    "the pages of a property's value have no end: the following one was read already"
                        .to_owned(),
                ));
            }
            cursor = next;
        }
        Ok(None)
    }

    /// Looks for pages that carry a draft's marker and were made by us since a time.
    pub(super) async fn find_pages(
        &self,
        draft: &Draft,
        since: Time,
    ) -> Result<Lookup, RemoteError> {
        let mut adopted = self.adopted()?;
        let marker = adopted.property(ID_PROPERTY).ok_or_else(|| {
            RemoteError::Setup(format!(
                "the Notion database has no usable property \"{ID_PROPERTY}\""
            ))
        })?;
        let since = moment::floor(since);
        let heard = self
            .query(json!({
                "filter": { "and": [
                    { "property": marker.id, "rich_text": { "equals": draft.marker } },
                    { "timestamp": "created_time", "created_time": { "on_or_after": moment::iso(since) } },
                ] },
                "sorts": [{ "timestamp": "created_time", "direction": "ascending" }],
                "page_size": 100,
            }))
            .await?;
        let results = results(&heard)?;
        let foreign = results
            .iter()
            .any(|page| !adopted.me.is(&page["created_by"]));
        if foreign {
            // Somebody copied the marker, or our token was replaced; only the second is ours.
            adopted = self.check_me().await?;
        }
        Ok(self.made_by_us(&adopted, draft, since, &heard))
    }

    fn made_by_us(
        &self,
        adopted: &Rc<Adopted>,
        draft: &Draft,
        since: Time,
        heard: &Heard,
    ) -> Lookup {
        let reader = Reader::new(adopted, &self.config.mapping, heard);
        let pages = heard.json["results"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let rows: Vec<Option<Row>> = pages
            .iter()
            .map(|page| reader.row(page, Some(draft.kind)))
            .collect();
        let whole = rows.iter().all(Option::is_some)
            && !paging::is_incomplete(&heard.json)
            && paging::next_cursor(&heard.json).is_none();
        let ours = |seen: &Observation| {
            seen.created_by_us
                && seen.linked_node.as_deref() == Some(&draft.marker)
                && seen.created.is_none_or(|created| created >= since)
        };
        let mut hits: Vec<Observation> = rows
            .into_iter()
            .flatten()
            .map(|row| row.seen)
            .filter(ours)
            .collect();
        hits.sort_by_key(|seen| seen.created);
        Lookup {
            hits,
            complete: whole,
        }
    }

    /// Asks the data source. A 404 means that it is not shared any more.
    async fn query(&self, query: Json) -> Result<Heard, RemoteError> {
        let source = self.adopted()?.source.clone();
        let ask = Ask::query(format!("/v1/data_sources/{source}/query"), query);
        let exchange = wire::exchange(self.account(), ask).await?;
        if exchange.is_missing() {
            return Err(not_shared(&format!("the Notion data source {source}")));
        }
        exchange.heard(&[])
    }
}

/// Reads the page object of an answer.
pub(super) fn parse_row(
    reader: &Reader<'_>,
    heard: &Heard,
    kind: Kind,
) -> Result<Row, RemoteError> {
    reader.row(&heard.json, Some(kind)).ok_or_else(garbled)
}

/// The error of an answer that has another form than it must have.
pub(super) fn garbled() -> RemoteError {
    RemoteError::Unclear("Notion's answer has an unexpected form".to_owned())
}

fn results(heard: &Heard) -> Result<&Vec<Json>, RemoteError> {
    heard.json["results"].as_array().ok_or_else(garbled)
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A property id in a path: Notion gives it URL-encoded already; one that is not is encoded here.
fn in_path(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "%-._~".contains(c);
    if id.chars().all(plain) {
        id.to_owned()
    } else {
        encoded(id)
    }
}
