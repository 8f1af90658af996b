//! Where the memory is, and how it can be reached.

use serde_json::{Value as Json, json};

use crate::cli::wire::Setup;
use crate::store::AnyStore;
use crate::store::mongo::{Survey, Topology};

/// Where the memory is.
pub(super) enum Place {
    /// A file.
    File(String),
    /// A server, and what it says of itself.
    Server {
        name: String,
        database: String,
        survey: Option<Survey>,
    },
}

/// Where a store is. What cannot be found out is left out.
pub(super) async fn of(setup: &Setup, store: &AnyStore) -> Place {
    let Some(shared) = store.shared() else {
        let path = setup.store_path().unwrap_or_default();
        return Place::File(path.display().to_string());
    };
    Place::Server {
        name: shared.place().to_owned(),
        database: shared.database_name().to_owned(),
        survey: Box::pin(shared.survey()).await.ok(),
    }
}

impl Place {
    /// For scripts.
    pub(super) fn json(&self) -> Json {
        let (name, database, survey) = match self {
            Self::File(path) => return json!({"kind": "sqlite", "path": path}),
            Self::Server {
                name,
                database,
                survey,
            } => (name, database, survey),
        };
        let topology = |survey: &Survey| match survey.topology {
            Topology::Standalone => "standalone",
            Topology::ReplicaSet { .. } => "replica_set",
            Topology::Sharded => "sharded",
        };
        let survey = survey.as_ref();
        json!({
            "kind": "mongodb",
            "server": name,
            "database": database,
            "version": survey.map(|survey| &survey.version),
            "topology": survey.map(topology),
            "latency_ms": survey.map(|survey| survey.latency.as_secs_f64() * 1_000.0),
            "tls": survey.map(|survey| survey.is_encrypted),
            "change_stream": survey.map(|survey| survey.tells_changes),
        })
    }

    /// For people; a file needs no words.
    pub(super) fn line(&self) -> Option<String> {
        let Self::Server {
            name,
            database,
            survey: Some(survey),
        } = self
        else {
            return None;
        };
        let news = if survey.tells_changes {
            "at once"
        } else {
            "within 5 s"
        };
        Some(format!(
            "{name}, database {database}: version {}, {}, answers in {:.1} ms; changes of other machines arrive {news}",
            survey.version,
            survey.topology,
            survey.latency.as_secs_f64() * 1_000.0
        ))
    }
}
