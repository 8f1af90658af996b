//! The small GitHub: its model, and the server in front of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pulse_sync::sim::github::http::{Front, Limits, Shared, real_clock, serve};
use pulse_sync::sim::github::{AccountKind, Hub, NewCommit, NewRepo};

const T0: i64 = 1_790_000_000_000;

/// A hub with the owner `ada` (token `t-ada`) and her repository `ada/demo` with one commit.
fn hub() -> Hub {
    let mut hub = Hub::new();
    for login in ["ada", "bob", "eve"] {
        hub.add_user(T0, login, AccountKind::User);
        hub.add_token(&format!("t-{login}"), login, false);
    }
    hub.create_repo(T0, "ada", NewRepo::public("ada/demo"))
        .unwrap();
    let first = NewCommit {
        message: "First".into(),
        ..NewCommit::default()
    };
    hub.push_commit(T0, "ada", "ada/demo", "main", first)
        .unwrap();
    hub
}

/// Serves the hub for other programs: `SIM_GITHUB_SERVE="PORT SECONDS"`; token `t-ada`,
/// repository `ada/demo`.
#[tokio::test]
#[ignore = "a server for probes, not a test"]
async fn serve_for_probes() {
    let Ok(spec) = std::env::var("SIM_GITHUB_SERVE") else {
        return;
    };
    let (port, seconds) = spec.split_once(' ').unwrap();
    let front = Shared::new(Front::new(hub(), Limits::github()));
    let addr = format!("127.0.0.1:{port}").parse().unwrap();
    let _running = serve(addr, front, real_clock()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(seconds.parse().unwrap())).await;
}
