//! Takes secrets out of texts before anybody reads them.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
const STARS: &str = "***";
/// Shorter literals are not searched for: they would hide ordinary words.
const LITERAL_MIN: usize = 8;

/// How a secret starts and how long its tail must be. GitHub: "GitHub's token formats" in its documentation.
/// Notion: `ntn_` since September 2024, `secret_` before.
const PREFIXES: [(&str, usize); 8] = [
    ("github_pat_", 10),
    ("ghp_", 10),
    ("gho_", 10),
    ("ghu_", 10),
    ("ghs_", 10),
    ("ghr_", 10),
    ("ntn_", 10),
    ("secret_", 10),
];

/// Masks everything that looks like a token, an `Authorization` value or the account in a database's address.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        match secret_at(rest, text[..at].chars().next_back()) {
            Some((kept, hidden)) => {
                out.push_str(&text[done..at + kept]);
                out.push_str(STARS);
                at += kept + hidden;
                done = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// If a secret starts here: how many bytes of it are shown, and how many are hidden.
fn secret_at(rest: &str, before: Option<char>) -> Option<(usize, usize)> {
    let starts_a_word = !before.is_some_and(|c| c.is_ascii_alphanumeric());
    account(rest).or_else(|| {
        starts_a_word
            .then(|| prefixed(rest).or_else(|| credential(rest)))
            .flatten()
    })
}

fn prefixed(rest: &str) -> Option<(usize, usize)> {
    PREFIXES.iter().find_map(|(prefix, least)| {
        let tail = run(rest.strip_prefix(prefix)?, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
        });
        (tail >= *least).then_some((prefix.len(), tail))
    })
}

/// What follows `Bearer` or `Authorization: token`.
fn credential(rest: &str) -> Option<(usize, usize)> {
    ["bearer ", "authorization: token "]
        .iter()
        .find_map(|scheme| {
            let start = rest.get(..scheme.len())?;
            if !start.eq_ignore_ascii_case(scheme) {
                return None;
            }
            let tail = run(&rest[scheme.len()..], |c| {
                c.is_ascii_alphanumeric() || "-._~+/=:".contains(c)
            });
            (tail >= 8).then_some((scheme.len(), tail))
        })
}

/// `user:password@` after `scheme://`, of any scheme.
fn account(rest: &str) -> Option<(usize, usize)> {
    let after = rest.strip_prefix("://")?;
    let host = run(after, |c| {
        !c.is_whitespace() && !matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
    });
    let hidden = after[..host].rfind('@')?;
    (hidden > 0).then_some((3, hidden))
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// Masks what [`mask`] masks and every literal secret it was told. Clones share what they know.
#[derive(Clone, Default)]
pub struct Masker {
    literals: Arc<RwLock<Vec<String>>>,
}

impl Masker {
    /// Remembers a secret, so that it is masked whatever it looks like.
    pub fn learn(&self, secret: &SecretString) {
        let secret = secret.expose_secret();
        let mut literals = self
            .literals
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if secret.len() >= LITERAL_MIN && !literals.iter().any(|known| known == secret) {
            literals.push(secret.to_owned());
        }
    }

    /// The text without secrets.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let literals = self.literals.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for literal in literals.iter() {
            if text.contains(literal.as_str()) {
                text = Cow::Owned(text.replace(literal.as_str(), STARS));
            }
        }
        match mask(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(masked) => Cow::Owned(masked),
        }
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masker")
    }
}
