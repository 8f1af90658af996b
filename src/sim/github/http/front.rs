//! From a request to an answer: who asks, may they, how often, and what the headers say.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{Answer, failed};
use super::call::Call;
use super::faults::Faults;
use super::graphql;
use super::limits::{Budgets, Left, Limits, Over, Resource};
use super::routes::{Desk, dispatch};
use super::wire::Wire;
use crate::sim::github::hub::Hub;
use crate::sim::github::ids::{http_date, mix};
use crate::sim::github::model::Login;

/// How many request lines are kept; the older half goes when there are more.
const KEPT_REQUESTS: usize = 200_000;

/// The one version of the API that is spoken here.
const API_VERSION: &str = "2022-11-28";

/// One request that was answered (or dropped).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// Count of requests before it.
    pub seq: u64,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query string as it was sent.
    pub query: String,
    /// Status; 0 when the connection was closed without an answer.
    pub status: u16,
    /// Login of the caller.
    pub actor: Option<Login>,
    /// Whether it carried `If-None-Match` or `If-Modified-Since`.
    pub conditional: bool,
}

/// Counts over all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// All of them.
    pub requests: u64,
    /// Answered with 304.
    pub not_modified: u64,
    /// Successful POST, PATCH, PUT and DELETE; GraphQL queries are not writes.
    pub writes: u64,
    /// Refused because of a limit.
    pub limited: u64,
}

/// The small GitHub as one server sees it: the model and everything around it.
#[derive(Debug, Clone)]
pub struct Front {
    /// The model. People in tests and demos edit it directly.
    pub hub: Hub,
    /// Limits in force.
    pub limits: Limits,
    /// Bad days on order.
    pub faults: Faults,
    /// Every request, oldest first.
    pub requests: Vec<RequestLine>,
    /// Counts over all requests.
    pub counters: Counters,
    /// Whether `/graphql` exists; without it the path answers 404.
    pub graphql: bool,
    /// Start of the addresses for people (`html_url`).
    pub html_base: String,
    /// Address to use in `Link` and `url` instead of the `Host` the client names.
    pub public_url: Option<String>,
    budgets: Budgets,
}

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) has_agent: bool,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    fn conditional(&self) -> bool {
        self.if_none_match.is_some() || self.if_modified_since.is_some()
    }
}

/// Who asks.
struct Caller {
    login: Option<Login>,
    read_only: bool,
}

impl Front {
    /// Puts a front before a model.
    pub fn new(hub: Hub, limits: Limits) -> Self {
        Self {
            hub,
            limits,
            faults: Faults::default(),
            requests: Vec::new(),
            counters: Counters::default(),
            graphql: true,
            html_base: "https://github.com".to_owned(),
            public_url: None,
            budgets: Budgets::default(),
        }
    }

    /// Answers a request and notes it down.
    pub(crate) fn handle(&mut self, now: i64, request: &Incoming) -> Answer {
        let resource = Resource::of(&request.path);
        let (login, answer) = match self.caller(request) {
            Ok(caller) => {
                let answer = self.admitted(now, request, &caller, resource);
                (caller.login, answer)
            }
            Err(answer) => (None, answer),
        };
        let left = self
            .budgets
            .left(&self.limits, login.as_deref(), resource, now);
        let mut answer = self.dressed(answer, resource, left);
        if let Some(scopes) = self.scopes(request).filter(|_| answer.status != 401) {
            answer = answer.header("x-oauth-scopes", scopes.to_owned());
        }
        self.note(now, request, login, answer.status);
        answer
    }

    /// Notes down a request; `status` 0 means that the connection was closed.
    pub(crate) fn note(&mut self, now: i64, request: &Incoming, actor: Option<Login>, status: u16) {
        let reads = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        if !reads && (200..300).contains(&status) && request.path != "/graphql" {
            self.counters.writes += 1;
        }
        self.counters.not_modified += u64::from(status == 304);
        if self.requests.len() >= KEPT_REQUESTS {
            self.requests.drain(..KEPT_REQUESTS / 2);
        }
        self.requests.push(RequestLine {
            seq: self.counters.requests,
            at: now,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status,
            actor,
            conditional: request.conditional(),
        });
        self.counters.requests += 1;
    }

    /// Says that the last answered request never reached the client.
    pub(crate) fn note_lost(&mut self, status: u16) {
        if let Some(line) = self.requests.last_mut() {
            line.status = status;
        }
    }

    fn caller(&self, request: &Incoming) -> Result<Caller, Answer> {
        if !request.has_agent {
            return Err(Answer::error(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
            ));
        }
        let Some(header) = &request.authorization else {
            return Ok(Caller {
                login: None,
                read_only: false,
            });
        };
        let token = header.split_once(' ').map(|(_, token)| token.trim());
        match token.and_then(|token| self.hub.token(token)) {
            Some(token) => Ok(Caller {
                login: Some(Arc::clone(&token.login)),
                read_only: token.read_only,
            }),
            None => Err(Answer::error(401, "Bad credentials")),
        }
    }

    fn admitted(
        &mut self,
        now: i64,
        request: &Incoming,
        caller: &Caller,
        resource: Resource,
    ) -> Answer {
        if let Some(version) = &request.api_version
            && version != API_VERSION
        {
            return Answer::error(400, &format!("{version:?} is not a supported version"));
        }
        if request.path == "/rate_limit" {
            return self.rate_limit(now, caller);
        }
        let reads = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let writes = !reads && resource != Resource::Graphql;
        let who = caller.login.as_deref();
        if let Err(over) = self.budgets.admit(&self.limits, who, resource, writes, now) {
            self.counters.limited += 1;
            return over_limit(over, resource, who.unwrap_or("anonymous"));
        }
        let call = self.call(now, request, caller);
        let answer = self.routed(&call, caller, resource, writes);
        let answer = if reads {
            unless_modified(answer, request)
        } else {
            answer
        };
        // A 304 is free, but only for those who signed in.
        if answer.status != 304 || caller.login.is_none() {
            self.budgets.charge(caller.login.as_deref(), resource, now);
        }
        answer
    }

    fn call(&self, now: i64, request: &Incoming, caller: &Caller) -> Call {
        let host = || format!("http://{}", request.host);
        let method = if request.method == "HEAD" {
            "GET"
        } else {
            &request.method
        };
        Call {
            method: method.to_owned(),
            path: request.path.clone(),
            segments: Call::segments_of(&request.path),
            query: Call::query_of(&request.query),
            body: request.body.clone(),
            base: self.public_url.clone().unwrap_or_else(host),
            actor: caller.login.clone(),
            now,
        }
    }

    fn routed(&mut self, call: &Call, caller: &Caller, resource: Resource, writes: bool) -> Answer {
        if writes && caller.read_only {
            return Answer::error(403, "Resource not accessible by personal access token");
        }
        if resource == Resource::Graphql {
            return self.graphql(call);
        }
        let mut desk = Desk {
            hub: &mut self.hub,
            html: &self.html_base,
        };
        dispatch(&mut desk, call).unwrap_or_else(|failure| failed(call, failure))
    }

    fn graphql(&mut self, call: &Call) -> Answer {
        if !self.graphql || call.method != "POST" {
            return Answer::error(404, "Not Found");
        }
        let Some(viewer) = call.actor.as_deref() else {
            return Answer::error(401, "This endpoint requires you to be authenticated.");
        };
        let Ok(body) = call.json() else {
            return Answer::error(400, "Problems parsing JSON");
        };
        let Some(query) = body.get("query").and_then(Value::as_str) else {
            let words = "A query attribute must be specified and must be a string.";
            return Answer::error(400, words);
        };
        let none = Map::new();
        let variables = body
            .get("variables")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let mut left = self
            .budgets
            .left(&self.limits, Some(viewer), Resource::Graphql, call.now);
        // What is left after this query, which costs one point.
        left.used += 1;
        let wire = Wire {
            hub: &self.hub,
            base: &call.base,
            html: &self.html_base,
        };
        Answer::ok(&graphql::answer(wire, viewer, left, query, variables))
    }

    fn rate_limit(&self, now: i64, caller: &Caller) -> Answer {
        let who = caller.login.as_deref();
        let show = |resource| {
            let left = self.budgets.left(&self.limits, who, resource, now);
            json!({
                "limit": left.limit, "used": left.used, "remaining": left.remaining(),
                "reset": left.reset.div_euclid(1000),
            })
        };
        let core = show(Resource::Core);
        let (search, graphql) = (show(Resource::Search), show(Resource::Graphql));
        let resources = json!({ "core": core, "search": search, "graphql": graphql });
        Answer::ok(&json!({ "resources": resources, "rate": core }))
    }

    /// The scopes of a classic token; GitHub tells none of other kinds.
    fn scopes(&self, request: &Incoming) -> Option<&'static str> {
        let (_, token) = request.authorization.as_deref()?.split_once(' ')?;
        let is_classic = token.trim().starts_with("ghp_");
        let token = self.hub.token(token.trim()).filter(|_| is_classic)?;
        Some(if token.read_only { "read:user" } else { "repo" })
    }

    /// Adds the headers every answer carries.
    fn dressed(&self, answer: Answer, resource: Resource, left: Left) -> Answer {
        let id = mix(self.counters.requests);
        let modified = answer.modified;
        let tag = (answer.status == 200).then(|| answer.etag());
        let mut answer = answer
            .header(
                "x-github-request-id",
                format!("{:04X}:{:016X}", id >> 48, mix(id)),
            )
            .header("x-github-media-type", "github.v3; format=json".to_owned())
            .header("x-github-api-version-selected", API_VERSION.to_owned())
            .header("x-ratelimit-limit", left.limit.to_string())
            .header("x-ratelimit-remaining", left.remaining().to_string())
            .header("x-ratelimit-used", left.used.to_string())
            .header("x-ratelimit-reset", left.reset.div_euclid(1000).to_string())
            .header("x-ratelimit-resource", resource.as_str().to_owned());
        if let Some(tag) = tag
            && resource == Resource::Core
        {
            answer = answer.header("etag", tag);
        }
        if let Some(at) = modified {
            answer = answer.header("last-modified", http_date(at));
        }
        answer
    }
}

/// Turns a 200 into a 304 when the client has the same already. Tags compare weakly, and they
/// win over dates (RFC 9110 section 13.1).
fn unless_modified(answer: Answer, request: &Incoming) -> Answer {
    if answer.status != 200 {
        return answer;
    }
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let same = match &request.if_none_match {
        Some(tags) => {
            let own = bare(&answer.etag());
            tags.split(',')
                .any(|tag| tag.trim() == "*" || bare(tag) == own)
        }
        None => answer
            .modified
            .zip(request.if_modified_since.as_ref())
            .is_some_and(|(at, since)| http_date(at) == *since),
    };
    if !same {
        return answer;
    }
    let tag = answer.etag();
    Answer {
        status: 304,
        body: Vec::new(),
        ..answer
    }
    .header("etag", tag)
}

fn over_limit(over: Over, resource: Resource, who: &str) -> Answer {
    match over {
        // GraphQL tells it with 200 ("Rate limits for the GraphQL API").
        Over::Primary if resource == Resource::Graphql => {
            let message = format!("API rate limit exceeded for user {who}.");
            Answer::ok(&json!({ "errors": [{ "type": "RATE_LIMITED", "message": message }] }))
        }
        Over::Primary => Answer::error(403, &format!("API rate limit exceeded for user {who}.")),
        Over::Secondary(seconds) => Answer::error(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        )
        .header("retry-after", seconds.to_string()),
    }
}
