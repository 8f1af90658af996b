//! Which deliveries are taken, and which are refused.

use serde_json::json;

use super::bench::{Bench, PAGE, SECRET, SOURCE, github, issue, limits, page, sign};

#[test]
fn a_delivery_that_is_signed_rightly_names_its_item_and_its_place() {
    let mut bench = Bench::start(limits());
    assert_eq!(bench.github("issues", "d-1", &issue("I_1", "o/r", 1)), 200);
    let hints = bench.hints();
    assert_eq!(hints.objects[0].keys().collect::<Vec<_>>(), ["I_1"]);
    assert!(hints.places.contains("o/r") && hints.places.len() == 1);
    assert_eq!((hints.heard, hints.all), ([true, false], false));
    assert_eq!(
        bench.notion(&page("e-1", "page.properties_updated", PAGE, SOURCE)),
        200
    );
    let hints = bench.hints();
    assert_eq!(hints.objects[1].keys().collect::<Vec<_>>(), [PAGE]);
    assert!(!hints.objects[1][PAGE], "a person was it");
    assert!(hints.places.contains(SOURCE));
}

#[test]
fn a_ping_is_answered_and_what_is_of_no_concern_names_nothing() {
    let mut bench = Bench::start(limits());
    let ping =
        json!({"zen": "Speak like a human.", "hook_id": 1, "repository": {"full_name": "o/r"}});
    assert_eq!(bench.github("ping", "d-1", &ping), 200);
    let hints = bench.hints();
    assert_eq!(
        (hints.count(), hints.heard),
        (0, [true, false]),
        "only heard of"
    );
    assert_eq!(
        bench.github("star", "d-2", &json!({"repository": {"full_name": "o/r"}})),
        200
    );
    assert_eq!(
        bench.notion(&page("e-1", "comment.created", PAGE, SOURCE)),
        200
    );
    assert_eq!(bench.hints().count(), 0);
}

#[test]
fn without_the_right_signature_nothing_is_taken() {
    let mut bench = Bench::start(limits());
    let body = issue("I_1", "o/r", 1).to_string();
    let right = sign(SECRET, body.as_bytes());
    let mut wrong = right.clone();
    wrong.pop();
    let other = if right.ends_with('0') { '1' } else { '0' };
    let flipped = format!("{wrong}{other}");
    let sha1 = right.replace("sha256=", "sha1=");
    let of_other = sign("another secret", body.as_bytes());
    for bad in [
        "",
        "sha256=",
        &wrong,
        &flipped,
        &sha1,
        &of_other,
        &format!("{right}00"),
        &format!("{right},{right}"),
    ] {
        let headers = github("issues", "d-1", bad);
        assert_eq!(
            bench.send("/github", &headers, body.as_bytes()),
            401,
            "{bad}"
        );
        let headers = [("X-Notion-Signature", bad)];
        assert_eq!(
            bench.send("/notion", &headers, body.as_bytes()),
            401,
            "{bad}"
        );
    }
    assert_eq!(
        bench.send("/github", &[("X-GitHub-Event", "issues")], body.as_bytes()),
        401,
        "none"
    );
    assert_eq!(bench.send("/notion", &[], body.as_bytes()), 401, "none");
    // Twice: which one counts?
    let twice = [
        ("X-Hub-Signature-256", right.as_str()),
        ("X-Hub-Signature-256", &flipped),
    ];
    assert_eq!(bench.send("/github", &twice, body.as_bytes()), 401);
    let cut = &body.as_bytes()[..body.len() - 1];
    assert_eq!(
        bench.send("/github", &github("issues", "d-1", &right), cut),
        401,
        "cut body"
    );
    // The secret of one service opens nothing at the other.
    assert_eq!(
        bench.send(
            "/notion",
            &[("X-Notion-Signature", &right)],
            body.as_bytes()
        ),
        401
    );
    assert!(!bench.has_hints());
    assert_eq!(bench.receiver.sizes(), (0, 0));
    assert_eq!(bench.told.lock().unwrap().len(), 2, "once for each service");
}

#[test]
fn a_replay_is_answered_and_not_acted_on() {
    let mut bench = Bench::start(limits());
    let body = issue("I_1", "o/r", 1);
    assert_eq!(bench.github("issues", "d-1", &body), 200);
    bench.hints();
    assert_eq!(bench.github("issues", "d-1", &body), 200, "sent again");
    assert_eq!(
        bench.github("issues", "d-other", &body),
        200,
        "under another name, which nobody signed"
    );
    assert_eq!(
        bench.github("issues", "d-1", &issue("I_2", "o/r", 2)),
        200,
        "another body under its name"
    );
    let event = page("e-1", "page.created", PAGE, SOURCE);
    assert!(!bench.has_hints());
    assert_eq!(bench.notion(&event), 200);
    bench.hints();
    let mut again = event;
    again["attempt_number"] = json!(2);
    assert_eq!(
        bench.notion(&again),
        200,
        "a second attempt has another body"
    );
    assert!(!bench.has_hints());
}

#[test]
fn a_service_without_a_secret_is_not_served() {
    let mut bench = Bench::with(limits(), None, None);
    let body = issue("I_1", "o/r", 1);
    assert_eq!(bench.github("issues", "d-1", &body), 503);
    assert_eq!(
        bench.notion(&page("e-1", "page.created", PAGE, SOURCE)),
        503
    );
    assert_eq!(bench.send("/", &[], b"{}"), 404);
    assert!(!bench.has_hints());
}
