//! A small table of issues, and a client that talks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pulse_sync::sim::notion::http::{Clock, Running, Service, serve};
use pulse_sync::sim::notion::ids::IdSource;
use pulse_sync::sim::notion::span::rich;
use pulse_sync::sim::notion::{Id, Kind, Parent, Value, Workspace};
use serde_json::{Value as Json, json};

/// 2026-11-22T10:03:42.123Z: not on a minute, on purpose.
pub const T0: i64 = 1_795_341_822_123;
/// The minute T0 lies in.
pub const T0_MINUTE: i64 = 1_795_341_780_000;

/// A workspace with a table of issues and one person.
pub struct Table {
    pub world: Workspace,
    pub bot: Id,
    pub ann: Id,
    pub database: Id,
    pub source: Id,
}

pub fn table() -> Table {
    let mut world = Workspace::new(7);
    let ann = world.add_person("Ann", "ann@example.org");
    let bot = world.bot;
    let mut ids = IdSource::new(99);
    let columns = [
        ("Name", Kind::Title),
        ("Number", Kind::plain("number").unwrap()),
        (
            "State",
            Kind::status(&["Open", "Doing", "Closed"], &mut ids),
        ),
        ("Labels", Kind::plain("multi_select").unwrap()),
        ("Kind", Kind::plain("select").unwrap()),
        ("GitHub ID", Kind::RichText),
        ("URL", Kind::Url),
        ("Done", Kind::Checkbox),
        ("Due", Kind::Date),
        ("Assignees", Kind::People),
        ("Edited", Kind::EditedTime),
    ];
    let columns = columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    let home = Parent::Page(world.home);
    let (database, source) = world
        .add_database(T0, bot, home, rich("Issues"), columns)
        .unwrap();
    Table {
        world,
        bot,
        ann,
        database,
        source,
    }
}

impl Table {
    /// Makes a row as the connection.
    pub fn row(&mut self, title: &str, body: &str) -> Id {
        let props = vec![("Name".to_owned(), Value::text(title))];
        self.world
            .create_page(T0, self.bot, self.source, props, body)
            .unwrap()
    }

    pub fn body(&self, page: Id) -> String {
        self.world.read_body(self.bot, page).unwrap().markdown
    }
}

/// A server over the table, a clock that can be set, and a client.
pub struct Server {
    pub running: Running,
    pub time: Arc<AtomicI64>,
    pub token: String,
    pub source: Id,
    pub database: Id,
    pub ann: Id,
    pub client: reqwest::Client,
    pub version: &'static str,
}

/// Serves the table without a limiter.
pub async fn server() -> Server {
    let table = table();
    let token = table.world.token.clone();
    let time = Arc::new(AtomicI64::new(T0));
    let hands = time.clone();
    let clock: Clock = Arc::new(move || hands.load(Ordering::SeqCst));
    let mut service = Service::new(table.world);
    service.limiter.most = None;
    let running = serve(0, service, clock).await.unwrap();
    // Another test may have been first; either way there is a provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (source, database, ann) = (table.source, table.database, table.ann);
    Server {
        running,
        time,
        token,
        source,
        database,
        ann,
        client,
        version: "2026-03-11",
    }
}

impl Server {
    /// A request that is authorised and names a version.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}/v1/{path}", self.running.url);
        self.client
            .request(method, url)
            .bearer_auth(&self.token)
            .header("Notion-Version", self.version)
    }

    /// Sends and reads JSON.
    pub async fn call(&self, method: &str, path: &str, body: Json) -> (u16, Json) {
        let mut request = self.request(method, path);
        if method != "GET" && method != "DELETE" {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// Sends, expects success, and reads JSON.
    pub async fn ok(&self, method: &str, path: &str, body: Json) -> Json {
        let (status, json) = self.call(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {json}");
        json
    }

    /// Sends, expects a refusal, and reads status and code.
    pub async fn refused(&self, method: &str, path: &str, body: Json) -> (u16, String) {
        let (status, json) = self.call(method, path, body).await;
        assert_eq!(json["object"], "error", "{method} {path}: {json}");
        assert_eq!(json["status"], status, "{json}");
        assert!(json["request_id"].is_string(), "{json}");
        (status, json["code"].as_str().unwrap().to_owned())
    }

    /// Makes a row and gives its id.
    pub async fn row(&self, title: &str, more: Json) -> String {
        let mut properties = json!({"Name": {"title": [{"text": {"content": title}}]}});
        for (key, value) in more.as_object().into_iter().flatten() {
            properties[key] = value.clone();
        }
        let parent = json!({"data_source_id": self.source.to_string()});
        let page = self
            .ok(
                "POST",
                "pages",
                json!({"parent": parent, "properties": properties}),
            )
            .await;
        page["id"].as_str().unwrap().to_owned()
    }

    pub async fn query(&self, body: Json) -> Json {
        self.ok("POST", &format!("data_sources/{}/query", self.source), body)
            .await
    }
}

/// The titles of the rows of an answer.
pub fn titles(answer: &Json) -> Vec<String> {
    let rows = answer["results"].as_array().unwrap();
    let title = |row: &Json| {
        row["properties"]["Name"]["title"][0]["plain_text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    rows.iter().map(title).collect()
}
