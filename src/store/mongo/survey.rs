//! What a server is, and what we may do there: for those who look whether everything is right. Nothing is written.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{HostInfo, Tls};

use super::documents::{CURSORS, ERRORS, HISTORY, ITEMS, LEASES, SETTINGS};
use super::{MongoStore, indexes};
use crate::store::StoreError;

/// Every collection of ours.
const ALL: [&str; 6] = [ITEMS, HISTORY, ERRORS, CURSORS, LEASES, SETTINGS];
/// What the program does with each of them, in the server's words (manual, "Privilege Actions").
const NEEDED: [&str; 5] = ["find", "insert", "update", "remove", "createIndex"];
/// The latency is the least of so many questions.
const PINGS: usize = 3;

/// How the servers stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One server by itself.
    Standalone,
    /// A replica set.
    ReplicaSet {
        /// Its name.
        name: String,
        /// How many members have data.
        members: usize,
    },
    /// Several sets behind a router.
    Sharded,
}

impl std::fmt::Display for Topology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Standalone => write!(f, "a single server"),
            Self::ReplicaSet { name, members: 1 } => write!(f, "replica set {name} (1 member)"),
            Self::ReplicaSet { name, members } => {
                write!(f, "replica set {name} ({members} members)")
            }
            Self::Sharded => write!(f, "a sharded cluster"),
        }
    }
}

/// A server as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The version of the server's program.
    pub version: String,
    /// How the servers stand together.
    pub topology: Topology,
    /// How long an answer takes.
    pub latency: Duration,
    /// Whether what goes over the line is encrypted.
    pub is_encrypted: bool,
    /// A member of the replica set elsewhere to which the line would not be encrypted: the store is not used so.
    pub far_member: Option<String>,
    /// Whether the server tells changes by itself (change streams), so that they need not be asked for.
    pub tells_changes: bool,
}

/// What a user may do with the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Who; none = nobody logged in.
    pub user: Option<String>,
    /// Actions that are needed and not allowed, in the server's words.
    pub missing: BTreeSet<&'static str>,
}

/// What one collection holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its name.
    pub name: &'static str,
    /// How many documents.
    pub documents: u64,
    /// What it takes on the server's disk, its indexes included, in bytes.
    pub bytes: u64,
}

impl MongoStore {
    /// The name of the database.
    pub fn database_name(&self) -> &str {
        &self.connection.teller.database
    }

    /// Looks at the server. Works for a user who may only read, too.
    ///
    /// # Errors
    /// `Unavailable` with what to do.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        let hello = self.ask(doc! { "hello": 1 }).await?;
        let build = self.ask(doc! { "buildInfo": 1 }).await?;
        let mut latency = Duration::MAX;
        for _ in 0..PINGS {
            let begun = Instant::now();
            self.ask(doc! { "ping": 1 }).await?;
            latency = latency.min(begun.elapsed());
        }
        Ok(Survey {
            version: build.get_str("version").unwrap_or("unknown").to_owned(),
            topology: topology(&hello),
            latency,
            is_encrypted: self.is_encrypted(),
            far_member: self.connection.far_member(&hello),
            tells_changes: self.tells_changes().await?,
        })
    }

    /// What we may do there.
    ///
    /// # Errors
    /// `Unavailable` with what to do.
    pub async fn rights(&self) -> Result<Rights, StoreError> {
        let asked = doc! { "connectionStatus": 1, "showPrivileges": true };
        let status = self.ask(asked).await?;
        Ok(rights(&status, self.database_name()))
    }

    /// How many of our indexes there are, and the names of those that are missing, `collection.index`.
    ///
    /// # Errors
    /// `Unavailable` with what to do.
    pub async fn missing_indexes(&self) -> Result<(usize, Vec<String>), StoreError> {
        let (mut found, mut missing) = (0, Vec::new());
        for (name, wanted) in indexes::all() {
            let there = self.indexes_of(name).await?;
            for index in wanted {
                let options = index.options.and_then(|options| options.name);
                let index = options.unwrap_or_default();
                if there.contains(&index) {
                    found += 1;
                } else {
                    missing.push(format!("{name}.{index}"));
                }
            }
        }
        Ok((found, missing))
    }

    /// How large each collection is; those that are not made yet are left out.
    ///
    /// # Errors
    /// `Unavailable` with what to do.
    pub async fn holdings(&self) -> Result<Vec<Holding>, StoreError> {
        let database = self.connection.database().await?;
        let mut holdings = Vec::new();
        for name in ALL {
            let collection = database.collection::<Document>(name);
            let stages = [doc! { "$collStats": { "storageStats": {} } }];
            let found = self.connection.raw(async {
                let parts = collection.aggregate(stages).await?;
                parts.try_collect::<Vec<Document>>().await
            });
            // A collection that nothing was put into yet has no figures.
            let Ok(parts) = found.await? else { continue };
            let of = |part: &Document, key: &str| {
                number(part.get_document("storageStats").ok()?.get(key))
            };
            let sum = |key: &str| -> u64 { parts.iter().filter_map(|part| of(part, key)).sum() };
            holdings.push(Holding {
                name,
                documents: sum("count"),
                bytes: sum("storageSize") + sum("totalIndexSize"),
            });
        }
        Ok(holdings)
    }

    /// Runs a command that only looks.
    async fn ask(&self, command: Document) -> Result<Document, StoreError> {
        let database = self.connection.database().await?;
        let answer = self
            .connection
            .bounded(async { database.run_command(command).await });
        answer.await
    }

    async fn indexes_of(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let database = self.connection.database().await?;
        let collection = database.collection::<Document>(name);
        let names = self
            .connection
            .raw(async { collection.list_index_names().await });
        // A collection that is not there has none.
        Ok(names.await?.unwrap_or_default())
    }

    async fn tells_changes(&self) -> Result<bool, StoreError> {
        let database = self.connection.database().await?;
        let stream = self.connection.raw(async { database.watch().await });
        Ok(stream.await?.is_ok())
    }

    fn is_encrypted(&self) -> bool {
        let uri = &self.connection.address.uri;
        // The records behind `mongodb+srv` switch TLS on; an address that switches it off is refused.
        matches!(uri.tls, Some(Tls::Enabled(_))) || matches!(uri.host_info, HostInfo::DnsRecord(_))
    }
}

/// A number in whichever of the server's forms.
fn number(value: Option<&Bson>) -> Option<u64> {
    match value? {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes; what is no size saturates"
        )]
        Bson::Double(number) => Some(*number as u64),
        _ => None,
    }
}

fn topology(hello: &Document) -> Topology {
    if hello.get_str("msg").is_ok_and(|word| word == "isdbgrid") {
        return Topology::Sharded;
    }
    match hello.get_str("setName") {
        Ok(name) => Topology::ReplicaSet {
            name: name.to_owned(),
            members: hello.get_array("hosts").map_or(1, Vec::len),
        },
        Err(_) => Topology::Standalone,
    }
}

fn documents<'a>(of: Option<&'a Document>, key: &str) -> Vec<&'a Document> {
    let list = of.and_then(|of| of.get_array(key).ok());
    let list = list.into_iter().flatten();
    list.filter_map(Bson::as_document).collect()
}

fn rights(status: &Document, database: &str) -> Rights {
    let info = status.get_document("authInfo").ok();
    let users = documents(info, "authenticatedUsers");
    let Some(user) = users.first().and_then(|user| user.get_str("user").ok()) else {
        return Rights::default();
    };
    let privileges = documents(info, "authenticatedUserPrivileges");
    let may = |collection: &str, action: &str| {
        privileges.iter().any(|privilege| {
            let actions = privilege.get_array("actions").into_iter().flatten();
            let mut actions = actions.filter_map(Bson::as_str);
            let resource = privilege.get_document("resource").ok();
            actions.any(|named| named == action || named == "anyAction")
                && resource.is_some_and(|resource| covers(resource, database, collection))
        })
    };
    let is_missing = |action: &&str| !ALL.iter().all(|collection| may(collection, action));
    Rights {
        user: Some(user.to_owned()),
        missing: NEEDED.into_iter().filter(is_missing).collect(),
    }
}

/// Whether a privilege is about a collection; an empty name stands for every one.
fn covers(resource: &Document, database: &str, collection: &str) -> bool {
    let fits = |key, wanted: &str| {
        let named = resource.get_str(key);
        named.is_ok_and(|named| named.is_empty() || named == wanted)
    };
    resource.get_bool("anyResource").unwrap_or(false)
        || fits("db", database) && fits("collection", collection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(privileges: Vec<Document>) -> Document {
        let info = doc! {
            "authenticatedUsers": [{ "user": "ada", "db": "admin" }],
            "authenticatedUserPrivileges": privileges,
        };
        doc! { "authInfo": info }
    }

    fn on(db: &str, collection: &str, actions: &[&str]) -> Document {
        let resource = doc! { "db": db, "collection": collection };
        doc! { "resource": resource, "actions": actions.to_vec() }
    }

    #[test]
    fn what_is_missing_is_what_no_privilege_allows_on_every_collection() {
        let all = &NEEDED[..];
        let missing = |privileges| rights(&status(privileges), "pulse").missing;
        assert_eq!(missing(vec![on("pulse", "", all)]).len(), 0);
        assert_eq!(missing(vec![on("", "", all)]).len(), 0);
        assert_eq!(missing(vec![on("other", "", all)]).len(), 5);
        assert_eq!(missing(vec![on("pulse", "sync_items", all)]).len(), 5);
        let each = ALL.map(|name| on("pulse", name, all));
        assert_eq!(missing(each.into()).len(), 0);
        let reads = missing(vec![on("pulse", "", &["find", "collStats"])]);
        let writes: Vec<&str> = reads.into_iter().collect();
        assert_eq!(writes, ["createIndex", "insert", "remove", "update"]);
        let any = doc! { "resource": { "anyResource": true }, "actions": ["anyAction"] };
        assert_eq!(missing(vec![any]).len(), 0);
    }

    #[test]
    fn without_a_login_nothing_is_said_of_rights() {
        let nobody =
            doc! { "authInfo": { "authenticatedUsers": [], "authenticatedUserPrivileges": [] } };
        assert_eq!(rights(&nobody, "pulse"), Rights::default());
        assert_eq!(rights(&doc! {}, "pulse"), Rights::default());
    }

    #[test]
    fn a_server_says_how_it_stands() {
        assert_eq!(topology(&doc! { "ok": 1 }), Topology::Standalone);
        let set = doc! { "setName": "rs0", "hosts": ["a:1", "b:1", "c:1"] };
        let three = Topology::ReplicaSet {
            name: "rs0".to_owned(),
            members: 3,
        };
        assert_eq!(topology(&set), three);
        assert_eq!(topology(&doc! { "msg": "isdbgrid" }), Topology::Sharded);
    }
}
