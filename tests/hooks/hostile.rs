//! Bodies that nobody honest sends: too large, too slow, too deep, of wrong types, with words that command a terminal.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use pulse_sync::hooks::Limits;
use serde_json::json;

use super::bench::{Bench, SECRET, github, head, issue, limits, sign, status};

#[test]
fn a_giant_body_is_refused_told_or_not() {
    let bench = Bench::start(Limits {
        body: 10_000,
        ..limits()
    });
    let mut stream = TcpStream::connect(bench.address()).unwrap();
    let giant = head("/github", &[], 25_000_000);
    stream.write_all(giant.as_bytes()).unwrap();
    assert_eq!(status(&mut stream), 413, "by what it says of itself");
    let mut stream = TcpStream::connect(bench.address()).unwrap();
    let head = "POST /github HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // Nothing says how much is to come.
    let chunk = format!("2710\r\n{}\r\n", "x".repeat(10_000));
    stream.write_all(chunk.as_bytes()).unwrap();
    stream.write_all(b"1\r\nx\r\n").unwrap();
    assert_eq!(status(&mut stream), 413, "by what came");
    let mut large = issue("I_1", "o/r", 1);
    large["issue"]["body"] = json!("x".repeat(8_000));
    assert_eq!(
        bench.github("issues", "d-1", &large),
        200,
        "within the bounds"
    );
}

#[test]
fn slow_ones_are_let_go_and_do_not_keep_others_out() {
    let mut bench = Bench::start(Limits {
        body_time: Duration::from_millis(100),
        connection_time: Duration::from_millis(300),
        connections: 3,
        ..limits()
    });
    let connect = || TcpStream::connect(bench.address()).unwrap();
    // One never says a word, one stops in its head, one in its body.
    let (silent, mut in_head, mut in_body) = (connect(), connect(), connect());
    in_head.write_all(b"POST /github HTT").unwrap();
    in_body
        .write_all(head("/github", &[], 100).as_bytes())
        .unwrap();
    in_body.write_all(b"{").unwrap();
    assert_eq!(bench.github("issues", "d-1", &issue("I_1", "o/r", 1)), 200);
    assert_eq!(status(&mut in_body), 408);
    assert_eq!(status(&mut in_head), 0, "no answer to half a question");
    drop(silent);
    // It comes after one that nobody could read, so everything is meant.
    assert!(bench.hints().all);
}

#[test]
fn a_body_that_ends_early_is_refused() {
    let bench = Bench::start(limits());
    let mut stream = TcpStream::connect(bench.address()).unwrap();
    let body = issue("I_1", "o/r", 1).to_string();
    let signed = sign(SECRET, body.as_bytes());
    let head = head("/github", &github("issues", "d-1", &signed), body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream
        .write_all(&body.as_bytes()[..body.len() / 2])
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_ne!(status(&mut stream), 200);
    assert_eq!(bench.receiver.sizes(), (0, 0));
}

#[test]
fn a_right_signature_makes_no_nonsense_right() {
    let bench = Bench::start(limits());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let in_issue = format!(r#"{{"issue": {{"x": {deep}}}}}"#);
    let bodies = [
        "",
        "null x",
        "7",
        "[]",
        "\"issue\"",
        &deep,
        "\u{0}",
        "{\"issue\": 7}",
        r#"{"issue": {"node_id": {"a": 1}}}"#,
        r#"{"repository": "o/r"}"#,
        r#"{"repository": {"full_name": [1]}}"#,
        "payload=%7B%7D",
        "{\"issue\": {\"node_id\": \"\u{7}\"}}",
    ];
    for (at, body) in bodies.into_iter().enumerate() {
        let signed = sign(SECRET, body.as_bytes());
        let id = format!("d-{at}");
        let code = bench.send("/github", &github("issues", &id, &signed), body.as_bytes());
        assert_eq!(code, 400, "{}", &body[..body.len().min(50)]);
    }
    assert_eq!(bench.send("/github", &[], &[0xff, 0xfe]), 401);
    assert_eq!(bench.receiver.sizes(), (0, 0));
    // What is not read is skipped, however deep.
    let signed = sign(SECRET, in_issue.as_bytes());
    let headers = github("issues", "d", &signed);
    assert_eq!(bench.send("/github", &headers, in_issue.as_bytes()), 200);
}

#[test]
fn names_that_are_none_are_left_out() {
    let mut bench = Bench::start(limits());
    let long = "x".repeat(100_000);
    let names = [
        "\u{1b}]0;owned\u{7}",
        "a\nb",
        "",
        "\u{202e}",
        &long,
        "../../etc",
        "o/r\u{0}",
        "o/../r",
    ];
    for (at, bad) in names.into_iter().enumerate() {
        let mut body = issue(bad, bad, 1);
        body["number"] = json!(-1);
        // These two are of a right form, and no harm: they are looked for, and not found.
        assert_eq!(bench.github("issues", &format!("d-{at}"), &body), 200);
        let mut event = super::bench::page(&format!("e-{at}"), "page.created", bad, bad);
        event["data"]["parent"]["id"] = json!("\u{1b}[2J");
        assert_eq!(bench.notion(&event), 200);
    }
    let hints = bench.hints();
    let objects = hints.objects.iter().flat_map(|side| side.keys());
    for name in objects.chain(&hints.places) {
        assert!(
            name.is_ascii() && name.len() <= 140 && !name.contains(|c: char| c.is_control()),
            "{name:?}"
        );
    }
    assert!(hints.objects[1].is_empty(), "no id of Notion");
}
