//! What a pass says is what happened: exit codes, counts, reasons, and what neither service says as it should.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use pulse_sync::sim::github::http::FaultKind as HubFault;
use pulse_sync::sim::github::{IssueEdit, State, StateReason};
use pulse_sync::sim::notion::http::{FaultKind, Rule};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use super::rig::{Done, Rig, finish, world};

/// Every key that the object of a `sync` has, however it went.
const KEYS: [&str; 10] = [
    "/run",
    "/writes/github",
    "/writes/notion",
    "/requests/github",
    "/requests/notion",
    "/conflicts",
    "/deferred",
    "/held",
    "/backlog",
    "/errors",
];

fn once(rig: &Rig) -> Done {
    rig.run(&["sync", "--once", "--json"])
}

fn assert_whole(done: &Done) -> Json {
    let object = done.json();
    for key in KEYS {
        assert!(
            object.pointer(key).is_some(),
            "{key} is missing in {object}"
        );
    }
    object
}

fn errors(object: &Json) -> Vec<String> {
    let list = object["errors"].as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn hub_fault(rig: &Rig, method: &str, path: &str, kind: HubFault) {
    rig.small
        .github
        .front
        .lock()
        .faults
        .add(method, path, 1_000, kind);
}

fn notion_fault(rig: &Rig, rule: Rule) {
    rig.small.notion.shared.lock().faults.add(rule);
}

/// Changes what GitHub answers: the path that was asked for, the `Link` (`{here}` = this server), the object.
type Edit = Arc<dyn Fn(&str, &mut Option<String>, &mut Json) + Send + Sync>;

/// A server between the program and the small GitHub that edits answers, and what it was asked for.
struct Between {
    asked: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Between {
    fn start(
        rig: &mut Rig,
        edit: impl Fn(&str, &mut Option<String>, &mut Json) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, edit): (_, Edit) = (Arc::clone(&asked), Arc::new(edit));
        let (there, here) = (rig.small.github.url.clone(), url.clone());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let client =
                pulse_sync::remote::http::build_client(std::time::Duration::from_secs(5)).unwrap();
            let app = Router::new().fallback(move |request: Request| {
                let path = request.uri().to_string();
                seen.lock().unwrap().push(path.clone());
                let (client, edit) = (client.clone(), Arc::clone(&edit));
                let (there, here) = (there.clone(), here.clone());
                async move {
                    let answer = pass_on(&client, request, &there).await;
                    edited(answer, &path, &edit, (&there, &here))
                }
            });
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        rig.env.insert("GITHUB_API_URL", url);
        Self {
            asked,
            _runtime: runtime,
        }
    }

    fn listings(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|path| path.contains("/issues?"))
            .count()
    }
}

struct Heard {
    status: StatusCode,
    link: Option<String>,
    bytes: Bytes,
}

async fn pass_on(client: &reqwest::Client, request: Request, there: &str) -> Heard {
    let (parts, body): (_, Body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut asked = client.request(parts.method, format!("{there}{}", parts.uri));
    for name in [
        "authorization",
        "accept",
        "content-type",
        "user-agent",
        "x-github-api-version",
    ] {
        if let Some(value) = parts.headers.get(name) {
            asked = asked.header(name, value);
        }
    }
    let answer = asked.body(body).send().await.unwrap();
    let link = answer.headers().get("link");
    Heard {
        status: answer.status(),
        link: link.map(|link| link.to_str().unwrap().to_owned()),
        bytes: answer.bytes().await.unwrap(),
    }
}

fn edited(heard: Heard, path: &str, edit: &Edit, (there, here): (&str, &str)) -> Response {
    let mut link = heard.link.map(|link| link.replace(there, here));
    let mut object: Json = serde_json::from_slice(&heard.bytes).unwrap_or_default();
    edit(path, &mut link, &mut object);
    let mut response = (heard.status, object.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert("content-type", "application/json".parse().unwrap());
    if let Some(link) = link.map(|link| link.replace("{here}", here)) {
        headers.insert("link", link.parse().unwrap());
    }
    response
}

#[test]
fn an_unclear_answer_is_no_success_and_both_statuses_agree() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    rig.rename_issue(1, "Lost on its way");
    notion_fault(
        &rig,
        Rule {
            method: Some(Method::PATCH),
            ..Rule::always("/v1/pages", FaultKind::DropBefore)
        },
    );
    let done = once(&rig);
    let object = assert_whole(&done);
    assert_eq!(object["in_doubt"], 1, "{object}");
    assert_eq!(
        object["writes"]["notion"], 0,
        "nothing is known to have landed"
    );
    assert_eq!(done.code, Some(2), "{}", done.said());
    let line = rig.run(&["status", "--line"]);
    assert!(line.out.contains("1 unclear"), "{}", line.said());
    assert!(!line.out.contains("queued"), "{}", line.said());
    assert_eq!(line.code, Some(2));
    let status = rig.run(&["status"]).out;
    assert!(status.contains(" 0 queued"), "{status}");
    assert!(status.contains("1 unclear"), "{status}");
}

#[test]
fn what_the_writes_of_one_run_leave_is_no_success() {
    let mut rig = Rig::start(Some(world(6, 0, 0)));
    rig.env.insert("MAX_ITEMS_PER_SYNC", "2".to_owned());
    let done = once(&rig);
    let object = assert_whole(&done);
    assert_eq!(object["writes"]["notion"], 2, "{object}");
    assert_eq!(object["backlog"], 4, "{object}");
    assert_eq!(object["errors"], json!([]), "{object}");
    assert_eq!(done.code, Some(2), "{}", done.said());
    let line = rig.run(&["status", "--line"]);
    assert!(line.out.contains("4 queued"), "{}", line.said());
    let status = rig.run(&["status"]).out;
    assert!(status.contains("4 queued"), "{status}");
    rig.settle();
    assert_eq!(once(&rig).code, Some(0));
}

#[test]
fn a_refused_request_is_no_write() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    hub_fault(
        &rig,
        "PATCH",
        "/repos/*/issues/1",
        HubFault::Status(422, None),
    );
    hub_fault(
        &rig,
        "PATCH",
        "/repos/*/issues/2",
        HubFault::Status(404, None),
    );
    for number in 1..=3 {
        rig.rename_page(rig.page(number), "Another name");
    }
    let done = once(&rig);
    assert_eq!(done.json()["writes"]["github"], 1, "{}", done.said());
    assert_eq!(&*rig.issue(3).title, "Another name");
    assert_eq!(done.code, Some(2), "{}", done.said());
}

#[test]
fn a_store_that_is_away_is_said_at_the_top_and_on_stderr() {
    let mut rig = Rig::start(Some(world(1, 0, 0)));
    rig.advanced("store_timeout", "\"300ms\"");
    rig.env.insert(
        "MONGODB_URI",
        "mongodb://127.0.0.1:9/?directConnection=true".to_owned(),
    );
    let done = once(&rig);
    let object = assert_whole(&done);
    assert_eq!(done.code, Some(1), "{}", done.said());
    assert!(
        errors(&object)
            .iter()
            .any(|text| text.contains("127.0.0.1:9")),
        "{object}"
    );
    let plain = rig.run(&["sync", "--once"]);
    assert_eq!(plain.code, Some(1));
    assert!(plain.err.contains("127.0.0.1:9"), "{}", plain.said());
}

#[test]
fn a_full_disk_is_said_at_the_top_and_on_stderr() {
    for json in [true, false] {
        let rig = Rig::start(Some(world(60, 0, 0)));
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", "ulimit -f 600; trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_pulse-sync"))
            .args(["sync", "--once"])
            .args(json.then_some("--json"));
        let env = rig.command(&[]);
        let env = env
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?)));
        let done = finish(command.env_clear().envs(env));
        assert_eq!(done.code, Some(1), "{}", done.said());
        if json {
            assert!(!errors(&assert_whole(&done)).is_empty(), "{}", done.said());
        } else {
            assert!(done.err.contains("disk"), "{}", done.said());
        }
    }
}

#[test]
fn a_sync_that_cannot_begin_answers_with_the_whole_object() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    let token = rig.env.remove("NOTION_TOKEN").unwrap();
    let done = once(&rig);
    assert_eq!(done.code, Some(4), "{}", done.said());
    assert_eq!(errors(&assert_whole(&done)).len(), 1);
    rig.env.insert("NOTION_TOKEN", token);

    assert_whole(&rig.run(&["sync", "--once", "--json", "--nonsense"]));
    assert_whole(&rig.run(&["plan", "--json", "--link", "nosuch"]));
    rig.link("nonsense", "1");
    let done = once(&rig);
    assert_eq!(done.code, Some(1));
    assert_whole(&done);
    rig.link("nonsense", "1");

    let rig = Rig::start(Some(world(2, 0, 0)));
    std::fs::create_dir_all(rig.state()).unwrap();
    std::fs::write(rig.store(), "no store at all, but long enough to look at").unwrap();
    let done = once(&rig);
    assert_eq!(done.code, Some(1));
    assert_whole(&done);
}

#[test]
fn beside_a_running_one_a_plan_works_and_a_second_sync_is_told_so() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let mut first = rig.spawn(&["run", "--json"]);
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(first.stdout.take().unwrap()));
    while !lines.next().unwrap().unwrap().contains("run_ended") {}
    rig.rename_issue(1, "Planned beside it");
    let plan = rig.run(&["plan"]);
    assert_eq!(plan.code, Some(2), "{}", plan.said());
    assert!(plan.out.contains("Planned beside it"), "{}", plan.said());
    let second = once(&rig);
    assert_eq!(second.code, Some(1), "{}", second.said());
    assert!(second.err.contains("already running"), "{}", second.err);
    assert_whole(&second);
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &first.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    drop(lines);
    first.wait().unwrap();
}

#[test]
fn a_plan_changes_nothing_that_is_kept() {
    let rig = Rig::start(Some(world(4, 0, 0)));
    let first = rig.run(&["plan"]);
    assert_eq!(first.code, Some(2), "{}", first.said());
    assert!(first.out.contains("4 items"), "{}", first.said());
    assert!(!rig.store().exists(), "a plan makes no store");
    rig.settle();
    rig.rename_issue(1, "Planned");
    rig.rename_page(rig.page(2), "Planned, too");
    let wal = rig.store().with_extension("db-wal");
    let read = || {
        (
            std::fs::read(rig.store()).unwrap(),
            std::fs::read(&wal).unwrap_or_default(),
        )
    };
    let before = read();
    for args in [&["plan"][..], &["--read-only", "plan", "--json"]] {
        assert_eq!(rig.run(args).code, Some(2));
    }
    assert!(before == read(), "the store was written to");
}

#[test]
fn a_side_that_answers_with_garbage_is_called_by_its_name() {
    let rig = Rig::start(Some(world(8, 0, 0)));
    rig.settle();
    for number in 1..=8 {
        rig.rename_page(rig.page(number), "Renamed in Notion");
    }
    hub_fault(&rig, "GET", "/repos/*/issues/*", HubFault::Truncated);
    let done = once(&rig);
    let object = assert_whole(&done);
    let stopped = &object["links"][0]["stopped"];
    assert_eq!(stopped["side"], "github", "{object}");
    assert!(
        errors(&object)
            .iter()
            .any(|text| text.contains("in a row failed")),
        "{object}"
    );
}

#[test]
fn a_text_that_is_not_shown_whole_waits_by_name_everywhere() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    for number in [1, 2] {
        let page = rig.page(number);
        let mut service = rig.small.notion.shared.lock();
        service.world.pages.get_mut(&page).unwrap().shown_blocks = Some(0);
    }
    // On GitHub one text, in Notion the other one's.
    rig.rename_page(rig.page(1), "So that its text is read");
    let edit = IssueEdit {
        body: Some(Some("A new text.".to_owned())),
        ..IssueEdit::default()
    };
    rig.edit_issue(1, edit);
    rig.edit_body(rig.page(2), |text| {
        text.replace("Part 1 smokes", "Part 1 burns")
    });
    let done = once(&rig);
    let object = assert_whole(&done);
    let notes = object["notes"].to_string();
    for item in ["lantern#1", "lantern#2"] {
        assert!(notes.contains(item), "{object}");
    }
    assert_eq!(done.code, Some(2), "{}", done.said());
    let status = rig.run(&["status"]).out;
    assert!(!status.contains("changed meanwhile"), "{status}");
    assert!(status.contains("does not show the whole"), "{status}");
    let plan = rig.run(&["plan"]);
    assert!(plan.out.contains("2 wait"), "{}", plan.out);
    assert!(
        plan.out.contains("lantern#1") && plan.out.contains("lantern#2"),
        "{}",
        plan.out
    );
    for number in [1, 2] {
        let page = rig.page(number);
        let mut service = rig.small.notion.shared.lock();
        service.world.pages.get_mut(&page).unwrap().shown_blocks = None;
    }
    rig.settle();
    assert!(rig.issue(2).body.unwrap().contains("Part 1 burns"));
    rig.assert_agreement();
    assert_eq!(once(&rig).code, Some(0));
}

#[test]
fn a_listing_that_leads_back_to_itself_ends() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    let between = Between::start(&mut rig, |path, link, _| {
        if path.contains("/issues?") {
            *link = Some(format!("<{{here}}{path}>; rel=\"next\""));
        }
    });
    let done = once(&rig);
    assert_eq!(done.code, Some(5), "{}", done.said());
    let object = assert_whole(&done);
    assert!(
        errors(&object).iter().any(|text| text.contains("no end")),
        "{object}"
    );
    assert!(between.listings() < 6, "{}", between.listings());
}

#[test]
fn a_row_without_a_title_empties_none() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let hidden = Arc::new(Mutex::new(true));
    let is_hidden = Arc::clone(&hidden);
    let _between = Between::start(&mut rig, move |path, _, object| {
        if !path.contains("/issues") || !*is_hidden.lock().unwrap() {
            return;
        }
        let rows = object
            .as_array_mut()
            .map_or_else(Vec::new, |rows| rows.iter_mut().collect());
        for (at, row) in rows.into_iter().enumerate() {
            if at % 2 == 0 {
                row["title"] = Json::Null;
            } else if let Some(row) = row.as_object_mut() {
                row.remove("title");
            }
        }
        if object.get("number").is_some() {
            object["title"] = Json::Null;
        }
    });
    for number in 1..=3 {
        let edit = IssueEdit {
            body: Some(Some(format!("Something new {number}."))),
            ..IssueEdit::default()
        };
        rig.edit_issue(number, edit);
    }
    rig.run(&["sync", "--once", "--full"]);
    for number in 1..=3 {
        assert_eq!(
            rig.cell(rig.page(number), "title"),
            format!("Item {number} of the lamp")
        );
    }
    *hidden.lock().unwrap() = false;
    rig.settle();
    rig.assert_agreement();
}

#[test]
fn a_pattern_that_matches_one_repository_needs_no_word_of_the_page() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    rig.link("repositories", "[\"ada/lan*\"]");
    rig.settle();
    let cells = vec![
        ("title", Cell::text("Made in Notion")),
        ("Publish", Cell::choice("Ready")),
    ];
    let page = rig.new_page(cells, "Words.");
    rig.settle();
    assert_eq!(rig.cell(page, "Number"), "3");
    assert_eq!(&*rig.issue(3).title, "Made in Notion");
}

#[test]
fn githubs_own_word_for_a_reason_is_read_and_another_one_is_explained() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    // Both sides close it for the same reason, said in two ways.
    let close = IssueEdit {
        state: Some(State::Closed),
        state_reason: Some(StateReason::NotPlanned),
        ..IssueEdit::default()
    };
    rig.edit_issue(1, close);
    let closed = |reason: &str| {
        vec![
            ("Status", Cell::choice("Done")),
            ("Closed as", Cell::choice(reason)),
        ]
    };
    rig.edit_page(rig.page(1), closed("not_planned"));
    rig.edit_page(rig.page(2), closed("not_planned"));
    rig.edit_page(rig.page(3), closed("whatever"));
    let report = rig.settle();
    let open = rig.run(&["conflicts", "list", "--json"]).out;
    for item in ["lantern#1", "lantern#2"] {
        assert!(!open.contains(item), "{open}");
    }
    let reason = rig.issue(2).state_reason.unwrap();
    assert_eq!(reason.as_str(), "not_planned");
    let refused = report["refused"].to_string();
    assert!(
        refused.contains("`completed`, `not planned` or `duplicate`"),
        "{report}"
    );
}

#[test]
fn a_page_copied_by_hand_is_named_until_it_is_ready() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let now = rig.small.notion.shared.now();
    let page = rig.page(2);
    let copy = {
        let mut service = rig.small.notion.shared.lock();
        let world = &mut service.world;
        world.duplicate_page(now, rig.small.person, page).unwrap()
    };
    let done = once(&rig);
    assert!(
        done.json()["notes"]
            .to_string()
            .contains("is a copy of the page of ada/lantern#2"),
        "{}",
        done.said()
    );
    assert_eq!(done.code, Some(2), "{}", done.said());
    // Nor is it forgotten.
    let again = once(&rig);
    assert!(
        again.json()["set_aside"]
            .to_string()
            .contains("Publish to Ready"),
        "{}",
        again.said()
    );
    let status = rig.run(&["status"]).out;
    let address = format!(
        "https://www.notion.so/{}",
        copy.to_string().replace('-', "")
    );
    assert!(status.contains(&address), "{status}");
    rig.edit_page(
        copy,
        vec![
            ("title", Cell::text("Its own")),
            ("Publish", Cell::choice("Ready")),
        ],
    );
    rig.settle();
    assert_eq!(&*rig.issue(4).title, "Its own");
    assert_eq!(once(&rig).code, Some(0));
}

#[test]
fn a_second_page_of_an_issue_is_told_with_both_addresses() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    // Two stores that begin at the same time: nothing of one is known to the other.
    rig.settle();
    let first = rig.page(1);
    let now = rig.small.notion.shared.now();
    let bot = rig.small.notion.shared.lock().world.pages[&first].created_by;
    let copy = {
        let mut service = rig.small.notion.shared.lock();
        service.world.duplicate_page(now, bot, first).unwrap()
    };
    rig.env.insert(
        "PULSE_SYNC_STATE",
        rig.folder.join("other").display().to_string(),
    );
    let mut said = String::new();
    for _ in 0..3 {
        said.push_str(&once(&rig).said());
    }
    for page in [first, copy] {
        let address = format!(
            "https://www.notion.so/{}",
            page.to_string().replace('-', "")
        );
        assert!(said.contains(&address), "{address} in {said}");
    }
    assert!(said.contains("MONGODB_URI"), "{said}");
}

#[test]
fn rows_that_cannot_be_read_are_counted_and_taken_for_nothing() {
    let mut rig = Rig::start(Some(world(4, 0, 0)));
    rig.settle();
    let spoilt = Arc::new(Mutex::new(true));
    let is_spoilt = Arc::clone(&spoilt);
    let between = Between::start(&mut rig, move |path, _, object| {
        if path.contains("/issues?") && *is_spoilt.lock().unwrap() {
            let rows = object.as_array_mut().unwrap();
            for row in rows
                .iter_mut()
                .filter(|row| row["number"] == 2 || row["number"] == 3)
            {
                row["number"] = Json::Null;
            }
        }
    });
    let before = rig.writes();
    for number in [1, 2] {
        rig.rename_issue(number, &format!("New {number}"));
    }
    let done = rig.run(&["sync", "--once", "--json", "--full"]);
    let object = assert_whole(&done);
    let said = errors(&object).join("\n");
    assert!(
        said.contains("2 rows of GitHub's issues of ada/lantern"),
        "{said}"
    );
    assert!(
        said.contains("the next pass lists everything again"),
        "{said}"
    );
    assert_eq!(done.code, Some(2), "{}", done.said());
    // The rest goes on, and nothing is done to what was not read.
    assert_eq!(rig.cell(rig.page(1), "title"), "New 1");
    assert_eq!(rig.pages().len(), 4);
    let listed = rig.run(&["status"]).said();
    assert!(listed.contains("could not be read"), "{listed}");
    let log = std::fs::read_dir(rig.state().join("log")).map(|all| {
        let texts = all.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.collect::<String>()
    });
    assert!(
        log.unwrap_or_default()
            .contains("2 rows of GitHub's issues")
    );
    // As soon as they can be read they are, without a word.
    *spoilt.lock().unwrap() = false;
    let report = rig.settle();
    assert_eq!(report["errors"], json!([]));
    assert_eq!(rig.cell(rig.page(2), "title"), "New 2");
    assert!(!rig.run(&["status"]).said().contains("could not be read"));
    assert_eq!(rig.writes().0, before.0, "nothing went to GitHub");
    rig.assert_agreement();
    drop(between);
}
