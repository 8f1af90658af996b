//! What is looked at where the store is a `MongoDB` server: the server, the user's rights, the indexes, the contents.

use super::Check;
use crate::store::mongo::{MongoStore, Rights, Survey};
use crate::store::{Store, StoreError, mongo::Holding};
use crate::ui::text::bytes;

/// An answer that takes longer is said, in milliseconds: a sync waits for several at each item.
const FAR_MS: u128 = 150;

/// Looks at the server; `is_used` says whether the store itself could be used, `only_looks` that it is to be looked at
/// only.
pub(super) async fn look(store: &MongoStore, is_used: bool, only_looks: bool) -> Vec<Check> {
    let survey = match store.survey().await {
        Ok(survey) => survey,
        // Said by the line of the store.
        Err(_) if !is_used => return Vec::new(),
        Err(error) => return vec![Check::warn("MongoDB", error.to_string(), "")],
    };
    let mut checks = vec![server(&survey), line(&survey), news(&survey)];
    checks.extend(match store.rights().await {
        Ok(rights) => of_rights(&rights, store.database_name(), is_used, only_looks),
        Err(error) => Some(unsure("rights", &error)),
    });
    if !is_used {
        return checks;
    }
    if !only_looks {
        checks.extend(writes(store).await);
    }
    checks.push(match store.missing_indexes().await {
        Ok((found, missing)) => of_indexes(found, &missing),
        Err(error) => unsure("indexes", &error),
    });
    checks.push(match store.holdings().await {
        Ok(holdings) => contents(&holdings),
        Err(error) => unsure("contents", &error),
    });
    checks
}

/// Whether the server answers writes: one that is locked for a backup, or whose disk is full, still answers questions.
/// A missing right is another line.
async fn writes(store: &MongoStore) -> Option<Check> {
    match store.takes_writes().await {
        Ok(()) | Err(StoreError::Refused(..)) => None,
        Err(error) => {
            let help = "nothing is written to GitHub or Notion meanwhile; see whether the server is locked (fsyncUnlock) \
                        or its disk is full";
            Some(Check::fail("writes", error.to_string(), help))
        }
    }
}

fn unsure(name: &'static str, error: &StoreError) -> Check {
    Check::warn(name, format!("could not be looked at: {error}"), "")
}

fn server(survey: &Survey) -> Check {
    let ms = survey.latency.as_secs_f64() * 1_000.0;
    let text = format!(
        "version {}, {}, answers in {ms:.1} ms",
        survey.version, survey.topology
    );
    if survey.latency.as_millis() > FAR_MS {
        let help = "each item waits for several answers; a server nearer to this machine makes syncs shorter";
        return Check::warn("MongoDB", text, help);
    }
    Check::ok("MongoDB", text)
}

/// An address that names a server elsewhere without TLS is refused before anything is sent.
fn line(survey: &Survey) -> Check {
    if let Some(host) = &survey.far_member {
        let text = format!("no TLS, and {host} is not this machine: the store is not used so");
        let help = "add tls=true to the address, or directConnection=true to use this server alone";
        return Check::fail("line", text, help);
    }
    let text = if survey.is_encrypted {
        "TLS"
    } else {
        "no TLS, as the server is on this machine"
    };
    Check::ok("line", text)
}

fn news(survey: &Survey) -> Check {
    let text = if survey.tells_changes {
        "changes of other machines arrive at once"
    } else {
        "changes of other machines arrive within 5 s; a replica set (of one server, too) would tell them at once"
    };
    Check::ok("news", text)
}

fn of_rights(rights: &Rights, database: &str, is_used: bool, only_looks: bool) -> Option<Check> {
    let Some(user) = &rights.user else {
        // A server that asks for a login was told by the line of the store.
        return is_used.then(|| Check::ok("rights", "the server asks for no login"));
    };
    if rights.missing.is_empty() {
        let text = format!("{user} may do all that is needed with {database}");
        return Some(Check::ok("rights", text));
    }
    let may_read = !rights.missing.contains("find");
    if may_read && only_looks {
        let text = format!("{user} may only read {database}, which is enough with --read-only");
        return Some(Check::ok("rights", text));
    }
    let missing: Vec<&str> = rights.missing.iter().copied().collect();
    let text = format!("{user} may not {} in {database}", missing.join(", "));
    let mut help = format!("give {user} the role readWrite on {database}, or use another user");
    if may_read {
        help.push_str("; what only looks (--read-only) works as it is");
    }
    Some(Check::fail("rights", text, help))
}

fn of_indexes(found: usize, missing: &[String]) -> Check {
    let all = found + missing.len();
    let text = format!("{found} of {all}");
    if missing.is_empty() {
        return Check::ok("indexes", text);
    }
    if found == 0 {
        return Check::ok("indexes", format!("{text}; the first sync makes them"));
    }
    let text = format!("{text}; missing: {}", missing.join(", "));
    Check::warn("indexes", text, "they are made at the next start")
}

fn contents(holdings: &[Holding]) -> Check {
    let each = |holding: &Holding| {
        let Holding {
            name,
            documents,
            bytes: size,
        } = holding;
        format!("{name} {documents} ({})", bytes(*size))
    };
    if holdings.is_empty() {
        return Check::ok("contents", "nothing yet; the first sync fills it");
    }
    let lines: Vec<String> = holdings.iter().map(each).collect();
    let all: u64 = holdings.iter().map(|holding| holding.bytes).sum();
    Check::ok("contents", format!("{}: {}", bytes(all), lines.join(", ")))
}
