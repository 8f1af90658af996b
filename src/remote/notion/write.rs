//! Writing: one step, one request.

use serde_json::{Map, Value as Json, json};

use super::adopted::Adopted;
use super::body::{self, Edit, Swap};
use super::read::{Shown, garbled, parse_row};
use super::refusal::{Sent, Spoken};
use super::row::{Reader, Row};
use super::wire::{self, Exchange, Heard};
use super::{NotionRemote, form, property};
use crate::core::mapping::{Bound, ID_PROPERTY, KIND_PROPERTY};
use crate::core::text::mark_public;
use crate::core::{
    Action, Change, Draft, FieldKey, Kind, Observation, PropertyKind, Side, Step, Value,
};
use crate::remote::http::Ask;
use crate::remote::{Answer, LeftOut, RemoteError};

/// Notion's limit on a request, in bytes.
const PAYLOAD: usize = 500_000;

impl NotionRemote {
    /// Sends a step.
    pub(super) async fn send(
        &self,
        step: &Step,
        target: Option<&Observation>,
    ) -> Result<Answer, RemoteError> {
        let seen = || {
            target.ok_or_else(|| {
                RemoteError::Stale("a page can only be changed after it was read".to_owned())
            })
        };
        match &step.action {
            _ if step.side != Side::Notion => Err(misdirected("a step for GitHub")),
            Action::Create(draft) => self.create(draft).await,
            Action::Patch(changes) => match self.body_change(seen()?.kind, changes)? {
                Some(change) => self.change_body(seen()?, change).await,
                None => self.change_properties(seen()?, changes).await,
            },
            Action::Trash => self.set_trash(seen()?, true).await,
            Action::Restore => self.set_trash(seen()?, false).await,
            Action::Close => Err(misdirected("closing")),
        }
    }

    /// The change of the text, if the step is one. Text and properties are two requests, never one step.
    fn body_change<'a>(
        &self,
        kind: Kind,
        changes: &'a [Change],
    ) -> Result<Option<&'a Change>, RemoteError> {
        let is_body = |change: &&Change| change.field == FieldKey::BODY && self.has_body(kind);
        match changes {
            [] => Err(misdirected("a step without changes")),
            [only] => Ok(Some(only).filter(is_body)),
            several if several.iter().any(|change| is_body(&change)) => Err(misdirected(
                "a step that changes text and properties at once",
            )),
            _ => Ok(None),
        }
    }

    async fn create(&self, draft: &Draft) -> Result<Answer, RemoteError> {
        let adopted = self.adopted()?;
        let (properties, sent) = self.draft_properties(&adopted, draft)?;
        let text = draft
            .fields
            .get(&FieldKey::BODY)
            .filter(|_| self.has_body(draft.kind))
            .map_or("", Value::as_text);
        let text = mark_public(text, &self.private_headings());
        let (request, carried) = page_request(&adopted, &properties, &text)?;
        let exchange = wire::exchange(self.account(), Ask::post("/v1/pages", request)).await?;
        let mut answer = if let Some(id) = committed(&exchange) {
            self.read_committed(draft.kind, &id, &exchange).await?
        } else {
            let heard = self.judge(exchange, &sent).await?;
            self.answer(&heard, draft.kind)?
        };
        if !carried {
            // The page is known to have no text: a missing value would be taken for one that was sent.
            answer.post.fields.insert(FieldKey::BODY, Value::Null);
        }
        if !answer.post.created_by_us {
            // The token was replaced since the memo was made. The page is made; asking who we are may wait.
            if let Err(error) = self.check_me().await {
                tracing::debug!(%error, "could not ask whom the Notion token belongs to");
            }
        }
        Ok(answer)
    }

    /// The properties of a new page, and what Notion may call them in a refusal.
    fn draft_properties(
        &self,
        adopted: &Adopted,
        draft: &Draft,
    ) -> Result<(Map<String, Json>, Vec<Sent>), RemoteError> {
        let (mut properties, mut sent) = (Map::new(), Vec::new());
        let mapping = self.config.mapping.bound(draft.kind);
        for bound in mapping.iter().filter(|bound| bound.property.is_some()) {
            let given = draft.fields.get(&bound.field.key);
            let given = given.filter(|value| !value.is_empty());
            let Some((binding, kind)) = adopted.column(bound) else {
                if given.is_some() {
                    // Left out, it would be remembered as written. The next plan knows that it is paused.
                    return Err(RemoteError::Stale(format!(
                        "the property of the field {} cannot be used any more",
                        bound.field.key
                    )));
                }
                continue;
            };
            // A title is always named: without one Notion takes the first heading of the text for it.
            if given.is_some() || kind == PropertyKind::Title {
                let value = said(bound, kind, given.unwrap_or(&Value::Null))?;
                properties.insert(binding.id.clone(), value);
                sent.push(named(bound, &binding.id, &binding.name, kind));
            }
        }
        for (name, text) in [
            (ID_PROPERTY, draft.marker.as_str()),
            (KIND_PROPERTY, draft.kind.name()),
        ] {
            let binding = adopted.property(name).ok_or_else(|| {
                RemoteError::Setup(format!(
                    "the Notion database has no usable property \"{name}\""
                ))
            })?;
            let kind = binding.kind().unwrap_or(PropertyKind::RichText);
            let value = property::write(kind, &Value::text(text)).map_err(misdirected)?;
            properties.insert(binding.id.clone(), value);
        }
        Ok((properties, sent))
    }

    /// Notion made the page and could not say so in time (503): reads what it made.
    async fn read_committed(
        &self,
        kind: Kind,
        id: &str,
        exchange: &Exchange,
    ) -> Result<Answer, RemoteError> {
        match self.read_row(kind, id).await {
            Ok(Ok((_, row))) => Ok(Answer {
                post: row.seen,
                request: exchange.reply.request_id(),
                left_out: LeftOut::new(),
            }),
            Ok(Err(_)) | Err(_) => Err(RemoteError::Unclear(
                "Notion made the page and did not show it; it will be looked for".to_owned(),
            )),
        }
    }

    async fn change_properties(
        &self,
        target: &Observation,
        changes: &[Change],
    ) -> Result<Answer, RemoteError> {
        let adopted = self.adopted()?;
        let (mut properties, mut sent) = (Map::new(), Vec::new());
        for change in changes {
            let bound = self.config.mapping.word(target.kind, &change.field);
            let column = bound.and_then(|bound| Some((bound, adopted.column(bound)?)));
            let Some((bound, (binding, kind))) = column else {
                return Err(RemoteError::Refused {
                    status: 400,
                    field: Some(change.field.clone()),
                    message: "the field has no usable property in Notion now; nothing was sent"
                        .to_owned(),
                });
            };
            properties.insert(binding.id.clone(), said(bound, kind, &change.new)?);
            sent.push(named(bound, &binding.id, &binding.name, kind));
        }
        let request = json!({ "properties": properties });
        self.patch(target, fitting(request, &sent)?, &sent).await
    }

    async fn set_trash(&self, target: &Observation, in_trash: bool) -> Result<Answer, RemoteError> {
        self.patch(target, json!({ "in_trash": in_trash }), &[])
            .await
    }

    async fn patch(
        &self,
        target: &Observation,
        request: Json,
        sent: &[Sent],
    ) -> Result<Answer, RemoteError> {
        let path = format!("/v1/pages/{}", target.id.node);
        let exchange = wire::exchange(self.account(), Ask::patch(path, request)).await?;
        let heard = self.judge(exchange, sent).await?;
        self.answer(&heard, target.kind)
    }

    /// Reads the answer to a write of properties. A property that Notion refuses may be gone or of another type now:
    /// then the schema is read again, and the step is planned anew.
    async fn judge(&self, exchange: Exchange, sent: &[Sent]) -> Result<Heard, RemoteError> {
        match exchange.heard(sent) {
            Err(error @ RemoteError::Refused { status: 400, .. }) if !sent.is_empty() => {
                if self.look_again().await? {
                    Err(RemoteError::Stale(
                        "the properties of the Notion database were changed".to_owned(),
                    ))
                } else {
                    Err(error)
                }
            }
            outcome => outcome,
        }
    }

    fn answer(&self, heard: &Heard, kind: Kind) -> Result<Answer, RemoteError> {
        let adopted = self.adopted()?;
        let Row { seen, .. } = parse_row(
            &Reader::new(&adopted, &self.config.mapping, heard),
            heard,
            kind,
        )?;
        Ok(Answer {
            post: seen,
            request: heard.request.clone(),
            left_out: LeftOut::new(),
        })
    }

    async fn change_body(
        &self,
        target: &Observation,
        change: &Change,
    ) -> Result<Answer, RemoteError> {
        let Some(raw) = &target.raw_body else {
            return Err(RemoteError::Stale(
                "the page's text was not read right before".to_owned(),
            ));
        };
        let heading = &self.private_headings();
        let wanted = change.new.as_text();
        let edit = body::plan(raw, heading, wanted);
        if edit == Edit::Nothing {
            return Ok(Answer {
                post: target.clone(),
                request: None,
                left_out: LeftOut::new(),
            });
        }
        let (shown, request) = self.send_body(target, &edit).await?;
        if edit.was_done_twice(raw, &shown.raw, heading) {
            // Something on the way sent it once more. Nobody else knows that this is not a person's text.
            let mend = body::plan(&shown.raw, heading, wanted);
            if let Ok((shown, request)) = self.send_body(target, &mend).await {
                return Ok(self.body_answer(target, shown, &mend, request));
            }
        }
        Ok(self.body_answer(target, shown, &edit, request))
    }

    /// Sends an edit of a page's text; gives the text that the page has then, and the request's id.
    async fn send_body(
        &self,
        target: &Observation,
        edit: &Edit,
    ) -> Result<(Shown, Option<String>), RemoteError> {
        let request = match edit {
            Edit::Nothing => return Err(garbled()),
            Edit::Fill(text) => fill(text),
            Edit::Swap(swap) => update(swap),
        };
        let sent = [Sent {
            field: FieldKey::BODY,
            id: String::new(),
            name: String::new(),
            status: false,
        }];
        let path = format!("/v1/pages/{}/markdown", target.id.node);
        let ask = Ask::patch(path, fitting(request, &sent)?);
        let exchange = wire::exchange(self.account(), ask).await?;
        if is_mismatch(&exchange) {
            return Err(RemoteError::Stale(
                "the page's text was edited in the meantime".to_owned(),
            ));
        }
        let heard = exchange.heard(&sent)?;
        let shown = Shown::from_json(&heard.json).ok_or_else(garbled)?;
        Ok((shown, heard.request))
    }

    /// What is known of a page after its text was changed. The answer shows the text only, no stamp. When another
    /// place of the text was edited meanwhile the text is left out, so that this edit is not taken for ours.
    fn body_answer(
        &self,
        target: &Observation,
        shown: Shown,
        edit: &Edit,
        request: Option<String>,
    ) -> Answer {
        let mut post = target.clone();
        post.stamp = None;
        post.read_at = self.account().now();
        post.fields.clear();
        post.raw_body = None;
        let ours = edit.is_all_that_changed(&shown.raw, &self.private_headings());
        if ours {
            self.note_body(&mut post, shown);
        }
        Answer {
            post,
            request,
            left_out: LeftOut::new(),
        }
    }
}

/// The request that makes a page, and whether it carries the text (or there is none). One that does not fit is left
/// to a later step.
fn page_request(
    adopted: &Adopted,
    properties: &Map<String, Json>,
    text: &str,
) -> Result<(Json, bool), RemoteError> {
    let mut carried = true;
    let mut request = json!({
        "parent": { "type": "data_source_id", "data_source_id": adopted.source },
        "properties": properties,
    });
    if !text.is_empty() {
        request["markdown"] = json!(text);
        if size(&request) > PAYLOAD
            && let Some(request) = request.as_object_mut()
        {
            request.remove("markdown");
            carried = false;
        }
    }
    Ok((fitting(request, &[])?, carried))
}

/// Puts a text into an empty page. It is inserted, not put in place of what is there: somebody may be writing the
/// first words at this very moment, and a replacement would take them away unseen.
fn fill(text: &str) -> Json {
    json!({ "type": "insert_content", "insert_content": { "content": text } })
}

fn update(swap: &Swap) -> Json {
    let updates: Vec<Json> = swap
        .pieces
        .iter()
        .map(|(old, new)| json!({ "old_str": old, "new_str": new, "replace_all_matches": false }))
        .collect();
    json!({
        "type": "update_content",
        "update_content": {
            "content_updates": updates,
            "allow_deleting_content": false,
        },
    })
}

/// Whether a refusal says that the piece to replace is not there, or not just once: the text was edited meanwhile.
/// A refusal to delete child pages is none.
fn is_mismatch(exchange: &Exchange) -> bool {
    let spoken = Spoken::of(&exchange.reply);
    let message = spoken.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let deletes = ["would delete", "allow_deleting_content", "child page"];
    let mismatch = [
        "not found",
        "could not find",
        "did not match",
        "no match",
        "multiple",
        "matches",
        "more than once",
    ];
    exchange.reply.status == 400
        && spoken.code == "validation_error"
        && !says(&deletes)
        && says(&mismatch)
}

/// The id of what a write made although its answer failed.
fn committed(exchange: &Exchange) -> Option<String> {
    let spoken = Spoken::of(&exchange.reply);
    spoken.committed.filter(|_| exchange.reply.status >= 500)
}

fn said(bound: &Bound, kind: PropertyKind, value: &Value) -> Result<Json, RemoteError> {
    property::write(kind, &form::said(bound, kind, value)).map_err(|message| RemoteError::Refused {
        status: 400,
        field: Some(bound.field.key.clone()),
        message,
    })
}

fn named(bound: &Bound, id: &str, name: &str, kind: PropertyKind) -> Sent {
    Sent {
        field: bound.field.key.clone(),
        id: id.to_owned(),
        name: name.to_owned(),
        status: kind == PropertyKind::Status,
    }
}

/// A request within Notion's limit, else a refusal that names the only field.
fn fitting(request: Json, sent: &[Sent]) -> Result<Json, RemoteError> {
    let bytes = size(&request);
    if bytes <= PAYLOAD {
        return Ok(request);
    }
    let field = match sent {
        [only] => Some(only.field.clone()),
        _ => None,
    };
    Err(RemoteError::Refused {
        status: 413,
        field,
        message: format!(
            "the change has {bytes} bytes, Notion takes {PAYLOAD} at once; shorten the text. Nothing was sent"
        ),
    })
}

fn size(request: &Json) -> usize {
    request.to_string().len()
}

/// A step that no Notion page can take; nothing is sent.
fn misdirected(what: impl std::fmt::Display) -> RemoteError {
    RemoteError::Refused {
        status: 400,
        field: None,
        message: format!("{what} cannot be sent to Notion; nothing was sent"),
    }
}
