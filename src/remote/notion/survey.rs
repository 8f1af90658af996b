//! What a token may see in Notion, and making a database, before there is a link: for the first minute.

use serde_json::{Map, Value as Json, json};

use super::{property, schema, wire};
use crate::core::mapping::KIND_PROPERTY;
use crate::core::{Kind, Mapping, PropertyKind};
use crate::remote::RemoteError;
use crate::remote::http::{Account, Ask};

/// More pages of results than anybody chooses from.
const MAX_PAGES: usize = 10;

/// Whom a token acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The integration's or the person's name.
    pub name: String,
    /// An integration of its own; else a person's token, whose edits are the person's.
    pub is_bot: bool,
    /// The workspace, where Notion tells.
    pub workspace: Option<String>,
}

/// A data source that is shared with the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// Its database's id.
    pub database: String,
    /// What people call it.
    pub title: String,
    /// How many properties it has.
    pub properties: usize,
}

/// A page, that is no row of a database, below which a database can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
}

/// A database that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub database: String,
    /// The id of its one data source.
    pub source: String,
    /// Its address for people.
    pub url: String,
    /// Notion would not make a status, so that `Status` is a select.
    pub plain_status: bool,
}

/// Asks whom the token acts as.
///
/// # Errors
/// When the token is refused, or Notion gives no usable answer.
pub async fn me(account: &Account) -> Result<Me, RemoteError> {
    let heard = wire::read(account, Ask::get("/v1/users/me")).await?;
    let user = &heard.json;
    Ok(Me {
        name: user["name"].as_str().unwrap_or("without a name").to_owned(),
        is_bot: user["type"] == "bot",
        workspace: user["bot"]["workspace_name"].as_str().map(str::to_owned),
    })
}

/// Finds the data sources that are shared with the token, the one edited last first.
///
/// # Errors
/// When Notion gives no usable answer.
pub async fn sources(account: &Account) -> Result<Vec<Source>, RemoteError> {
    let found = search(account, "data_source").await?;
    let read = |row: &Json| {
        Some(Source {
            id: row["id"].as_str()?.to_owned(),
            database: row["parent"]["database_id"].as_str()?.to_owned(),
            title: title(&row["title"]),
            properties: row["properties"].as_object().map_or(0, Map::len),
        })
    };
    Ok(found.iter().filter_map(read).collect())
}

/// Finds the pages that are shared with the token and are no rows of a database, the one edited last first.
///
/// # Errors
/// When Notion gives no usable answer.
pub async fn places(account: &Account) -> Result<Vec<Place>, RemoteError> {
    let found = search(account, "page").await?;
    let read = |row: &Json| {
        let kind = row["parent"]["type"].as_str()?;
        if !matches!(kind, "workspace" | "page_id" | "block_id") {
            return None;
        }
        let properties = row["properties"].as_object()?;
        let name = properties.values().find(|shown| shown["type"] == "title");
        Some(Place {
            id: row["id"].as_str()?.to_owned(),
            title: title(name.map_or(&Json::Null, |shown| &shown["title"])),
        })
    };
    Ok(found.iter().filter_map(read).collect())
}

/// Everything of one kind that a search gives (`page` or `data_source`), what was edited last first.
async fn search(account: &Account, wanted: &str) -> Result<Vec<Json>, RemoteError> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut body = json!({
            "filter": {"property": "object", "value": wanted},
            "sort": {"timestamp": "last_edited_time", "direction": "descending"},
            "page_size": 100,
        });
        if let Some(cursor) = cursor {
            body["start_cursor"] = json!(cursor);
        }
        let heard = wire::read(account, Ask::query("/v1/search", body)).await?;
        let rows = heard.json["results"].as_array().into_iter().flatten();
        found.extend(rows.cloned());
        cursor = heard.json["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() || heard.json["has_more"] != true {
            break;
        }
    }
    Ok(found)
}

fn title(pieces: &Json) -> String {
    let text = property::plain_text(pieces).unwrap_or_default();
    if text.trim().is_empty() {
        "Untitled".to_owned()
    } else {
        text
    }
}

/// Makes a database with every property of the mapping below a page; one request, or a second one where Notion refuses
/// to make a status.
///
/// # Errors
/// When Notion refuses, or its answer was lost: then look whether it is there before trying again.
pub async fn create_database(
    account: &Account,
    page: &str,
    name: &str,
    mapping: &Mapping,
) -> Result<Made, RemoteError> {
    match create(account, page, name, mapping, false).await {
        Err(RemoteError::Refused { status: 400, .. }) => {
            create(account, page, name, mapping, true).await
        }
        made => made,
    }
}

async fn create(
    account: &Account,
    page: &str,
    name: &str,
    mapping: &Mapping,
    plain_status: bool,
) -> Result<Made, RemoteError> {
    let body = json!({
        "parent": {"type": "page_id", "page_id": page},
        "title": [{"type": "text", "text": {"content": name}}],
        "initial_data_source": schema::adding(&mapping.properties(), mapping, plain_status),
    });
    let heard = wire::read(account, Ask::post("/v1/databases", body)).await?;
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let made = text(&heard.json["id"]).zip(text(&heard.json["data_sources"][0]["id"]));
    let (database, source) = made.ok_or_else(|| {
        RemoteError::Unclear("Notion's answer does not show the new database".to_owned())
    })?;
    Ok(Made {
        database,
        source,
        url: text(&heard.json["url"]).unwrap_or_default(),
        plain_status,
    })
}

/// The views that a new database gets: a board by state, the open issues, the pull requests.
pub const VIEWS: [&str; 3] = ["Board by Status", "Open issues", "Pull requests"];

/// Makes the views of a database that was just made (`POST /v1/views`, Notion's reference "Create a view").
/// Gives those that Notion would not make, and why.
pub async fn create_views(
    account: &Account,
    made: &Made,
    done: &[String],
) -> Vec<(&'static str, RemoteError)> {
    let path = format!("/v1/data_sources/{}", made.source);
    let columns = match wire::read(account, Ask::get(path)).await {
        Ok(heard) => schema::columns(&heard.json).unwrap_or_default(),
        Err(error) => return VIEWS.map(|name| (name, error.clone())).into(),
    };
    let status = columns.iter().find(|column| column.name == "Status");
    let mut failed = Vec::new();
    for name in VIEWS {
        let mut body = json!({
            "database_id": made.database, "data_source_id": made.source, "name": name,
            "type": if name == VIEWS[0] { "board" } else { "table" },
        });
        match (name, status) {
            (_, Some(status)) if name == VIEWS[0] => body["configuration"] = board(status),
            (_, Some(status)) if name == VIEWS[1] => body["filter"] = open(status, done),
            _ => body["filter"] = is_kind(Kind::Pull),
        }
        if let Err(error) = wire::read(account, Ask::post("/v1/views", body)).await {
            failed.push((name, error));
        }
    }
    failed
}

fn board(status: &schema::Column) -> Json {
    let mut group = json!({
        "type": status.api_type, "property_id": status.id, "sort": {"type": "manual"},
    });
    if status.api_type == PropertyKind::Status.api_name() {
        group["group_by"] = json!("option");
    }
    json!({"type": "board", "group_by": group})
}

fn is_kind(kind: Kind) -> Json {
    json!({"property": KIND_PROPERTY, "select": {"equals": kind.name()}})
}

fn open(status: &schema::Column, done: &[String]) -> Json {
    let mut all = vec![is_kind(Kind::Issue)];
    all.extend(done.iter().map(
        |option| json!({"property": status.name, &status.api_type: {"does_not_equal": option}}),
    ));
    json!({ "and": all })
}
