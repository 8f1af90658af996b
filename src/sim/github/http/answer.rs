//! One answer: status, headers and body, with errors, paging and entity tags as the service does.

use serde_json::{Value, json};

use super::call::{BadBody, Call};
use crate::sim::github::ids::hash;
use crate::sim::github::refusal::{FieldError, Refusal};

const DOCS: &str = "https://docs.github.com/rest";

/// An answer before it becomes HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// When the object last changed, for `Last-Modified`.
    pub(crate) modified: Option<i64>,
}

/// What a route gives back: an answer, or why not.
pub(crate) type Outcome = Result<Answer, Failure>;

/// Why there is no answer of the ordinary kind.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The model refused.
    Refused(Refusal),
    /// The body cannot be used.
    Body(BadBody),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BadBody> for Failure {
    fn from(bad: BadBody) -> Self {
        Self::Body(bad)
    }
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self {
            status,
            headers: Vec::new(),
            body,
            modified: None,
        }
    }

    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// 201 with the address of what was made (its `url`).
    pub(crate) fn created(body: &Value) -> Self {
        let mut answer = Self::json(201, body);
        if let Some(url) = body.get("url").and_then(Value::as_str) {
            answer.headers.push(("location", url.to_owned()));
        }
        answer
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Vec::new(),
            modified: None,
        }
    }

    /// An error body: `message`, `documentation_url` and the status as a string.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let text = status.to_string();
        Self::json(
            status,
            &json!({ "message": message, "documentation_url": DOCS, "status": text }),
        )
    }

    /// The refusal of content that was made too fast: a 422 like that of a wrong field.
    pub(crate) fn too_quick(retry_after: Option<u64>) -> Self {
        let error = json!({ "resource": "Issue", "code": "custom", "message": "was submitted too quickly" });
        let body =
            json!({ "message": "Validation Failed", "errors": [error], "documentation_url": DOCS });
        let answer = Self::json(422, &body);
        match retry_after {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    pub(crate) fn modified(mut self, at: i64) -> Self {
        self.modified = Some(at);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The entity tag: weak, like the service's, over body and paging links.
    pub(crate) fn etag(&self) -> String {
        let link = self.headers.iter().find(|(name, _)| *name == "link");
        let link = link.map_or(0, |(_, value)| hash(value.as_bytes()));
        format!(
            "W/\"{:016x}{:016x}\"",
            hash(&self.body),
            link ^ self.body.len() as u64
        )
    }
}

/// Turns a failure into the service's answer.
pub(crate) fn failed(call: &Call, failure: Failure) -> Answer {
    let refusal = match failure {
        Failure::Body(BadBody::NotJson) => return Answer::error(400, "Problems parsing JSON"),
        Failure::Body(BadBody::NotAnObject) => {
            return Answer::error(400, "Body should be a JSON object");
        }
        Failure::Refused(refusal) => refusal,
    };
    let status = refusal.status();
    match refusal {
        Refusal::Unauthorized(words)
        | Refusal::Forbidden(words)
        | Refusal::NotMergeable(words)
        | Refusal::Conflict(words) => Answer::error(status, words),
        Refusal::NotFound => Answer::error(status, "Not Found"),
        Refusal::Gone => Answer::error(status, "This issue was deleted"),
        Refusal::RepoMoved(id) => {
            // Writes to a renamed repository answer 307, which keeps the method.
            moved(if call.writes() { 307 } else { status }, &rest_of(call, id))
        }
        Refusal::IssueMoved(id, number) => moved(
            status,
            &format!("{}/repositories/{id}/issues/{number}", call.base),
        ),
        Refusal::Invalid { message, errors } => invalid(&message, &errors),
    }
}

fn invalid(message: &str, errors: &[FieldError]) -> Answer {
    let shown = |error: &FieldError| {
        let mut body =
            json!({ "resource": error.resource, "field": error.field, "code": error.code });
        if let Some(message) = &error.message {
            body["message"] = json!(message);
        }
        body
    };
    let mut body = json!({ "message": message, "documentation_url": DOCS, "status": "422" });
    if !errors.is_empty() {
        body["errors"] = errors.iter().map(shown).collect();
    }
    Answer::json(422, &body)
}

fn moved(status: u16, url: &str) -> Answer {
    let message = if status == 301 {
        "Moved Permanently"
    } else {
        "Temporary Redirect"
    };
    let body = json!({ "message": message, "url": url, "documentation_url": DOCS });
    Answer::json(status, &body).header("location", url.to_owned())
}

/// The same path below the repository's id, query included.
fn rest_of(call: &Call, id: u64) -> String {
    let rest: Vec<&str> = call
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .skip(3)
        .collect();
    let mut url = format!("{}/repositories/{id}", call.base);
    if !rest.is_empty() {
        url = format!("{url}/{}", rest.join("/"));
    }
    let query = write_query(&call.query);
    if query.is_empty() {
        url
    } else {
        format!("{url}?{query}")
    }
}

fn write_query(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Cuts a list into pages of at most 100 (default 30) and links to the neighbours.
pub(crate) fn page<T>(call: &Call, items: &[T], show: impl Fn(&T) -> Value) -> Answer {
    let (page, per_page) = window(call);
    let from = (page - 1).saturating_mul(per_page);
    let shown: Vec<Value> = items.iter().skip(from).take(per_page).map(show).collect();
    with_links(call, Answer::ok(&json!(shown)), items.len())
}

/// Page number (from 1) and page size of a request; nonsense counts as absent.
pub(crate) fn window(call: &Call) -> (usize, usize) {
    let number = |name| call.param(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").filter(|n| *n > 0).unwrap_or(30).min(100);
    (number("page").filter(|n| *n > 0).unwrap_or(1), per_page)
}

/// Adds the `Link` header for a list of `total` items, if it has more than one page.
pub(crate) fn with_links(call: &Call, answer: Answer, total: usize) -> Answer {
    let (page, per_page) = window(call);
    let last = total.div_ceil(per_page).max(1);
    let mut links = Vec::new();
    if page > 1 {
        links.push((page.min(last + 1) - 1, "prev"));
    }
    if page < last {
        links.extend([(page + 1, "next"), (last, "last")]);
    }
    if page > 1 {
        links.push((1, "first"));
    }
    if links.is_empty() {
        return answer;
    }
    let url = |number: usize| {
        let kept = call.query.iter().filter(|(key, _)| key != "page").cloned();
        let pairs: Vec<_> = kept
            .chain([("page".to_owned(), number.to_string())])
            .collect();
        format!("{}{}?{}", call.base, call.path, write_query(&pairs))
    };
    let shown: Vec<String> = links
        .iter()
        .map(|(number, rel)| format!("<{}>; rel=\"{rel}\"", url(*number)))
        .collect();
    answer.header("link", shown.join(", "))
}
