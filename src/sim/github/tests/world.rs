//! Loading worlds.

use super::*;

#[test]
fn a_world_keeps_numbers_ids_and_times() {
    let world = r#"{"kind":"pr","src":"app","number":5,"title":"Mend","created_at":"2020-01-02T03:04:05Z","base":"master","head":"fix","merged_at":"2020-01-03T00:00:00Z","state":"closed","additions":3,"n_comments":9,"unknown":{"a":1},"author":"zoe"}

{"kind":"issue","src":"app","number":9,"title":"Broken","body":null,"state":"open","labels":[{"name":"bug","color":"FC2929"}],"assignees":["yan"],"milestone":"v1","created_at":"2020-01-01T00:00:00Z","updated_at":"2020-02-01T00:00:00Z"}
{"kind":"commit","src":"app","sha":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","parents":[],"author":"zoe","committed_at":"2020-01-02T00:00:00Z","message":"two"}
{"kind":"commit","src":"app","sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","parents":[],"author":"zoe","committed_at":"2020-01-01T00:00:00Z","message":"one"}
{"kind":"issue","src":"lib","number":9,"title":"Same number","created_at":"2020-01-01T00:00:00Z"}"#;
    let mut hub = Hub::new();
    let loaded = hub.load(T0, "octo", world.as_bytes()).unwrap();
    let repos = names(&["octo/app", "octo/lib"]);
    assert_eq!(
        loaded,
        Loaded {
            repos,
            issues: 2,
            pulls: 1,
            commits: 2
        }
    );
    let repo = hub.repo("octo/app").unwrap();
    assert_eq!(repo.default_branch, "master");
    let pull = &repo.issues[&5];
    assert_eq!(
        (timestamp(pull.created_at).as_str(), pull.comments),
        ("2020-01-02T03:04:05Z", 9)
    );
    assert!(pull.is_merged() && pull.closed_at.is_some());
    let broken = &repo.issues[&9];
    assert_eq!(
        (repo.label_names(broken), broken.milestone),
        (vec!["bug"], Some(1))
    );
    assert_eq!(
        broken.updated_at,
        parse_timestamp("2020-02-01T00:00:00Z").unwrap()
    );
    let commits = repo.list_commits(&CommitQuery::default()).unwrap();
    assert_eq!(
        commits
            .iter()
            .map(|c| c.message.as_str())
            .collect::<Vec<_>>(),
        ["two", "one"]
    );
    assert_eq!(
        hub.create_issue(T0, "octo", "octo/app", titled("new"))
            .unwrap()
            .number,
        10
    );
}

#[test]
fn a_world_may_begin_with_a_mark_of_its_encoding() {
    let world = "\u{feff}{\"kind\":\"issue\",\"src\":\"app\",\"number\":1,\"title\":\"One\",\
                 \"created_at\":\"2020-01-01T00:00:00Z\"}";
    let loaded = Hub::new().load(T0, "octo", world.as_bytes()).unwrap();
    assert_eq!(loaded.issues, 1);
}

#[test]
fn a_bad_world_line_is_named() {
    let ok =
        r#"{"kind":"issue","src":"a","number":1,"title":"t","created_at":"2020-01-01T00:00:00Z"}"#;
    for (bad, cause) in [
        ("{\"kind\":", "EOF"),
        (r#"{"kind":"wiki","src":"a"}"#, "unknown variant `wiki`"),
        (
            r#"{"kind":"issue","src":"a","title":"t","created_at":"2020-01-01T00:00:00Z"}"#,
            "number",
        ),
        (
            r#"{"kind":"issue","src":"a","number":2,"title":"t","created_at":"monday"}"#,
            "monday",
        ),
        (
            r#"{"kind":"commit","src":"a","sha":"12","committed_at":"2020-01-01T00:00:00Z"}"#,
            "12",
        ),
        (ok, "number 1 is taken"),
    ] {
        let error = Hub::new()
            .load(T0, "octo", format!("{ok}\n\n{bad}\n").as_bytes())
            .unwrap_err();
        assert_eq!(error.line, 3, "{error}");
        assert!(error.to_string().contains(cause), "{error}");
    }
}
