//! Notion: the integration, its database, and how the mapping fits it. Nothing is written.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Check;
use super::service::{CONNECT, Findings, hasty, time, token, troubled};
use crate::auth::{self, Token};
use crate::cli::budgets;
use crate::cli::clock::now;
use crate::cli::wire::Setup;
use crate::config::Link;
use crate::core::Side;
use crate::core::mapping::ID_PROPERTY;
use crate::remote::http::{Account, Ask, Reply, build_client};
use crate::remote::notion::adopted::Adopted;
use crate::remote::notion::schema::{self, Binding, Fit};
use crate::remote::notion::target::parse_target;
use crate::remote::notion::{NotionConfig, NotionRemote, wire};
use crate::remote::{Remote, RemoteError};
use crate::store::AnyStore;
use crate::store::{Counts, Store};

const NAME: &str = "Notion";
const DATABASE: &str = "database";
const PROPERTIES: &str = "properties";
const LIMIT: &str = "Notion limit";
const PAGES: &str = "pages";
/// So many pages are counted.
const MANY: usize = 100;

/// What earlier syncs bound, by the names in the mapping.
type Bound = BTreeMap<String, Binding>;

/// Looks at Notion for so long at most.
pub(super) async fn look(setup: &Setup, store: Option<&AnyStore>, findings: &Findings) {
    let (service, env) = (setup.config.notion.clone(), setup.env.clone());
    let find = move || auth::notion(&service, &env);
    let Some(token) = token("Notion token", findings, find).await else {
        return;
    };
    let asked = ask(setup, store, findings, &token);
    findings.within(NAME, asked).await;
}

async fn ask(setup: &Setup, store: Option<&AnyStore>, findings: &Findings, token: &Token) {
    let account = build_client(CONNECT).and_then(|client| {
        let config = hasty(setup.accounts().1);
        Account::new(config, client, &token.secret, time())
    });
    let account = match account {
        Ok(account) => account,
        Err(error) => return findings.add(troubled(NAME, &error)),
    };
    if let Some(store) = store {
        budgets::recall((&account, &token.secret), store).await;
    }
    match integration(&account, findings).await {
        Ok(text) => findings.add(Check::ok(NAME, text)),
        Err(error) => return findings.add(troubled(NAME, &error)),
    }
    findings.add(limit(setup, &account));
    let mut kept: BTreeMap<String, &Link> = BTreeMap::new();
    for link in &setup.config.links {
        match database(&account, link).await {
            Ok((adopted, source)) => {
                if let Some(other) = kept.get(&adopted.source) {
                    findings.add(shared(other, link, &adopted.source));
                    continue;
                }
                kept.insert(adopted.source.clone(), link);
                findings.add(Check::ok(DATABASE, reachable(link, &adopted, &source)));
                let earlier = earlier(store, link, &adopted).await;
                findings.extend(properties(link, &source, &earlier));
                findings.extend(others(&account, store, link, &adopted).await);
            }
            Err(error) => findings.add(troubled(DATABASE, &error)),
        }
    }
}

/// Whom the token acts as.
async fn integration(account: &Account, findings: &Findings) -> Result<String, RemoteError> {
    let version = http::HeaderName::from_static("notion-version");
    let asked = now().0;
    let ask = Ask::get("/v1/users/me").header(version, wire::VERSION);
    let reply: Reply = account.send(ask).await?;
    findings.note_time(&reply, asked);
    let me: Json = reply.read()?;
    let name = me["name"].as_str().unwrap_or("without a name");
    if me["type"] != "bot" {
        return Ok(format!(
            "acts as the person {name}: edits are that person's"
        ));
    }
    Ok(match me["bot"]["workspace_name"].as_str() {
        Some(workspace) => format!("integration {name} in {workspace}"),
        None => format!("integration {name}"),
    })
}

/// Notion says what is left only when nothing is.
fn limit(setup: &Setup, account: &Account) -> Check {
    match setup.config.notion_per_minute {
        0 => Check::ok(LIMIT, "no pace is kept here"),
        most => {
            let left = account.budget().left;
            let text = format!("{left} of {most} requests left this minute, by our own count");
            Check::ok(LIMIT, text)
        }
    }
}

/// Finds the data source of a link and reads it.
async fn database(account: &Account, link: &Link) -> Result<(Adopted, Json), RemoteError> {
    let target = parse_target(&link.database)?;
    let config = NotionConfig::new(account.clone(), link.database.clone(), link.mapping());
    let opened = NotionRemote::new(config).open(None, false).await?;
    let memo = opened.memo.unwrap_or_default();
    let adopted = Adopted::from_memo(&memo, &target).ok_or_else(|| {
        RemoteError::Unclear("what was found of the database makes no sense".to_owned())
    })?;
    let path = format!("/v1/data_sources/{}", adopted.source);
    let heard = wire::read(account, Ask::get(path)).await?;
    Ok((adopted, heard.json))
}

/// Two links in one database: a sync runs the one that had it first.
fn shared(one: &Link, other: &Link, source: &str) -> Check {
    let text = format!(
        "the links `{}` and `{}` are set to one Notion database ({} and {} both mean the data source {source}); only the \
         one that had it first is run",
        one.name, other.name, one.database, other.database
    );
    let help = "give each a database of its own, or list all repositories in one link";
    Check::fail(DATABASE, text, help)
}

fn reachable(link: &Link, adopted: &Adopted, source: &Json) -> String {
    let title = crate::remote::notion::property::plain_text(&source["title"]);
    let title = title.filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| adopted.target.clone());
    format!(
        "\"{title}\" of link {} is shared and can be read",
        link.name
    )
}

/// Whether pages carry the ids of items while the store knows none: another one knew them.
async fn others(
    account: &Account,
    store: Option<&AnyStore>,
    link: &Link,
    found: &Adopted,
) -> Option<Check> {
    let known = match store {
        Some(store) => store.counts(&link.name).await.ok()?,
        None => Counts::default(),
    };
    let column = found.property(ID_PROPERTY)?;
    if known != Counts::default() {
        return None;
    }
    let filter = json!({"property": column.id, "rich_text": {"is_not_empty": true}});
    let sort = json!([{"timestamp": "last_edited_time", "direction": "descending"}]);
    let body = json!({"page_size": MANY, "filter": filter, "sorts": sort});
    let path = format!("/v1/data_sources/{}/query", found.source);
    let heard = wire::read(account, Ask::query(path, body)).await;
    let answer = match heard {
        Ok(heard) => heard.json,
        Err(error) => return Some(troubled(PAGES, &error)),
    };
    let rows = answer["results"].as_array()?;
    let more = if answer["has_more"] == true {
        " or more"
    } else {
        ""
    };
    let newest = rows.iter().find(|row| found.me.is(&row["last_edited_by"]));
    let last = newest.and_then(|row| row["last_edited_time"].as_str());
    let last = last.map_or_else(String::new, |at| {
        format!(", last through this integration at {at}")
    });
    (!rows.is_empty()).then(|| {
        Check::warn(
            PAGES,
            format!(
                "{}{more} pages of link {} were written by a pulse-sync before{last}; this one's store knows none of \
                 them. The next sync takes them over by the ids they carry, and makes none beside them",
                rows.len(),
                link.name
            ),
            "if another one still syncs this database, stop it or give both one store (MONGODB_URI)",
        )
    })
}

/// The properties that earlier syncs bound: a column that was renamed since is still the same one.
async fn earlier(store: Option<&AnyStore>, link: &Link, found: &Adopted) -> Bound {
    let name = format!("memo/{}/{}", link.name, Side::Notion.name());
    let memo = match store {
        Some(store) => store.setting(&name).await.ok().flatten(),
        None => None,
    };
    let earlier = memo.and_then(|memo| Adopted::from_memo(&memo, &found.target));
    let earlier = earlier.filter(|earlier| earlier.source == found.source);
    earlier.map(|earlier| earlier.bound).unwrap_or_default()
}

/// How the mapping fits the columns.
fn properties(link: &Link, source: &Json, earlier: &Bound) -> Vec<Check> {
    let mapping = link.mapping();
    let Some(columns) = schema::columns(source) else {
        let text = "Notion's answer shows no properties of the database";
        return vec![Check::fail(PROPERTIES, text, "")];
    };
    let fit = schema::fit(&columns, &mapping, earlier);
    let mut checks: Vec<Check> = fit.lost.values().map(|reason| lost(reason)).collect();
    let all = mapping.properties().len();
    checks.push(Check::ok(PROPERTIES, fits(&fit, all)));
    for (field, reason) in schema::paused_by(&mapping, &fit.bound, &fit.lost) {
        if !fit.lost.values().any(|known| *known == reason) {
            checks.push(Check::warn(PROPERTIES, format!("{field}: {reason}"), ""));
        }
    }
    checks.extend(fit.notes.iter().map(|note| Check::ok(PROPERTIES, note)));
    checks
}

/// A property that cannot be used: what is wrong, then what to do.
fn lost(reason: &str) -> Check {
    match reason.split_once(". ") {
        Some((text, help)) => Check::warn(PROPERTIES, text, help),
        None => Check::warn(PROPERTIES, reason, ""),
    }
}

fn fits(fit: &Fit, all: usize) -> String {
    let there = all - fit.missing.len() - fit.lost.len().min(all - fit.missing.len());
    let mut text = format!("{there} of {all} mapped ones are there and fit");
    if !fit.missing.is_empty() {
        let names: Vec<&str> = fit
            .missing
            .iter()
            .map(|wanted| wanted.name.as_str())
            .collect();
        text = format!("{text}; the first sync adds {}", names.join(", "));
    }
    text
}
