//! The service behind the socket: the workspace, its limits, its faults, and what was asked of it.

use axum::http::Method;
use serde_json::{Value as Json, json};

use super::call::Raw;
use super::faults::{FaultKind, Faults, Limiter};
use super::routes;
use crate::sim::notion::Id;
use crate::sim::notion::refusal::Refusal;
use crate::sim::notion::state::Workspace;

/// One request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The method.
    pub method: Method,
    /// The path without the query.
    pub path: String,
    /// The query.
    pub query: String,
    /// The status that was answered; 0 when the connection was cut.
    pub status: u16,
    /// Whether it succeeded in the workspace, whatever was answered.
    pub applied: bool,
}

/// What was asked, counted. Writes, creates and queries count when they succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Every request.
    pub requests: u64,
    /// Everything that changed something.
    pub writes: u64,
    /// Pages made.
    pub creates: u64,
    /// Data source queries.
    pub queries: u64,
    /// Requests turned away by the limiter.
    pub limited: u64,
}

/// Everything the server holds. Tests lock it to look and to change.
#[derive(Clone, Debug)]
pub struct Service {
    /// The workspace.
    pub world: Workspace,
    /// What goes wrong next.
    pub faults: Faults,
    /// The request budget.
    pub limiter: Limiter,
    /// Every request, oldest first.
    pub operations: Vec<Operation>,
    /// The same, counted.
    pub counters: Counters,
}

/// An answer ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) html: bool,
    pub(super) request_id: String,
    pub(super) body: Vec<u8>,
}

/// What the socket has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Send this.
    Send(Answer),
    /// Send this after so many milliseconds.
    SendLater(u64, Answer),
    /// Cut the connection.
    Cut,
    /// Cut the connection and apply the request after so many milliseconds.
    CutAndApply(u64),
}

impl Service {
    /// Puts a workspace behind a service with the default budget.
    pub fn new(world: Workspace) -> Self {
        Self {
            world,
            faults: Faults::default(),
            limiter: Limiter::default(),
            operations: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Forgets what was asked so far.
    pub fn forget(&mut self) {
        self.operations.clear();
        self.counters = Counters::default();
    }

    /// Takes one request and says what the socket has to do.
    pub(super) fn handle(&mut self, now: i64, raw: &Raw) -> Act {
        self.counters.requests += 1;
        let request_id = format!("{:08x}-0000-4000-8000-000000000000", self.counters.requests);
        let fault = self.faults.pick(&raw.method, raw.uri.path());
        let act = self.act(now, raw, fault, &request_id);
        let status = match &act {
            Act::Send(answer) | Act::SendLater(_, answer) => answer.status,
            Act::Cut | Act::CutAndApply(_) => 0,
        };
        if let Some(operation) = self.operations.last_mut() {
            operation.status = status;
        }
        act
    }

    fn act(&mut self, now: i64, raw: &Raw, fault: Option<FaultKind>, request_id: &str) -> Act {
        self.note(now, raw);
        let refuse = |refusal: &Refusal| Act::Send(refused(refusal, request_id));
        match fault {
            Some(FaultKind::DropBefore) => Act::Cut,
            Some(FaultKind::Late(ms)) => Act::CutAndApply(ms),
            Some(FaultKind::Html(status)) => Act::Send(html(status, request_id)),
            Some(FaultKind::Status(status, code)) => refuse(&Refusal::new(
                status,
                code,
                "The service is having a bad day (a fault on order).",
            )),
            Some(FaultKind::RateLimited(wait, reason)) => {
                Act::Send(limited(wait, reason, request_id))
            }
            fault => {
                match fault {
                    Some(FaultKind::Twice) => self.apply_late(now, raw),
                    Some(FaultKind::Raced(from, to)) => self.race(now, raw, from, to),
                    _ => {}
                }
                let result = match self.admit(now, raw, request_id) {
                    Ok(result) => result,
                    Err(answer) => return Act::Send(answer),
                };
                after(fault, &result, request_id)
            }
        }
    }

    /// A person edits the text of the page that a request is about.
    fn race(&mut self, now: i64, raw: &Raw, from: &str, to: &str) {
        let page = raw.uri.path().split('/').find_map(Id::parse);
        let person = self.world.users.values().find(|user| !user.bot);
        if let (Some(page), Some(person)) = (page, person.map(|user| user.id)) {
            // A page that is gone has no text to edit.
            let _ = self
                .world
                .edit_body(now, person, page, |text| text.replace(from, to));
        }
    }

    /// Applies a request whose connection was cut long ago.
    pub(super) fn apply_late(&mut self, now: i64, raw: &Raw) {
        let result = self.answer(now, raw);
        self.count(raw, result.is_ok());
    }

    /// Lets a request through the limiter and answers it.
    fn admit(
        &mut self,
        now: i64,
        raw: &Raw,
        request_id: &str,
    ) -> Result<Result<Json, Refusal>, Answer> {
        if let Err(wait) = self.limiter.take(now) {
            self.counters.limited += 1;
            return Err(limited(wait, "public_api_request_rate_limit", request_id));
        }
        let result = self.answer(now, raw);
        self.count(raw, result.is_ok());
        if let Some(operation) = self.operations.last_mut() {
            operation.applied = result.is_ok();
        }
        Ok(result)
    }

    fn answer(&mut self, now: i64, raw: &Raw) -> Result<Json, Refusal> {
        let actor = raw.token().and_then(|token| self.world.actor_of(token));
        let actor =
            actor.ok_or_else(|| Refusal::new(401, "unauthorized", "API token is invalid."))?;
        let call = raw.read(now)?;
        self.world.acting = actor;
        let answer = routes::dispatch(&mut self.world, raw, &call);
        self.world.acting = self.world.bot;
        answer
    }

    fn note(&mut self, now: i64, raw: &Raw) {
        self.operations.push(Operation {
            at: now,
            method: raw.method.clone(),
            path: raw.uri.path().to_owned(),
            query: raw.uri.query().unwrap_or_default().to_owned(),
            status: 0,
            applied: false,
        });
    }

    fn count(&mut self, raw: &Raw, applied: bool) {
        if !applied {
            return;
        }
        let path = raw.uri.path();
        let query = raw.method == Method::POST && path.ends_with("/query");
        let reads = raw.method == Method::GET || query || path.starts_with("/v1/search");
        self.counters.queries += u64::from(query);
        self.counters.writes += u64::from(!reads);
        self.counters.creates += u64::from(raw.method == Method::POST && path == "/v1/pages");
    }
}

/// Spoils an answer that was worked out, if a fault says so.
fn after(fault: Option<FaultKind>, result: &Result<Json, Refusal>, request_id: &str) -> Act {
    let answer = match result {
        Ok(body) => sent(200, body, request_id),
        Err(refusal) => refused(refusal, request_id),
    };
    match (fault, result) {
        (Some(FaultKind::DropAfter), _) => Act::Cut,
        (Some(FaultKind::Delay(ms)), _) => Act::SendLater(ms, answer),
        (Some(FaultKind::Committed), Ok(body)) => Act::Send(refused(&committed(body), request_id)),
        (Some(FaultKind::Truncated), _) => {
            let body = answer.body[..answer.body.len() / 2].to_vec();
            Act::Send(Answer { body, ..answer })
        }
        (Some(FaultKind::Giant(megabytes)), _) => {
            let mut body = b"{\"padding\":\"".to_vec();
            body.resize(megabytes * 1024 * 1024, b'x');
            body.extend_from_slice(b"\"}");
            Act::Send(Answer { body, ..answer })
        }
        _ => Act::Send(answer),
    }
}

/// The 503 of a write that was saved although its answer could not be built.
fn committed(body: &Json) -> Refusal {
    let children: Vec<&Json> = body["results"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|b| &b["id"])
        .collect();
    let mut extra = json!({
        "elapsed_ms": "55012",
        "deadline_ms": "55000",
        "retry_guidance": ["Read the object again to confirm the saved change.", "Do not repeat the write."],
        "committed_resource_id": body["id"],
    });
    if !children.is_empty() {
        extra["committed_child_ids"] = json!(children);
    }
    let message = "The change was saved, but the response could not be built in time.";
    Refusal {
        extra: Some(extra),
        ..Refusal::new(503, "service_unavailable", message)
    }
}

fn sent(status: u16, body: &Json, request_id: &str) -> Answer {
    Answer {
        status,
        retry_after: None,
        html: false,
        request_id: request_id.to_owned(),
        body: body.to_string().into_bytes(),
    }
}

fn refused(refusal: &Refusal, request_id: &str) -> Answer {
    let mut answer = sent(refusal.status, &refusal.body(request_id), request_id);
    // The service names a wait for everything it calls overload; 429 always has one.
    answer.retry_after = (refusal.status == 429 || refusal.status == 529).then_some(1);
    answer
}

fn limited(wait: u64, reason: &str, request_id: &str) -> Answer {
    let extra = json!({"rate_limit_reason": reason, "retry_after": wait.to_string()});
    let message = "You have been rate limited. Please try again later.";
    let refusal = Refusal {
        extra: Some(extra),
        ..Refusal::new(429, "rate_limited", message)
    };
    Answer {
        retry_after: Some(wait),
        ..refused(&refusal, request_id)
    }
}

fn html(status: u16, request_id: &str) -> Answer {
    let page = format!(
        "<!DOCTYPE html><html><head><title>{status}</title></head><body>Error {status}</body></html>"
    );
    Answer {
        status,
        retry_after: None,
        html: true,
        request_id: request_id.to_owned(),
        body: page.into_bytes(),
    }
}
