//! Days on which a service, the network or the disk is ill: a clear word, nothing lost, and later all is well.

use std::time::Duration;

use axum::http::Method;
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::schema::Kind;
use serde_json::{Value as Json, json};

use super::rig::{Done, Rig, world};

fn once(rig: &Rig) -> Done {
    rig.run(&["sync", "--once", "--json"])
}

/// Says that a pass ended with this code and with these words somewhere in what it said.
fn assert_ends(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{}", done.said());
    let said = done.said().to_lowercase();
    for word in words {
        assert!(said.contains(&word.to_lowercase()), "{word:?} in {said}");
    }
}

fn notion_fault(rig: &Rig, rule: Rule) {
    rig.small.notion.shared.lock().faults.add(rule);
}

fn github_fault(rig: &Rig, method: &str, path: &str, times: usize, kind: HubFault) {
    rig.small
        .github
        .front
        .lock()
        .faults
        .add(method, path, times, kind);
}

fn clear_faults(rig: &Rig) {
    rig.small.github.front.lock().faults.clear();
    rig.small.notion.shared.lock().faults.clear();
}

fn rule(method: Option<Method>, path: &str, skip: u32, times: u32, kind: FaultKind) -> Rule {
    Rule {
        method,
        path: path.to_owned(),
        skip,
        times,
        kind,
    }
}

/// After the bad day: everything arrives, once.
fn assert_recovers(rig: &Rig) {
    clear_faults(rig);
    rig.settle();
    rig.assert_agreement();
    rig.assert_quiet();
    let open = rig.run(&["status", "--json"]).json();
    assert_eq!(open["errors"], json!([]), "no error stays open");
}

#[test]
fn a_wrong_token_is_named_with_its_service() {
    for (variable, service) in [("GITHUB_TOKEN", "GitHub"), ("NOTION_TOKEN", "Notion")] {
        let mut rig = Rig::start(Some(world(3, 0, 0)));
        let right = rig.env.insert(
            variable,
            "ghp_wrong00000000000000000000000000000".to_owned(),
        );
        assert_ends(&once(&rig), 4, &[service, "token"]);
        assert!(rig.pages().is_empty());
        rig.env.insert(variable, right.unwrap());
        assert_recovers(&rig);
    }
}

#[test]
fn a_token_revoked_in_the_middle_ends_the_pass_and_a_new_one_goes_on() {
    let rig = Rig::start(Some(world(12, 0, 0)));
    notion_fault(
        &rig,
        rule(
            Some(Method::POST),
            "/v1/pages",
            5,
            u32::MAX,
            FaultKind::Status(401, "unauthorized"),
        ),
    );
    assert_ends(&once(&rig), 4, &["Notion", "token"]);
    assert_eq!(rig.pages().len(), 5);
    let failed = rig.run(&["history", "--failed"]).out;
    let run = failed.lines().find(|line| line.contains(" run "));
    let run = run.unwrap_or_else(|| panic!("{failed}"));
    assert!(run.contains("stopped: Notion refused the token"), "{run}");
    assert_recovers(&rig);
}

#[test]
fn a_forbidden_answer_at_the_start_says_what_to_allow() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    notion_fault(
        &rig,
        Rule::always("/v1/", FaultKind::Status(403, "restricted_resource")),
    );
    assert_ends(&once(&rig), 4, &["Notion"]);
    assert_recovers(&rig);
    github_fault(&rig, "*", "/repos/*", 1_000, HubFault::Status(403, None));
    rig.rename_issue(1, "Later");
    assert_ends(&once(&rig), 4, &["GitHub"]);
    assert_recovers(&rig);
}

#[test]
fn a_database_that_is_not_shared_is_a_login_matter_with_advice() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    let hidden = rig.small.database;
    rig.small.notion.shared.lock().world.hidden.insert(hidden);
    let source = rig.small.source;
    rig.small.notion.shared.lock().world.hidden.insert(source);
    assert_ends(&once(&rig), 4, &["Notion", "share"]);
    rig.small.notion.shared.lock().world.hidden.clear();
    assert_recovers(&rig);
}

#[test]
fn a_repository_that_is_not_there_is_named() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.link("repositories", "[\"ada/nosuch\"]");
    assert_ends(&once(&rig), 4, &["ada/nosuch"]);
    rig.link("repositories", "[\"ada/lantern\"]");
    assert_recovers(&rig);
}

#[test]
fn a_property_of_the_wrong_type_pauses_its_field_and_the_others_go_on() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        let kind = Kind::plain("number").unwrap();
        service
            .world
            .add_property(now, rig.small.person, rig.small.source, "Labels", kind)
            .unwrap();
    }
    let report = rig.settle();
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("labels") && notes.contains("paused"),
        "{report}"
    );
    assert_eq!(rig.pages().len(), 4);
    assert_eq!(rig.cell(rig.page(1), "title"), "Item 1 of the lamp");
    rig.rename_page(rig.page(2), "Still in step");
    rig.settle();
    assert_eq!(&*rig.issue(2).title, "Still in step");
    assert_eq!(
        rig.issue(1).labels.len(),
        1,
        "no label was taken for cleared"
    );
}

#[test]
fn a_property_deleted_in_the_middle_clears_nothing_on_github() {
    let rig = Rig::start(Some(world(12, 0, 0)));
    rig.settle();
    {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        service
            .world
            .delete_property(now, rig.small.person, rig.small.source, "Labels")
            .unwrap();
    }
    rig.rename_page(rig.page(2), "After the loss");
    let report = rig.settle();
    assert!(report["notes"].to_string().contains("labels"), "{report}");
    let status = rig.run(&["status"]).out;
    assert!(status.contains("paused: labels: "), "{status}");
    assert_eq!(&*rig.issue(2).title, "After the loss");
    for number in 1..=12 {
        assert_eq!(rig.issue(number).labels.len(), 1, "#{number}");
    }
    rig.assert_quiet();
}

#[test]
fn a_property_renamed_in_the_middle_changes_nothing() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    {
        let now = rig.small.notion.shared.now();
        let mut service = rig.small.notion.shared.lock();
        service
            .world
            .rename_property(now, rig.small.person, rig.small.source, "Milestone", "Goal")
            .unwrap();
    }
    rig.rename_issue(1, "After the rename");
    let page = rig.page(2);
    rig.edit_page(
        page,
        vec![(
            "Goal",
            pulse_sync::sim::notion::value::Value::choice("v1.0"),
        )],
    );
    let report = rig.settle();
    assert!(!report["notes"].to_string().contains("paused"), "{report}");
    assert_eq!(rig.cell(rig.page(1), "title"), "After the rename");
    assert_eq!(rig.issue(2).milestone, Some(1));
    let service = rig.small.notion.shared.lock();
    assert!(
        service
            .world
            .property(rig.small.source, "Milestone")
            .is_none(),
        "no second column"
    );
}

#[test]
fn garbled_answers_to_reads_are_survived() {
    for (hub, notion) in [
        (HubFault::Truncated, FaultKind::Truncated),
        (HubFault::Html(502), FaultKind::Html(502)),
        (HubFault::Html(200), FaultKind::Html(200)),
        (HubFault::Giant(10), FaultKind::Giant(10)),
        (
            HubFault::Status(500, None),
            FaultKind::Status(500, "internal_server_error"),
        ),
    ] {
        let rig = Rig::start(Some(world(6, 0, 3)));
        github_fault(&rig, "GET", "*/issues", 1, hub.clone());
        notion_fault(
            &rig,
            rule(
                Some(Method::POST),
                "/v1/data_sources/*/query",
                0,
                1,
                notion.clone(),
            ),
        );
        let done = once(&rig);
        assert_ends(&done, 5, &["issues of ada/lantern", "pages could not"]);
        assert!(!done.err.contains("panicked"), "{}", done.err);
        assert_recovers(&rig);
    }
}

#[test]
fn garbled_answers_to_creates_double_nothing() {
    for fault in [
        FaultKind::Truncated,
        FaultKind::Giant(10),
        FaultKind::DropAfter,
        FaultKind::Committed,
        FaultKind::DropBefore,
        FaultKind::Html(502),
        FaultKind::Late(150),
    ] {
        let mut rig = Rig::start(Some(world(10, 0, 0)));
        rig.advanced("send_deadline", "\"300ms\"");
        rig.advanced("flight", "\"500ms\"");
        notion_fault(
            &rig,
            rule(Some(Method::POST), "/v1/pages", 2, 3, fault.clone()),
        );
        let done = once(&rig);
        assert!(!done.err.contains("panicked"), "{}", done.err);
        wait_out_doubt(&rig);
        assert_eq!(rig.pages().len(), 10, "{fault:?}");
        assert_recovers(&rig);
    }
}

#[test]
fn a_lost_answer_to_a_new_issue_makes_exactly_one() {
    for fault in [
        HubFault::DropAfter,
        HubFault::StatusAfter(502),
        HubFault::Truncated,
        HubFault::DropBefore,
    ] {
        let mut rig = Rig::start(Some(world(3, 0, 0)));
        rig.settle();
        rig.advanced("send_deadline", "\"300ms\"");
        rig.advanced("flight", "\"500ms\"");
        let cell = pulse_sync::sim::notion::value::Value::choice("Ready");
        let title = pulse_sync::sim::notion::value::Value::text("Made in Notion");
        rig.new_page(vec![("title", title), ("Publish", cell)], "Words.\n");
        github_fault(&rig, "POST", "/repos/*/issues", 1, fault.clone());
        let done = once(&rig);
        assert!(!done.err.contains("panicked"), "{}", done.err);
        wait_out_doubt(&rig);
        let issues = rig.hub(|hub| hub.repo(&rig.small.repository).unwrap().issues.len());
        assert_eq!(issues, 4, "{fault:?}");
        assert_recovers(&rig);
    }
}

/// Passes until nothing is unclear.
fn wait_out_doubt(rig: &Rig) {
    for _ in 0..200 {
        let report = once(rig).json();
        if report["in_doubt"] == json!(0)
            && report["backlog"] == json!(0)
            && report["deferred"] == json!(0)
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("unclear for ever: {}", once(rig).out);
}

#[test]
fn without_a_network_it_ends_with_5_and_goes_on_when_it_is_back() {
    for (variable, service) in [("GITHUB_API_URL", "GitHub"), ("NOTION_API_URL", "Notion")] {
        let mut rig = Rig::start(Some(world(5, 0, 0)));
        rig.settle();
        rig.rename_issue(1, "While away");
        rig.rename_page(rig.page(2), "Away as well");
        // A port that was free a moment ago: nobody listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let right = rig.env.insert(variable, format!("http://127.0.0.1:{port}"));
        assert_ends(&once(&rig), 5, &["reach", service]);
        rig.env.insert(variable, right.unwrap());
        assert_recovers(&rig);
        assert_eq!(rig.cell(rig.page(1), "title"), "While away");
        assert_eq!(&*rig.issue(2).title, "Away as well");
    }
}

#[test]
fn a_network_that_goes_in_the_middle_leaves_the_rest_queued() {
    let rig = Rig::start(Some(world(12, 0, 0)));
    notion_fault(
        &rig,
        rule(None, "/v1/pages", 4, u32::MAX, FaultKind::DropBefore),
    );
    let done = once(&rig);
    assert_ne!(done.code, Some(0), "{}", done.said());
    clear_faults(&rig);
    wait_out_doubt(&rig);
    assert_recovers(&rig);
}

#[test]
fn a_limit_in_the_middle_is_waited_for_or_leaves_the_rest_queued() {
    let mut rig = Rig::start(Some(world(20, 0, 0)));
    notion_fault(
        &rig,
        rule(
            Some(Method::POST),
            "/v1/pages",
            4,
            2,
            FaultKind::RateLimited(1, "public_api_request_rate_limit"),
        ),
    );
    let report = rig.sync();
    assert_eq!(report["errors"], json!([]), "{report}");
    assert!(rig.pages().len() >= 18, "a second is waited for: {report}");
    assert_recovers(&rig);

    rig.advanced("wait_max", "\"2s\"");
    rig.rename_issue(1, "Later");
    notion_fault(
        &rig,
        Rule::always("/v1/pages", FaultKind::RateLimited(600, "workspace")),
    );
    let done = once(&rig);
    let stopped = &done.json()["links"][0]["stopped"];
    assert_eq!(stopped["kind"], json!("limited"), "{}", done.said());
    assert!(stopped["until"].is_number(), "{stopped}");
}

#[test]
fn the_windows_of_both_services_are_respected() {
    let rig = Rig::start(Some(world(30, 0, 0)));
    {
        let mut service = rig.small.notion.shared.lock();
        service.limiter.most = Some(15);
        service.limiter.window = 1_000;
    }
    let report = rig.sync();
    assert_eq!(report["errors"], json!([]), "{report}");
    assert!(
        rig.pages().len() >= 25,
        "full windows are waited for: {report}"
    );
    assert_recovers(&rig);
}

#[test]
fn a_store_that_cannot_be_written_stops_everything_before_a_request() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Not now");
    let before = rig.writes();
    let (store, aside) = (rig.store(), rig.folder.join("aside.db"));
    std::fs::rename(&store, &aside).unwrap();
    std::fs::write(&store, "this is no database, and must survive").unwrap();
    let done = once(&rig);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(done.err.contains("pulse-sync.db"), "{}", done.err);
    assert_eq!(
        std::fs::read_to_string(&store).unwrap(),
        "this is no database, and must survive"
    );
    assert_eq!(rig.writes(), before);
    std::fs::rename(&aside, &store).unwrap();
    assert_recovers(&rig);
}

#[test]
fn a_full_disk_stops_the_pass_and_nothing_is_doubled() {
    let rig = Rig::start(Some(world(60, 0, 0)));
    // The program's own limit on the size of its files is a full disk to it.
    let done = super::rig::finish(
        std::process::Command::new("sh")
            .arg("-c")
            .arg("ulimit -f 600; trap '' XFSZ; exec \"$@\"")
            .arg("sh")
            .arg(env!("CARGO_BIN_EXE_pulse-sync"))
            .args(["sync", "--once", "--json"])
            .env_clear()
            .envs(
                rig.command(&[])
                    .get_envs()
                    .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))),
            ),
    );
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(
        done.said().to_lowercase().contains("full") || done.said().contains("disk"),
        "{}",
        done.said()
    );
    wait_out_doubt(&rig);
    assert_recovers(&rig);
}

#[test]
fn a_failing_item_does_not_stop_the_others() {
    let rig = Rig::start(Some(world(8, 0, 0)));
    rig.settle();
    for number in 1..=8 {
        rig.rename_issue(number, &format!("Second name {number}"));
    }
    let sick = rig.page(3);
    notion_fault(
        &rig,
        Rule::always(
            &format!("/v1/pages/{sick}"),
            FaultKind::Status(500, "internal_server_error"),
        ),
    );
    let done = once(&rig);
    let report: Json = done.json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    for number in [1, 2, 4, 5, 6, 7, 8] {
        assert_eq!(
            rig.cell(rig.page(number), "title"),
            format!("Second name {number}")
        );
    }
    assert_recovers(&rig);
}
