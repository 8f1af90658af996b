//! A receiver on this machine, and somebody who sends to it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pulse_sync::hooks::{Hints, Limits, Options, Receiver, start};
use ring::hmac;
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

pub const SECRET: &str = "It's a Secret to Everybody";
pub const TOKEN: &str = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
pub const PAGE: &str = "153104cd-477e-809d-8dc4-ff2d96ae3090";
pub const SOURCE: &str = "b55c9c91-384d-452b-81db-d1ef79372b75";
/// Longer than anything here takes.
const LATE: Duration = Duration::from_secs(30);

/// A receiver and both ends of what it says.
pub struct Bench {
    pub receiver: Receiver,
    hints: mpsc::Receiver<Hints>,
    pub told: Arc<Mutex<Vec<String>>>,
    pub file: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Limits that suit a test.
pub fn limits() -> Limits {
    Limits {
        debounce: Duration::from_millis(50),
        ..Limits::default()
    }
}

impl Bench {
    pub fn start(limits: Limits) -> Self {
        Self::with(limits, Some(SECRET), Some(TOKEN))
    }

    pub fn with(limits: Limits, github: Option<&str>, notion: Option<&str>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "pulse-sync-hooks-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let file = std::env::temp_dir().join(name);
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            github: github.map(SecretString::from),
            notion: notion.map(SecretString::from),
            token_file: file.clone(),
            limits,
        };
        let (sender, hints) = mpsc::channel(1);
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let tell = Box::new(move |text: &str| heard.lock().unwrap().push(text.to_owned()));
        Self {
            receiver: start(&options, sender, tell).unwrap(),
            hints,
            told,
            file,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.receiver.address()
    }

    /// The next hints.
    pub fn hints(&mut self) -> Hints {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let next = tokio::time::timeout(LATE, self.hints.recv()).await;
            next.expect("no hints came").unwrap()
        })
    }

    /// Whether hints wait, after more than the time they are gathered for.
    pub fn has_hints(&mut self) -> bool {
        std::thread::sleep(Duration::from_millis(200));
        self.hints.try_recv().is_ok()
    }

    pub fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        post(self.address(), path, headers, body)
    }

    /// A delivery of GitHub that is signed rightly.
    pub fn github(&self, event: &str, id: &str, body: &Json) -> u16 {
        let body = body.to_string();
        self.send(
            "/github",
            &github(event, id, &sign(SECRET, body.as_bytes())),
            body.as_bytes(),
        )
    }

    /// A delivery of Notion that is signed rightly.
    pub fn notion(&self, body: &Json) -> u16 {
        let body = body.to_string();
        let signed = sign(TOKEN, body.as_bytes());
        self.send(
            "/notion",
            &[("X-Notion-Signature", &signed)],
            body.as_bytes(),
        )
    }
}

pub fn github<'a>(event: &'a str, id: &'a str, signed: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("X-GitHub-Event", event),
        ("X-GitHub-Delivery", id),
        ("X-Hub-Signature-256", signed),
    ]
}

pub fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut text = String::from("sha256=");
    for byte in hmac::sign(&key, body).as_ref() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// What stands before a body of this length.
pub fn head(path: &str, headers: &[(&str, &str)], length: usize) -> String {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head + "\r\n"
}

/// The status of an answer; 0 where the connection ended without one.
pub fn status(stream: &mut TcpStream) -> u16 {
    let mut answer = Vec::new();
    // What came before the end of the connection counts, however it ended.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let code = text.split(' ').nth(1).unwrap_or_default();
    code.parse().unwrap_or(0)
}

pub fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(LATE)).unwrap();
    let head = head(path, headers, body.len());
    stream.write_all(head.as_bytes()).unwrap();
    // A receiver that refuses it need not read all of it.
    let _ = stream.write_all(body);
    status(&mut stream)
}

/// An edited issue, of the shape that GitHub sends, with the members that others might be misled by.
pub fn issue(node: &str, repository: &str, number: u64) -> Json {
    json!({
        "action": "edited",
        "issue": {
            "url": format!("https://api.github.com/repos/{repository}/issues/{number}"),
            "id": 444_500_041, "node_id": node, "number": number,
            "title": "Spelling error in the README file",
            "user": {"login": "Codertocat", "id": 21_031_067, "node_id": "MDQ6VXNlcjIxMDMxMDY3", "type": "User"},
            "labels": [{"id": 1_362_934_389, "node_id": "MDU6TGFiZWwxMzYyOTM0Mzg5", "name": "bug"}],
            "state": "open", "milestone": null, "comments": 0,
            "created_at": "2019-05-15T15:20:18Z", "updated_at": "2019-05-15T15:20:18Z",
            "body": "It looks like you accidently spelled 'commit' with two 't's."
        },
        "changes": {"title": {"from": "Speling"}},
        "repository": {
            "id": 186_853_002, "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=",
            "name": repository.split('/').next_back(), "full_name": repository,
            "private": false, "default_branch": "main"
        },
        "sender": {"login": "Codertocat", "id": 21_031_067}
    })
}

/// A page whose properties changed, of the shape that Notion sends.
pub fn page(id: &str, kind: &str, page: &str, source: &str) -> Json {
    json!({
        "id": id, "timestamp": "2026-01-24T20:06:20.000Z",
        "workspace_id": "13950b26-c203-4f3b-b97d-93ec06319565", "workspace_name": "Quantify Labs",
        "subscription_id": "29d75c0d-5546-4414-8459-7b7a92f1fc4b",
        "integration_id": "0ef2e755-4912-8096-91c1-00376a88a5ca",
        "type": kind,
        "authors": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}],
        "accessible_by": [{"id": "556a1abf-4f08-40c6-878a-75890d2a88ba", "type": "person"}],
        "attempt_number": 1, "api_version": "2026-03-11",
        "entity": {"id": page, "type": "page"},
        "data": {
            "parent": {"id": source, "type": "database", "data_source_id": source},
            "updated_properties": ["title"]
        }
    })
}
