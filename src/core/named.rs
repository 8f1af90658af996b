//! What a page that a person made says that it is about: the address of an issue, or its repository and number.

use super::{FieldKey, ObjectId, Observation, Side, Value};

/// The name of an item as people write it, in small letters, as GitHub tells no case apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The web server, where an address was given.
    host: Option<String>,
    /// The owner; a page may name the repository alone.
    owner: Option<String>,
    /// `repo#12`, or `repo@sha` for a commit.
    rest: String,
}

impl Name {
    /// What a page says. None where it says nothing, or carries the id of its item, which counts for more.
    ///
    /// An address counts for more than a number beside it.
    pub fn of_page(page: &Observation) -> Option<Self> {
        if page.side != Side::Notion || page.linked_node.is_some() {
            return None;
        }
        let text = |key: &FieldKey| page.field(key).map_or("", Value::as_text);
        if let Some(name) = Self::of_address(text(&FieldKey::of("url"))) {
            return Some(name);
        }
        let Some(Value::Number(number)) = page.field(&FieldKey::of("number")) else {
            return None;
        };
        let repository = text(&FieldKey::REPOSITORY).trim().trim_matches('/');
        let mut parts = repository.rsplit('/').map(str::to_lowercase);
        let repo = parts.next().filter(|repo| !repo.is_empty())?;
        Some(Self {
            host: None,
            owner: parts.next().filter(|owner| !owner.is_empty()),
            rest: format!("{repo}#{number}"),
        })
    }

    /// The name of a GitHub object, from where it is and, if that is known, from its address.
    pub fn of_item(id: &ObjectId, address: &str) -> Option<Self> {
        let (owner, rest) = id.locator.split_once('/')?;
        Some(Self {
            host: Self::of_address(address).and_then(|name| name.host),
            owner: Some(owner.to_lowercase()),
            rest: rest.to_lowercase(),
        })
    }

    /// Reads an address: `https://HOST/owner/repo/issues/12`, `…/pull/12`, `…/commit/SHA`, with anything behind it; or
    /// the same item's address in the API: `https://api.HOST/repos/…`, as github.com has it, or
    /// `https://HOST/api/v3/repos/…`, as an Enterprise server has it (docs.github.com/rest, "Getting started").
    pub fn of_address(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = path.split_once('/')?;
        let host = host.to_lowercase();
        let host = host.rsplit_once('@').map_or(&*host, |(_, host)| host);
        let host = Some(host).filter(|host| host.contains(['.', ':']))?;
        let (web, path) = of_api(host, path);
        let mut parts = path.split('/').map(str::to_lowercase);
        let (owner, repo) = (parts.next()?, parts.next()?);
        let (kind, last) = (parts.next()?, parts.next()?);
        let is_number = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
        let is_hash = last.len() == 40 && last.bytes().all(|b| b.is_ascii_hexdigit());
        let rest = match kind.as_str() {
            "issues" | "pull" | "pulls" if is_number => format!("{repo}#{last}"),
            "commit" | "commits" if is_hash => format!("{repo}@{last}"),
            _ => return None,
        };
        Some(Self {
            host: web.map(bare),
            owner: Some(owner),
            rest,
        })
    }

    /// Whether this name of a page means that item. What one of them does not say is no difference.
    pub fn means(&self, item: &Self) -> bool {
        let agree = |one: &Option<String>, other: &Option<String>| {
            one.is_none() || other.is_none() || one == other
        };
        self.rest == item.rest && agree(&self.owner, &item.owner) && agree(&self.host, &item.host)
    }

    /// What every name of one item has in common: `repo#12`.
    pub fn short(&self) -> &str {
        &self.rest
    }

    /// The name for people: `owner/repo#12`, or less where less was said.
    pub fn shown(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{owner}/{}", self.rest),
            None => self.rest.clone(),
        }
    }
}

/// A web server's name without what may be left out.
fn bare(host: &str) -> String {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_usual = |port: &&str| host.ends_with(*port);
    let port = [":443", ":80"].into_iter().find(is_usual).unwrap_or("");
    host.strip_suffix(port).unwrap_or(host).to_owned()
}

/// The web server, as far as it is known, and the path of an address that may be one of the API.
fn of_api<'a>(host: &'a str, path: &'a str) -> (Option<&'a str>, &'a str) {
    let after = |start: &str| {
        let is_it = path.get(..start.len())?.eq_ignore_ascii_case(start);
        is_it.then(|| &path[start.len()..])
    };
    match (
        host.strip_prefix("api."),
        after("api/v3/repos/"),
        after("repos/"),
    ) {
        (_, Some(path), _) => (Some(host), path),
        (Some(web), _, Some(path)) => (Some(web), path),
        // A server whose API has a name of its own: it says nothing of where its pages are.
        (None, _, Some(path)) if path.split('/').nth(3).is_some() => (None, path),
        _ => (Some(host), path),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::core::{Kind, Life, Time};

    fn item(locator: &str, address: &str) -> Name {
        let id = ObjectId {
            node: "I_1".to_owned(),
            locator: locator.to_owned(),
        };
        Name::of_item(&id, address).unwrap()
    }

    #[test]
    fn every_way_to_write_an_address_means_the_item() {
        let issue = item("Ada/Lantern#12", "https://github.com/Ada/Lantern/issues/12");
        for text in [
            "https://github.com/ada/lantern/issues/12",
            " http://www.github.com/ADA/Lantern/pull/12/files?w=1#diff ",
            "github.com/ada/lantern/issues/12#issuecomment-3",
            "https://github.com/ada/lantern/issues/12/",
            "https://github.com:443/ada/lantern/issues/12?tab=x",
            "https://api.github.com/repos/ada/lantern/issues/12",
            "https://API.github.com/repos/Ada/lantern/pulls/12/",
            "api.github.com/repos/ada/lantern/issues/12/comments?page=2",
        ] {
            let name = Name::of_address(text).unwrap_or_else(|| panic!("{text}"));
            assert!(name.means(&issue), "{text}");
        }
    }

    #[test]
    fn the_api_of_an_enterprise_server_is_known_by_its_path() {
        let item = item(
            "ada/lantern#12",
            "https://git.example.com/ada/lantern/issues/12",
        );
        for text in [
            "https://git.example.com/api/v3/repos/ada/lantern/issues/12",
            "https://api.git.example.com/repos/ada/lantern/pulls/12",
            "http://git.example.com/repos/ada/lantern/issues/12",
        ] {
            assert!(Name::of_address(text).unwrap().means(&item), "{text}");
        }
        for text in [
            "https://api.github.com/repos/ada/lantern/issues/12",
            "https://git.example.com/api/v3/repos/ada/lantern/issues/comments/12",
            "https://git.example.com/api/v1/repos/ada/lantern/issues/12",
            "https://git.example.com/api/v3/repos",
            "https://api.git.example.com/repos/ada/lantern",
        ] {
            assert!(
                !Name::of_address(text).is_some_and(|name| name.means(&item)),
                "{text}"
            );
        }
        // A user may be called so.
        let named = Name::of_address("https://github.com/repos/lantern/issues/3").unwrap();
        assert_eq!(named.shown(), "repos/lantern#3");
    }

    #[test]
    fn other_addresses_mean_other_things() {
        let issue = item("ada/lantern#12", "https://github.com/ada/lantern/issues/12");
        for text in [
            "https://codeberg.org/ada/lantern/issues/12",
            "https://github.com/ada/lantern/issues/120",
            "https://github.com/grace/lantern/issues/12",
        ] {
            assert!(!Name::of_address(text).unwrap().means(&issue), "{text}");
        }
        for text in [
            "",
            "https://github.com/ada/lantern",
            "https://github.com/ada/lantern/issues",
            "https://github.com/ada/lantern/issues/new",
            "https://github.com/ada/lantern/issues/",
            "https://github.com/ada/lantern/commit/abc",
            "mailto:ada@example.com",
            "/ada/lantern/issues/12",
        ] {
            assert_eq!(Name::of_address(text), None, "{text}");
        }
    }

    fn page(fields: &[(&'static str, Value)], linked: Option<&str>) -> Observation {
        let fields = fields.iter().cloned();
        Observation {
            side: Side::Notion,
            kind: Kind::Issue,
            id: ObjectId {
                node: "page".to_owned(),
                locator: "page".to_owned(),
            },
            life: Life::Live,
            fields: fields
                .map(|(key, value)| (FieldKey::of(key), value))
                .collect(),
            stamp: None,
            created: None,
            created_by_us: false,
            marker: None,
            linked_node: linked.map(str::to_owned),
            raw_body: None,
            read_at: Time(0),
        }
    }

    #[test]
    fn a_page_says_it_by_its_address_else_by_repository_and_number() {
        let issue = item("ada/lantern#12", "https://github.com/ada/lantern/issues/12");
        let url = (
            "url",
            Value::text("https://github.com/ada/lantern/issues/12"),
        );
        let repository = |text: &str| ("repository", Value::text(text));
        let number = |n| ("number", Value::Number(n));
        let means = |fields: &[(&'static str, Value)]| {
            Name::of_page(&page(fields, None)).is_some_and(|name| name.means(&issue))
        };
        assert!(means(&[url.clone(), number(13), repository("ada/lantern")]));
        assert!(means(&[number(12), repository("Ada/Lantern")]));
        assert!(means(&[number(12), repository("lantern")]));
        assert!(means(&[
            number(12),
            repository("https://github.com/ada/lantern/")
        ]));
        let other = ("url", Value::text("https://example.com/spec"));
        assert!(means(&[other, number(12), repository("ada/lantern")]));
        assert!(!means(&[number(12), repository("grace/lantern")]));
        assert!(!means(&[number(12)]));
        assert!(!means(&[repository("ada/lantern")]));
        assert!(!means(&[number(12), repository("")]));
        assert_eq!(
            Name::of_page(&page(&[url], Some("I_1"))),
            None,
            "its id counts for more"
        );
    }

    #[test]
    fn a_commit_is_named_by_its_whole_hash() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let commit = item(&format!("ada/lantern@{sha}"), "");
        let address = format!("https://github.com/ada/lantern/commit/{sha}");
        assert!(Name::of_address(&address).unwrap().means(&commit));
    }
}
