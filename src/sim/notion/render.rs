//! Pages, databases, data sources, users and comments as the API shows them.

use serde_json::{Value as Json, json};

use super::ids::Id;
use super::moment;
use super::schema_json::schema_json;
use super::span;
use super::state::{Comment, DataSource, Database, Page, Parent, Workspace};
use super::value_json::{properties_json, user_ref};

/// The API version a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2025-09-03: data sources; `archived` beside `in_trash`.
    V2025,
    /// 2026-03-11: `in_trash` only, `position` instead of `after`.
    V2026,
}

impl Version {
    /// Reads the header; `None` for versions this service does not speak.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "2025-09-03" => Some(Self::V2025),
            "2026-03-11" => Some(Self::V2026),
            _ => None,
        }
    }

    /// Adds the old name of the trash flag where this version has it.
    pub fn trash(self, mut object: Json, in_trash: bool) -> Json {
        object["in_trash"] = json!(in_trash);
        if self == Self::V2025 {
            object["archived"] = json!(in_trash);
        }
        object
    }
}

/// Where something is seen in the browser.
pub(in crate::sim::notion) fn url(id: Id) -> String {
    format!("https://app.notion.com/p/{}", id.compact())
}

impl Workspace {
    /// Writes a page with all its properties, or those named in `only`.
    pub fn page_json(&self, page: &Page, only: &[String], version: Version) -> Json {
        let object = json!({
            "object": "page",
            "id": page.id.to_string(),
            "created_time": moment::format(page.created),
            "last_edited_time": moment::format(page.edited),
            "created_by": user_ref(page.created_by),
            "last_edited_by": user_ref(page.edited_by),
            "cover": null,
            "icon": null,
            "parent": self.parent_json(page.parent),
            "is_archived": false,
            "is_locked": false,
            "properties": properties_json(self, page, only),
            "url": url(page.id),
            "public_url": null,
        });
        version.trash(object, page.in_trash)
    }

    fn parent_json(&self, parent: Parent) -> Json {
        match parent {
            Parent::Workspace => json!({"type": "workspace", "workspace": true}),
            Parent::Page(id) => json!({"type": "page_id", "page_id": id.to_string()}),
            Parent::Source(id) => json!({
                "type": "data_source_id", "data_source_id": id.to_string(),
                "database_id": self.database_of(id).to_string(),
            }),
        }
    }

    /// The database a data source belongs to.
    pub fn database_of(&self, source: Id) -> Id {
        self.sources.get(&source).map_or(source, |s| s.database)
    }

    /// Writes a database: the container, without columns.
    pub fn database_json(&self, database: &Database, version: Version) -> Json {
        let sources: Vec<Json> = database
            .sources
            .iter()
            .filter_map(|id| self.sources.get(id))
            .map(|s| json!({"id": s.id.to_string(), "name": span::plain(&s.title)}))
            .collect();
        let object = json!({
            "object": "database",
            "id": database.id.to_string(),
            "title": span::to_json(&database.title),
            "description": [],
            "parent": self.parent_json(database.parent),
            "is_inline": database.inline,
            "is_locked": false,
            "created_time": moment::format(database.created),
            "last_edited_time": moment::format(database.edited),
            "data_sources": sources,
            "icon": null,
            "cover": null,
            "url": url(database.id),
            "public_url": null,
        });
        version.trash(object, database.in_trash)
    }

    /// Writes a data source with its columns.
    pub fn source_json(&self, source: &DataSource, version: Version) -> Json {
        let holder = self.databases.get(&source.database);
        let outer = holder.map_or(Parent::Workspace, |database| database.parent);
        let object = json!({
            "object": "data_source",
            "id": source.id.to_string(),
            "title": span::to_json(&source.title),
            "description": [],
            "parent": {"type": "database_id", "database_id": source.database.to_string()},
            "database_parent": self.parent_json(outer),
            "is_inline": holder.is_some_and(|database| database.inline),
            "created_time": moment::format(source.created),
            "last_edited_time": moment::format(source.edited),
            "created_by": user_ref(source.created_by),
            "last_edited_by": user_ref(source.edited_by),
            "properties": schema_json(&source.schema, &|id| self.database_of(id)),
            "icon": null,
            "cover": null,
            "url": url(source.id),
            "public_url": null,
        });
        version.trash(object, source.in_trash)
    }

    /// Writes a user; one that is not known is only a reference.
    pub fn user_json(&self, id: Id) -> Json {
        let Some(user) = self.users.get(&id) else {
            return user_ref(id);
        };
        let mut out =
            json!({"object": "user", "id": id.to_string(), "name": user.name, "avatar_url": null});
        if user.bot {
            out["type"] = json!("bot");
            out["bot"] = json!({
                "owner": {"type": "workspace", "workspace": true},
                "workspace_id": self.home.to_string(),
                "workspace_name": "Small workspace",
                "workspace_limits": {"max_file_upload_size_in_bytes": 5_242_880},
            });
        } else {
            out["type"] = json!("person");
            out["person"] = match &user.email {
                Some(email) => json!({"email": email}),
                None => json!({}),
            };
        }
        out
    }

    /// Writes a comment.
    pub fn comment_json(&self, comment: &Comment) -> Json {
        let on = comment.on.to_string();
        let parent = if self.pages.contains_key(&comment.on) {
            json!({"type": "page_id", "page_id": on})
        } else {
            json!({"type": "block_id", "block_id": on})
        };
        let name = self.users.get(&comment.by).map(|user| user.name.clone());
        json!({
            "object": "comment",
            "id": comment.id.to_string(),
            "parent": parent,
            "discussion_id": comment.discussion.to_string(),
            "created_time": moment::format(comment.created),
            "last_edited_time": moment::format(comment.created),
            "created_by": user_ref(comment.by),
            "rich_text": span::to_json(&comment.text),
            "display_name": {"type": "integration", "resolved_name": name},
        })
    }
}
