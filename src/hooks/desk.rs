//! What happens to a delivery: refused, known already, or noted as something to be looked at.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, StatusCode};
use tokio::sync::Notify;

use super::hints::{Hints, Named};
use super::pace::Bucket;
use super::seen::Seen;
use super::sign::{Signer, Tag};
use super::{Limits, Options, github, notion, token};
use crate::core::Side;

/// A header of a delivery is not longer than this where it is used at all.
const HEADER_MAX: usize = 128;

/// Handshakes that are taken from one start to the next.
const HANDSHAKES: u8 = 5;

/// The answer to a delivery.
pub(super) type Answer = (StatusCode, &'static str);

/// Nobody here may say such a thing, or said it wrongly: the same answer for all of it.
const REFUSED: Answer = (
    StatusCode::UNAUTHORIZED,
    "the signature is missing or wrong\n",
);
const NO_SECRET: Answer = (
    StatusCode::SERVICE_UNAVAILABLE,
    "no secret is configured here for this service\n",
);
const NOTED: Answer = (StatusCode::OK, "noted\n");
const KNOWN: Answer = (StatusCode::OK, "known already\n");
const NO_CONCERN: Answer = (StatusCode::OK, "of no concern here\n");
const NOT_READ: Answer = (
    StatusCode::BAD_REQUEST,
    "not JSON of the expected form; the content type of the hook must be application/json\n",
);
const TOO_MANY: Answer = (StatusCode::TOO_MANY_REQUESTS, "too many deliveries\n");

/// Called with a sentence for people; it holds no secret.
pub type Tell = Box<dyn Fn(&str) + Send + Sync>;

/// What is remembered from one delivery to the next.
struct Memory {
    bucket: Bucket,
    seen: Seen,
    hints: Hints,
    /// Something was turned away unread, and nobody knows what.
    has_gap: bool,
    /// Handshakes that may still come before the next start: anybody can send one, and each is told to people.
    handshakes: u8,
    /// People were told that deliveries of a side are refused.
    told: [bool; 2],
}

/// Where deliveries are handed in.
pub(super) struct Desk {
    pub(super) limits: Limits,
    github: Option<Signer>,
    notion: Option<Signer>,
    token_file: PathBuf,
    tell: Tell,
    memory: Mutex<Memory>,
    news: Notify,
}

impl Desk {
    pub(super) fn new(options: &Options, tell: Tell) -> Self {
        let limits = options.limits;
        Self {
            github: options.github.as_ref().map(Signer::new),
            notion: options.notion.as_ref().map(Signer::new),
            token_file: options.token_file.clone(),
            tell,
            memory: Mutex::new(Memory {
                bucket: Bucket::new(limits.burst, limits.per_second, Instant::now()),
                seen: Seen::of_at_most(limits.remembered),
                hints: Hints::default(),
                has_gap: false,
                handshakes: HANDSHAKES,
                told: [false; 2],
            }),
            news: Notify::new(),
            limits,
        }
    }

    /// The memory; what a panic left half done is no worse than a lost delivery.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether one more delivery may be read now.
    pub(super) fn admits(&self) -> Result<(), Answer> {
        let mut memory = self.memory();
        if memory.bucket.take(Instant::now()) {
            return Ok(());
        }
        memory.has_gap = true;
        Err(TOO_MANY)
    }

    /// A delivery was turned away before it could be read.
    pub(super) fn note_gap(&self) {
        self.memory().has_gap = true;
    }

    /// Takes a delivery of GitHub.
    pub(super) fn github(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let Some(signer) = &self.github else {
            return NO_SECRET;
        };
        let Some(tag) = signer.verified(header(headers, "x-hub-signature-256"), body) else {
            return self.refused(Side::Github);
        };
        let event = header(headers, "x-github-event").and_then(|text| str::from_utf8(text).ok());
        let Ok(named) = github::read(event.unwrap_or_default(), body) else {
            return NOT_READ;
        };
        let id = header(headers, "x-github-delivery");
        self.note(Side::Github, id, &tag, named)
    }

    /// Takes a delivery of Notion, or its handshake.
    pub(super) fn notion(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let Some(signer) = &self.notion else {
            return self.handshake(body);
        };
        let Some(tag) = signer.verified(header(headers, "x-notion-signature"), body) else {
            return self.refused(Side::Notion);
        };
        let Ok(read) = notion::read(body) else {
            return NOT_READ;
        };
        let id = read.id.as_deref().map(str::as_bytes);
        self.note(Side::Notion, id, &tag, read.named)
    }

    /// Refuses a delivery; the first of a side is told, as a secret that differs is otherwise hard to find.
    fn refused(&self, side: Side) -> Answer {
        let was_told = std::mem::replace(&mut self.memory().told[side as usize], true);
        if !was_told {
            let side = side.name();
            (self.tell)(&format!(
                "a delivery to the address for {side} was refused, as its signature is missing or wrong; if {side} sent \
                 it, the secret there is another one than here. More of them are refused without a word"
            ));
        }
        REFUSED
    }

    /// Keeps the token of a handshake for the user. Nothing is signed yet, so nothing else follows from it.
    fn handshake(&self, body: &[u8]) -> Answer {
        let Some(text) = notion::handshake(body) else {
            return NO_SECRET;
        };
        {
            let mut memory = self.memory();
            let Some(left) = memory.handshakes.checked_sub(1) else {
                return TOO_MANY;
            };
            memory.handshakes = left;
        }
        let told = token::keep(&self.token_file, &text);
        let is_kept = told.is_ok();
        (self.tell)(&told.unwrap_or_else(|why| why));
        if is_kept {
            NOTED
        } else {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the token cannot be kept\n",
            )
        }
    }

    /// Notes what a delivery names, unless it was here before by its id or by its very body.
    fn note(&self, side: Side, id: Option<&[u8]>, tag: &Tag, named: Option<Named>) -> Answer {
        let mut memory = self.memory();
        let marks: Vec<&[u8]> = id.into_iter().chain([tag.as_slice()]).collect();
        if !memory.seen.is_new(&marks) {
            return KNOWN;
        }
        let answer = if named.is_some() { NOTED } else { NO_CONCERN };
        let most = self.limits.things;
        memory.hints.add(side, named.unwrap_or_default(), most);
        if std::mem::take(&mut memory.has_gap) {
            memory.hints.mean_all();
        }
        drop(memory);
        self.news.notify_one();
        answer
    }

    /// What was named since the last time.
    pub(super) fn take(&self) -> Hints {
        std::mem::take(&mut self.memory().hints)
    }

    /// Waits until something is named.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// How much is remembered: names of deliveries, and things to be looked at.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let memory = self.memory();
        (memory.seen.len(), memory.hints.count())
    }
}

/// The only header of this name; none where there are several, or a long one.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?.as_bytes();
    (all.next().is_none() && first.len() <= HEADER_MAX).then_some(first)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use std::fmt::Write;

    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use ring::hmac;
    use secrecy::SecretString;

    use super::super::Limits;
    use super::*;

    fn desk() -> Desk {
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            github: Some(SecretString::from("s")),
            notion: Some(SecretString::from("s")),
            token_file: PathBuf::new(),
            limits: Limits::default(),
        };
        Desk::new(&options, Box::new(|_| {}))
    }

    fn signed(body: &[u8]) -> String {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"s"), body);
        let mut text = "sha256=".to_owned();
        for byte in tag.as_ref() {
            // A text takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Bodies near to those of a service, and others.
    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let member = r"(issue|pull_request|repository|ref|id|type|authors|entity|data|parent|node_id|full_name)";
        let value = r#"(null|7|-1e999|"I_1"|"o/r"|"page"|"[a-f0-9]{32}"|\{\}|\[\]|\[\{\}\])"#;
        let object = format!(r#"\{{"{member}":{value}(,"{member}":{value}){{0,4}}\}}"#);
        let nested = format!(r#"\{{"{member}":{object}(,"{member}":{object}){{0,3}}\}}"#);
        let nested = proptest::string::string_regex(&nested).expect("a pattern");
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            nested.prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn no_body_and_no_header_breaks_it(body in bodies(), header in proptest::collection::vec(0x20_u8..0x7f, 0..80)) {
            let desk = desk();
            let right = signed(&body);
            let mut codes = Vec::new();
            for text in [right.as_bytes(), &header] {
                let mut headers = HeaderMap::new();
                for name in ["x-hub-signature-256", "x-notion-signature"] {
                    let value = HeaderValue::from_bytes(text);
                    prop_assume!(value.is_ok());
                    if let Ok(value) = value {
                        headers.insert(HeaderName::from_static(name), value);
                    }
                }
                headers.insert("x-github-event", HeaderValue::from_static("issues"));
                codes.push([desk.github(&headers, &body).0, desk.notion(&headers, &body).0]);
            }
            for code in codes[0] {
                prop_assert!(code == StatusCode::OK || code == StatusCode::BAD_REQUEST);
            }
            for code in codes[1] {
                prop_assert_eq!(code, StatusCode::UNAUTHORIZED);
            }
        }
    }
}
