//! The address of a `MongoDB` server: what is accepted, and how it is said without its secrets.

use std::net::IpAddr;

use mongodb::options::{ConnectionString, HostInfo, ServerAddress, Tls};
use secrecy::{ExposeSecret, SecretString};

use crate::store::StoreError;

/// An address that was understood.
pub(super) struct Address {
    pub(super) uri: ConnectionString,
    /// The servers, for people.
    pub(super) name: String,
    /// What may not be shown.
    pub(super) secrets: Vec<String>,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// `Unavailable` when it is none, or names a server elsewhere without TLS.
    pub(super) fn parse(uri: &SecretString) -> Result<Self, StoreError> {
        let text = uri.expose_secret();
        let secrets = secrets(text);
        let uri = ConnectionString::parse(text).map_err(|error| {
            let detail = hide(&secrets, &error.to_string());
            StoreError::Unavailable(format!(
                "the MongoDB address cannot be understood ({detail}); correct MONGODB_URI or `uri` under [store]. A \
                 password with special characters must be percent-encoded"
            ))
        })?;
        let (hosts, far) = match &uri.host_info {
            HostInfo::HostIdentifiers(hosts) => (
                hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                hosts.iter().any(|host| !is_here(host)),
            ),
            HostInfo::DnsRecord(name) => (vec![name.clone()], true),
            _ => (Vec::new(), true),
        };
        let name = format!("MongoDB at {}", hosts.join(", "));
        if far {
            demand_tls(&uri, &name)?;
        }
        Ok(Self { uri, name, secrets })
    }
}

/// Beyond this machine nothing goes over a line that others can read or answer.
fn demand_tls(uri: &ConnectionString, name: &str) -> Result<(), StoreError> {
    // The records behind `mongodb+srv` switch TLS on, unless the address says otherwise.
    let by_record = matches!(uri.host_info, HostInfo::DnsRecord(_));
    let missing = match &uri.tls {
        Some(Tls::Enabled(options)) => {
            if options.allow_invalid_certificates == Some(true) {
                return Err(StoreError::Unavailable(format!(
                    "{name} would be trusted whatever certificate it shows; nothing was sent. Remove \
                     tlsAllowInvalidCertificates or tlsInsecure from the address; tlsCAFile names a certificate of \
                     your own"
                )));
            }
            false
        }
        Some(_) => true,
        None => !by_record,
    };
    if missing {
        return Err(StoreError::Unavailable(format!(
            "{name} is not this machine and the address asks for no TLS; nothing was sent. Add tls=true to the address"
        )));
    }
    Ok(())
}

/// Whether a server can only be on this machine.
pub(super) fn is_here(host: &ServerAddress) -> bool {
    match host {
        ServerAddress::Tcp { host, .. } => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let ip: Result<IpAddr, _> = bare.parse();
            bare.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        ServerAddress::Unix { .. } => true,
        _ => false,
    }
}

/// The password as it stands in the address and as it is.
fn secrets(uri: &str) -> Vec<String> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    // A password that should have been encoded may hold any of these signs: up to the last `@` all may be secret.
    let Some((login, _)) = rest.rsplit_once('@') else {
        return Vec::new();
    };
    let Some((_, password)) = login.split_once(':') else {
        return Vec::new();
    };
    let plain = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
    let mut secrets = vec![password.to_owned(), plain.into_owned()];
    secrets.retain(|secret| !secret.is_empty());
    secrets.dedup();
    secrets
}

/// A shorter secret is found in ordinary words, too: it is hidden only where it stands as one.
const LITERAL_MIN: usize = 6;

/// A text without the secrets. A short one is hidden behind `:` and before `@`, and where it is the whole value of a key.
pub(super) fn hide(secrets: &[String], text: &str) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| {
        if secret.chars().count() >= LITERAL_MIN {
            return text.replace(secret.as_str(), "***");
        }
        let text = text.replace(&format!(":{secret}@"), ":***@");
        hide_value(&text, secret)
    })
}

/// Hides `key=secret`, `key: "secret"` and the like.
fn hide_value(text: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, found) = rest.split_at(at);
        let after = found.get(secret.len()..).unwrap_or_default();
        let key = before.trim_end_matches(['"', '\'', ' ']);
        let is_value = key.ends_with(['=']) || is_password_key(key);
        let ends = !after.starts_with(|next: char| next.is_alphanumeric());
        out.push_str(before);
        out.push_str(if is_value && ends { "***" } else { secret });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether a text ends with the name of a password and a colon.
fn is_password_key(text: &str) -> bool {
    let name = text.strip_suffix(':').map(str::to_lowercase);
    let name = name.unwrap_or_default();
    let name = name.trim_end_matches(['"', '\'']);
    ["password", "pwd", "passwd"]
        .iter()
        .any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(uri: &str) -> Result<String, String> {
        Address::parse(&SecretString::from(uri))
            .map(|address| address.name)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn this_machine_needs_no_tls() {
        for host in [
            "localhost",
            "127.0.0.1:27117",
            "127.8.8.8",
            "[::1]:27017",
            "LOCALHOST:1",
        ] {
            let name = parse(&format!("mongodb://{host}/")).unwrap();
            assert!(name.starts_with("MongoDB at "), "{name}");
        }
        assert!(parse("mongodb://u:p@localhost:1,127.0.0.1:2/?replicaSet=rs0").is_ok());
    }

    #[test]
    fn elsewhere_tls_is_demanded() {
        for uri in [
            "mongodb://db.example.org/",
            "mongodb://10.0.0.7:27017/pulse",
            "mongodb://localhost,db.example.org/",
            "mongodb://localhost.example.org/",
            "mongodb://db.example.org/?tls=false",
            "mongodb+srv://u:p@cluster.example.org/?tls=false",
        ] {
            let told = parse(uri).unwrap_err();
            assert!(told.contains("tls=true"), "{uri}: {told}");
        }
        let told = parse("mongodb://db.example.org/?tls=true&tlsInsecure=true").unwrap_err();
        assert!(told.contains("tlsCAFile"), "{told}");
        assert!(parse("mongodb://db.example.org/?tls=true").is_ok());
        let atlas = parse("mongodb+srv://u:p@cluster.example.org/?retryWrites=true").unwrap();
        assert_eq!(atlas, "MongoDB at cluster.example.org");
    }

    #[test]
    fn a_short_password_leaves_words_as_they_are() {
        let words = "a server at 127.0.0.1:1 is away, a = 1 of 11: no answer";
        for short in ["a", "1", "er", "away"] {
            let secrets = [short.to_owned()];
            let plain = words.replace("a = 1 of 11", "a of 11");
            assert_eq!(hide(&secrets, &plain), plain);
        }
        for (secret, text, told) in [
            (
                "a",
                "mongodb://ada:a@host/ is away",
                "mongodb://ada:***@host/ is away",
            ),
            ("a", "login ada:a@host", "login ada:***@host"),
            ("1", "password=1&w=12", "password=***&w=12"),
            (
                "1",
                "{ \"pwd\": \"1\", n: 1 }",
                "{ \"pwd\": \"***\", n: 1 }",
            ),
            ("l0ngenough", "it is l0ngenough here", "it is *** here"),
        ] {
            assert_eq!(hide(&[secret.to_owned()], text), told);
        }
        let told = parse("mongodb://u:a@localhost/?w=x&x").unwrap_err();
        assert!(told.contains("cannot be understood"), "{told}");
        assert!(!told.contains("***nnot"), "{told}");
    }

    #[test]
    fn a_wrong_address_is_told_without_its_password() {
        for uri in [
            "mongodb://u:s3cr3t@/",
            "mongodb://u:s3cr3t@h:99999999/",
            "mongodb://u:s3cr3t/x@h@localhost/?w=x&x",
            "http://u:s3cr3t@localhost/",
            "mongodb://u:%73%zz3cr3t@[::1/",
        ] {
            let told = parse(uri).unwrap_err();
            assert!(!told.contains("3cr3t"), "{told}");
            assert!(told.contains("MONGODB_URI"), "{told}");
        }
    }
}
