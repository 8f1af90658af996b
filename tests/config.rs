//! The configuration: files and environment in, a `Config` or all problems out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulse_sync::config::{
    self, Config, EXAMPLE, Environment, Link, Located, Place, Problem, Severity, StoreChoice,
    Window, known_keys, load, locate, render_all,
};
use pulse_sync::core::plan::{NewPages, OnTrashed, ToPublic};
use pulse_sync::core::schedule::Timetable;
use pulse_sync::core::{Direction, FieldKey, Kind, Policy};
use pulse_sync::engine::Settings;
use secrecy::ExposeSecret;
use tracing::level_filters::LevelFilter;

const DAY: i64 = 86_400_000;
const DATABASE: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/config")
        .join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn nothing() -> Environment {
    Environment::default()
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().copied().collect()
}

fn loaded(text: &str) -> Config {
    load(text, "config.toml", &nothing())
        .unwrap_or_else(|problems| panic!("{}", render_all(&problems, false)))
}

fn valid(name: &str) -> Config {
    let all = files("valid");
    let (_, text) = all.iter().find(|(path, _)| path.ends_with(name)).unwrap();
    loaded(text)
}

fn refused(text: &str, env: &[(&str, &str)]) -> Vec<Problem> {
    load(text, "config.toml", &environment(env)).expect_err("this must be refused")
}

#[test]
fn valid_files_load() {
    for (path, text) in files("valid") {
        if let Err(problems) = load(&text, "config.toml", &nothing()) {
            panic!("{}:\n{}", path.display(), render_all(&problems, false));
        }
    }
}

#[test]
fn fields_are_placed_as_the_file_says() {
    use Direction::{Both, ToNotion};

    let config = valid("fields.toml");
    let mapping = config.links[0].mapping();
    let column = |kind: Kind, key: &FieldKey| {
        let mut bound = mapping.bound(kind).iter();
        let bound = bound.find(|bound| bound.field.key == *key)?;
        let name = bound.property.as_ref().map(|(name, _)| name.clone());
        Some((name.unwrap_or_default(), bound.field.direction))
    };
    let to = |name: &str, direction: Direction| Some((name.to_owned(), direction));
    assert_eq!(
        column(Kind::Issue, &FieldKey::MILESTONE),
        to("Sprint", Both)
    );
    assert_eq!(
        column(Kind::Pull, &FieldKey::MILESTONE),
        None,
        "off for one kind"
    );
    assert_eq!(column(Kind::Pull, &FieldKey::LABELS), to("Tags", ToNotion));
    assert_eq!(column(Kind::Issue, &FieldKey::BODY), to("", ToNotion));
    assert_eq!(column(Kind::Issue, &FieldKey::of("comments")), None);
    assert_eq!(
        column(Kind::Commit, &FieldKey::of("sha")),
        to("Hash", ToNotion)
    );
}

#[test]
fn a_profile_is_where_a_link_begins_and_labels_bring_policies() {
    let config = valid("strategies.toml");
    let policy = |at: usize, key: &FieldKey| {
        let mapping = config.links[at].mapping();
        mapping.field(Kind::Issue, key).unwrap().policy
    };
    let direction = |at: usize, key: &FieldKey| {
        let mapping = config.links[at].mapping();
        mapping.field(Kind::Issue, key).unwrap().direction
    };
    assert_eq!(policy(0, &FieldKey::STATE), Policy::Notion);
    assert_eq!(
        policy(0, &FieldKey::TITLE),
        Policy::Merge,
        "the link's own word"
    );
    assert_eq!(
        policy(0, &FieldKey::LABELS),
        Policy::Github,
        "the field's own word"
    );
    assert_eq!(policy(1, &FieldKey::BODY), Policy::Github);
    assert_eq!(direction(2, &FieldKey::BODY), Direction::ToNotion);
    assert_eq!(
        direction(2, &FieldKey::TITLE),
        Direction::Both,
        "switched back"
    );
    assert_eq!(config.links[2].new_pages, NewPages::Ignore);
    let rules = config.links[0].rules(&Settings::default()).by_label;
    let said: Vec<_> = rules
        .iter()
        .map(|rule| (rule.label.as_str(), rule.field.clone(), rule.policy))
        .collect();
    let expected = [
        ("team/lamp", Some(FieldKey::TITLE), Policy::Notion),
        ("team/la[mn]p", None, Policy::Merge),
        ("team/lam?", None, Policy::Notion),
        ("team/", None, Policy::Ask),
        ("team/*", None, Policy::Github),
        ("*/lamp*", None, Policy::Newest),
    ];
    assert_eq!(said, expected, "the most exact first");
}

/// Each invalid file has its whole output beside it; `BLESS=1` writes it anew.
#[test]
fn invalid_files_say_everything_that_is_wrong() {
    for (path, text) in files("invalid") {
        let problems = refused(&text, &[]);
        let output = render_all(&problems, false) + "\n";
        let expected = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &output).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(output, expected, "{}", path.display());
    }
}

#[test]
fn no_output_holds_a_secret_or_a_control_character() {
    for (path, text) in files("invalid").into_iter().chain(files("valid")) {
        let problems = match load(&text, "config.toml", &nothing()) {
            Ok(config) => {
                let shown = format!("{config:?}");
                assert!(!shown.contains("abcdefghij"), "{shown}");
                assert!(!shown.contains("nobody should see"), "{shown}");
                config.warnings
            }
            Err(problems) => problems,
        };
        let output = render_all(&problems, false) + &format!("{problems:?}");
        for secret in [
            "abcdefghijklmnop",
            "cdef0123456789abcdef01234567",
            "hunter2",
            "opaque-value",
            "nobody should",
            ":secret@",
        ] {
            assert!(!output.contains(secret), "{}: {output}", path.display());
        }
        assert!(!output.contains('\u{1b}'), "{}: {output}", path.display());
    }
}

#[test]
fn a_problem_names_line_column_and_the_nearest_key() {
    let text = format!("{}intervall = \"60s\"\n", "\n".repeat(10) + "[sync]\n");
    let problems = refused(&text, &[]);
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert!(matches!(
        &problem.place,
        Place::Line { line: 12, column: 1, file, .. } if file == "config.toml"
    ));
    let shown = problem.render(false);
    for part in [
        "error: unknown key `intervall`",
        "config.toml:12:1",
        "12 | intervall = \"60s\"",
        "^^^^^^^^^ did you mean `interval`?",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(problem.render(true).contains('\u{1b}'));
}

#[test]
fn one_link_says_everything() {
    let config = valid("one_link.toml");
    let mut expected = Link::standard(
        "work",
        vec!["octocat/hello-world".into(), "octocat/*".into()],
        DATABASE.into(),
    );
    expected.exclude = vec!["octocat/old-*".into(), "*/archive".into()];
    expected.kinds = vec![Kind::Issue];
    expected.new_pages = NewPages::All;
    expected.repository_for_new = Some("Octocat/Hello-World".into());
    expected.conflict = Policy::Newest;
    expected.commits_since = Window::All;
    // humantime's year has 365.25 days.
    expected.closed_since = Window::Last(31_557_600_000);
    expected.status.open = vec!["Todo".into()];
    expected.status.closed = vec!["Done".into(), "Dropped".into()];
    expected.public = ToPublic::Allow;
    expected.on_trashed_page = OnTrashed::Close;
    assert_eq!(config.links, [expected]);
    assert_eq!(config.warnings, []);
}

#[test]
fn a_link_takes_what_it_names_and_leaves_out_what_it_excludes() {
    let config = valid("one_link.toml");
    let link = &config.links[0];
    for (repository, taken) in [
        ("octocat/hello-world", true),
        ("OctoCat/New", true),
        ("octocat/old-one", false),
        ("octocat/Archive", false),
        ("octocat", false),
        ("other/hello-world", false),
    ] {
        assert_eq!(link.takes(repository), taken, "{repository}");
    }
    let rules = link.rules(&config.settings);
    assert_eq!(rules.new_repository.as_deref(), Some("Octocat/Hello-World"));
    assert_eq!(rules.refused_again, 5 * 3_600_000);
    assert!(
        !link.create_labels,
        "made on GitHub only where it is allowed"
    );
    assert_eq!(
        (rules.debounce, rules.revert_again, rules.newest_apart),
        (config.settings.debounce, DAY, 120_000)
    );
}

#[test]
fn services_and_settings_are_read() {
    let config = valid("two_links.toml");
    assert_eq!(config.github.api_url, "https://ghe.example.org/api/v3");
    assert_eq!(config.notion.api_url, "http://127.0.0.1:4000");
    assert_eq!(config.github.token_command.unwrap()[0], "op");
    assert_eq!(config.timetable.interval, 10_000);
    let expected = Settings {
        settle: 0,
        flight: 1_000,
        max_items: 16,
        ..Settings::default()
    };
    assert_eq!(config.settings, expected);
    assert_eq!(config.links.len(), 2);
    assert_eq!(
        config.warnings,
        [],
        "a short flight is fine for a local service"
    );
}

#[test]
fn the_pace_follows_the_plan_and_is_dropped_on_this_machine_only() {
    let standard = loaded("");
    assert_eq!(
        (standard.notion_per_minute, standard.github_limits),
        (180, true)
    );
    let business = loaded("[notion]\nrequests_per_minute = 600\n");
    assert_eq!(business.notion_per_minute, 600);

    let unpaced = "[github]\nrate_limits = false\n[notion]\nrequests_per_minute = 0\n";
    let problems = refused(unpaced, &[]);
    let shown = render_all(&problems, false);
    assert_eq!(problems.len(), 2, "{shown}");
    assert!(
        shown.contains("Notion cannot be asked without a pace"),
        "{shown}"
    );
    assert!(shown.contains("cannot be switched off"), "{shown}");
    let local = [
        ("GITHUB_API_URL", "https://github.example.org/api/v3"),
        ("NOTION_API_URL", "http://127.0.0.1:4000"),
    ];
    let config = load(unpaced, "config.toml", &environment(&local)).unwrap();
    assert_eq!((config.notion_per_minute, config.github_limits), (0, false));
    assert_eq!(
        refused(unpaced, &local[..1]).len(),
        1,
        "Notion is still the real one"
    );
}

#[test]
fn what_is_risky_is_a_warning_and_works() {
    let config = valid("warned.toml");
    let lines: Vec<_> = config
        .warnings
        .iter()
        .map(|problem| match problem.place {
            Place::Line { line, .. } => (problem.severity, line),
            _ => panic!("{problem:?}"),
        })
        .collect();
    let warning = Severity::Warning;
    assert_eq!(lines, [(warning, 2), (warning, 5), (warning, 8)]);
    assert!(
        config
            .github
            .token
            .unwrap()
            .expose_secret()
            .starts_with("ghp_")
    );
}

#[test]
fn a_file_with_windows_line_ends_and_a_mark_loads() {
    assert_eq!(valid("windows.toml").log_level, LevelFilter::DEBUG);
}

#[test]
fn the_environment_alone_makes_a_link() {
    let env = environment(&[
        ("GITHUB_USERNAME", "octocat"),
        ("NOTION_DATABASE_ID", "0123456789abcdef0123456789abcdef"),
        ("SYNC_INTERVAL", "60"),
        ("MAX_ITEMS_PER_SYNC", "7"),
        ("GITHUB_API_URL", "http://localhost:1/"),
        ("NOTION_API_URL", "http://[::1]:2"),
        ("MONGODB_DATABASE", "other"),
    ]);
    let config = load("", "config.toml", &env).unwrap();
    let expected = Link::standard("default", vec!["octocat/*".into()], DATABASE.into());
    assert_eq!(config.require_links().unwrap(), [expected]);
    assert_eq!(
        (config.timetable.interval, config.settings.max_items),
        (60_000, 7)
    );
    assert_eq!(config.github.api_url, "http://localhost:1");
    assert_eq!(config.notion.api_url, "http://[::1]:2");
    assert!(matches!(config.store, StoreChoice::Embedded(None)));
    assert_eq!(config.warnings, []);
}

#[test]
fn without_a_link_it_says_what_is_missing() {
    let env = environment(&[("GITHUB_USERNAME", "octocat"), ("NOTION_DATABASE_ID", "  ")]);
    let problem = load("", "config.toml", &env)
        .unwrap()
        .require_links()
        .unwrap_err();
    let shown = problem.render(false);
    assert!(shown.contains("set NOTION_DATABASE_ID, or"), "{shown}");
    let problem = loaded("").require_links().unwrap_err();
    let shown = problem.to_string();
    assert!(
        shown.contains("set GITHUB_USERNAME and NOTION_DATABASE_ID"),
        "{shown}"
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = "[github]\nusername = 'file'\napi_url = 'https://file.example.org'\n\
                [notion]\ndatabase = 'ffffffffffffffffffffffffffffffff'\n\
                [sync]\ninterval = '2h'\nmax_items = 3\n[store]\npath = '/file.db'\n";
    let config = loaded(text);
    assert_eq!(config.links[0].repositories, ["file/*"]);
    assert_eq!(
        (config.timetable.interval, config.settings.max_items),
        (7_200_000, 3)
    );
    assert!(
        matches!(&config.store, StoreChoice::Embedded(Some(path)) if *path == Path::new("/file.db"))
    );

    let env = environment(&[
        ("GITHUB_USERNAME", "env"),
        ("GITHUB_API_URL", "https://env.example.org"),
        ("NOTION_DATABASE_ID", DATABASE),
        ("SYNC_INTERVAL", "3600"),
        ("MAX_ITEMS_PER_SYNC", "4"),
        ("MONGODB_URI", "mongodb://localhost"),
    ]);
    let config = load(text, "config.toml", &env).unwrap();
    assert_eq!(config.links[0].repositories, ["env/*"]);
    assert_eq!(config.links[0].database, DATABASE);
    assert_eq!(config.github.api_url, "https://env.example.org");
    assert_eq!(
        (config.timetable.interval, config.settings.max_items),
        (3_600_000, 4)
    );
    let StoreChoice::Mongo { database, .. } = &config.store else {
        panic!("{:?}", config.store)
    };
    assert_eq!(database, "pulse");
}

#[test]
fn a_link_without_a_database_takes_the_shared_one() {
    let text = "[[link]]\nname = 'a'\nrepositories = ['octocat/a']\n";
    let env = environment(&[("NOTION_DATABASE_ID", DATABASE)]);
    let config = load(text, "config.toml", &env).unwrap();
    assert_eq!(config.links[0].database, DATABASE);
    assert_eq!(config.warnings, []);
    assert_eq!(refused(text, &[]).len(), 1);
}

#[test]
fn variables_without_effect_are_told() {
    let text = format!("[[link]]\nname='a'\nrepositories=['o/a']\ndatabase='{DATABASE}'\n");
    let env = environment(&[("GITHUB_USERNAME", "o"), ("NOTION_DATABASE_ID", DATABASE)]);
    let config = load(&text, "config.toml", &env).unwrap();
    let places: Vec<_> = config
        .warnings
        .iter()
        .map(|problem| &problem.place)
        .collect();
    let expected = ["GITHUB_USERNAME", "NOTION_DATABASE_ID"].map(Place::Variable);
    assert_eq!(places, expected.iter().collect::<Vec<_>>());
}

#[test]
fn wrong_variables_are_named_all_at_once_and_not_shown() {
    let problems = refused(
        "[sync]\nx = 1\n",
        &[
            ("GITHUB_USERNAME", "-/-"),
            ("GITHUB_API_URL", "http://example.org/hunter2"),
            ("NOTION_API_URL", "ftp://example.org"),
            ("NOTION_DATABASE_ID", "hunter2"),
            ("MONGODB_URI", "hunter2"),
            ("SYNC_INTERVAL", "9"),
            ("MAX_ITEMS_PER_SYNC", "-1"),
        ],
    );
    let output = render_all(&problems, false);
    for name in [
        "GITHUB_USERNAME",
        "GITHUB_API_URL",
        "NOTION_API_URL",
        "NOTION_DATABASE_ID",
        "MONGODB_URI",
        "SYNC_INTERVAL",
        "MAX_ITEMS_PER_SYNC",
    ] {
        assert!(
            output.contains(&format!("environment variable {name}")),
            "{output}"
        );
    }
    assert!(output.ends_with("8 errors"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[test]
fn the_example_holds_the_defaults() {
    let config = loaded(EXAMPLE);
    let standard = Config::standard("config.toml");
    let mut link = Link::standard("default", vec!["octocat/*".into()], DATABASE.into());
    assert_eq!(config.links, [link.clone()]);
    assert_eq!(link.commits_since, Window::Last(90 * DAY));
    assert_eq!(config.settings, standard.settings);
    assert_eq!(config.timetable, standard.timetable);
    assert_eq!(config.log_level, standard.log_level);
    assert_eq!(config.github.api_url, standard.github.api_url);
    assert_eq!(config.notion.api_url, standard.notion.api_url);
    assert!(matches!(config.store, StoreChoice::Embedded(None)));
    assert_eq!((config.username, config.database), (None, None));
    assert_eq!(config.warnings, []);
    // A key at its default that is left out means the same.
    link.name = "short".into();
    let short = format!(
        "[[link]]\nname = 'short'\nrepositories = ['octocat/*']\ndatabase = '{DATABASE}'\n"
    );
    assert_eq!(loaded(&short).links, [link]);
}

#[test]
fn fields_have_policies_of_their_own() {
    let link =
        format!("[[link]]\nname = 'one'\nrepositories = ['octocat/*']\ndatabase = '{DATABASE}'\n");
    let text = format!(
        "{link}conflict = 'newest'\n[link.conflicts]\ntitle = 'github'\nlabels = 'notion'\n\
         [link.conflicts.pull_request]\ntitle = 'ask'\n"
    );
    let mapping = loaded(&text).links[0].mapping();
    let policy = |kind, key: &FieldKey| mapping.field(kind, key).unwrap().policy;
    assert_eq!(policy(Kind::Issue, &FieldKey::TITLE), Policy::Github);
    assert_eq!(policy(Kind::Pull, &FieldKey::TITLE), Policy::Ask);
    assert_eq!(policy(Kind::Pull, &FieldKey::LABELS), Policy::Notion);
    assert_eq!(policy(Kind::Issue, &FieldKey::BODY), Policy::Newest);
    // Every field that may be named flows both ways, and all that do may be named.
    for kind in [Kind::Issue, Kind::Pull, Kind::Commit] {
        for field in mapping.fields(kind) {
            let is_both = field.direction == Direction::Both;
            assert_eq!(
                is_both,
                FieldKey::BOTH_WAYS.contains(&field.key) && kind != Kind::Commit,
                "{kind:?} {field:?}"
            );
        }
    }
}

#[test]
fn the_schedule_is_read() {
    let text = "[schedule]\nmemory_percent = 50\ncpu_percent = 80\ncpu_leave_percent = 20\n\
                longest_deferral = 2\nown_memory_mb = 64\njitter_percent = 0\ncheck_again = '1m'\n\
                attention = '10s'\n";
    let timetable = loaded(text).timetable;
    let standard = Timetable::every(3_600_000);
    // Where only the upper threshold is said, the lower one stays below it.
    assert_eq!((timetable.memory.enter, timetable.memory.leave), (0.5, 0.4));
    assert_eq!((timetable.cpu.enter, timetable.cpu.leave), (0.8, 0.2));
    let expected = Timetable {
        memory: timetable.memory,
        cpu: timetable.cpu,
        longest: 2,
        ceiling: 64 << 20,
        jitter: 0,
        check_again: 60_000,
        attention: 10_000,
        ..standard
    };
    assert_eq!(timetable, expected);
}

/// The example's keys, `section.key`, those behind `# ` included; and its text with these switched on.
fn example_keys() -> (BTreeSet<String>, String) {
    let mut keys = BTreeSet::new();
    let mut section = String::new();
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let key = bare.split(" = ").next().unwrap();
        let is_key =
            bare.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if line.starts_with('[') {
            line.trim_matches(['[', ']']).clone_into(&mut section);
            keys.insert(section.clone());
        } else if is_key {
            assert!(
                keys.insert(format!("{section}.{key}")),
                "{key} occurs twice"
            );
        }
        text += if is_key { bare } else { line };
        text.push('\n');
    }
    (keys, text)
}

#[test]
fn the_example_has_every_key_and_no_other() {
    let (keys, text) = example_keys();
    // Fields take the place of keys there; one stands for all of them.
    let own = ["link.conflicts.", "link.fields.", "link.constants."];
    let is_own = |key: &String| !own.iter().any(|own| key.starts_with(own));
    let known: BTreeSet<String> = known_keys().into_iter().filter(is_own).collect();
    let keys: BTreeSet<String> = keys.into_iter().filter(is_own).collect();
    assert_eq!(keys, known);
    let text = text.replace("path = \"/var", "# path = \"/var");
    let config = loaded(&text);
    assert_eq!(config.warnings.len(), 2, "one for each token");
    assert_eq!(config.username.as_deref(), Some("octocat"));
}

#[test]
fn every_key_of_the_example_has_a_comment() {
    let lines: Vec<_> = EXAMPLE.lines().collect();
    for pair in lines.windows(2) {
        if pair[1].contains(" = ") {
            assert!(pair[0].starts_with("# "), "no comment above: {}", pair[1]);
        }
    }
}

#[test]
fn every_setting_of_the_engine_is_a_key() {
    let shown = format!("{:?}", Settings::default());
    let fields = shown.split(['{', ',']).skip(1);
    let names: BTreeSet<_> = fields
        .map(|field| field.split(':').next().unwrap().trim())
        .map(|name| match name {
            "max_items" => "sync.max_items".to_owned(),
            name if name.ends_with("_days") => format!("retention.{name}"),
            name => format!("advanced.{name}"),
        })
        .collect();
    let missing: Vec<_> = names.difference(&known_keys()).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(names.len() > 20);
}

#[test]
fn the_file_is_found_by_flag_then_variable_then_folder() {
    let folder = Path::new("folder");
    let env = environment(&[("PULSE_SYNC_CONFIG", "by_env.toml")]);
    let flag = locate(Some(Path::new("by_flag.toml")), &env, folder);
    assert_eq!((flag.path, flag.required), ("by_flag.toml".into(), true));
    let variable = locate(None, &env, folder);
    assert_eq!(
        (variable.path, variable.required),
        ("by_env.toml".into(), true)
    );
    let usual = locate(None, &nothing(), folder);
    assert_eq!(
        (usual.path, usual.required),
        (folder.join("config.toml"), false)
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_only_if_it_was_named() {
    let folder = std::env::temp_dir().join(format!("pulse-sync-config-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let usual = locate(None, &nothing(), &folder);
    assert!(config::read(&usual, &nothing()).unwrap().links.is_empty());

    let named = locate(Some(&folder.join("none.toml")), &nothing(), &folder);
    let problems = config::read(&named, &nothing()).unwrap_err();
    let shown = render_all(&problems, false);
    assert!(
        shown.contains("none.toml") && shown.contains("--config"),
        "{shown}"
    );

    let named = locate(Some(&folder), &nothing(), &folder);
    assert_eq!(
        config::read(&named, &nothing()).unwrap_err().len(),
        1,
        "a folder"
    );

    fs::write(folder.join("config.toml"), b"[log]\nlevel = \"\xff\"\n").unwrap();
    let problems = config::read(&usual, &nothing()).unwrap_err();
    assert!(
        matches!(
            problems[0].place,
            Place::Line {
                line: 2,
                column: 10,
                ..
            }
        ),
        "{problems:?}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

/// No text makes the loader panic, and what it says about any text can be shown.
#[test]
fn garbage_is_refused_without_a_panic() {
    let good = files("invalid").into_iter().chain(files("valid"));
    for (_, text) in good {
        let bytes = text.as_bytes();
        for cut in (0..bytes.len()).step_by(7) {
            for junk in [
                &b""[..],
                b"\"",
                b"[[",
                b"= =",
                b"\xf0\x9f\x92\xa9",
                b"\0",
                b"\r",
            ] {
                let mut bytes = bytes.to_vec();
                bytes.splice(cut..(cut + 3).min(bytes.len()), junk.iter().copied());
                let text = String::from_utf8_lossy(&bytes);
                if let Err(problems) = load(&text, "config.toml", &nothing()) {
                    assert!(!problems.is_empty());
                    assert!(!render_all(&problems, false).is_empty());
                }
            }
        }
    }
}

/// The database's name for an address, a variable and a key.
fn database(uri: &str, variable: Option<&str>, key: Option<&str>) -> String {
    let mut env = vec![("MONGODB_URI", uri)];
    env.extend(variable.map(|name| ("MONGODB_DATABASE", name)));
    let text = key.map(|name| format!("[store]\ndatabase = {name:?}\n"));
    let config = load(&text.unwrap_or_default(), "", &environment(&env)).unwrap();
    match config.store {
        StoreChoice::Mongo { database, .. } => database,
        StoreChoice::Embedded(_) => panic!("{uri} is MongoDB"),
    }
}

#[test]
fn the_database_is_named_by_variable_then_key_then_address() {
    let named = "mongodb://ada:p%2Fw@localhost:1,localhost:2/team?replicaSet=rs0";
    assert_eq!(database(named, Some("one"), Some("two")), "one");
    assert_eq!(database(named, None, Some("two")), "two");
    assert_eq!(database(named, None, None), "team");
    assert_eq!(
        database("mongodb+srv://a:b@c.example.org/our%20work", None, None),
        "our work"
    );
    for none in [
        "mongodb://localhost",
        "mongodb://localhost/",
        "mongodb://localhost/?tls=false",
        // Where the user is known, not where the memory is.
        "mongodb://ada:pw@localhost/admin?x=/team",
        "mongodb://ada:a/b@localhost",
    ] {
        assert_eq!(database(none, None, None), "pulse", "{none}");
    }
}

/// Some editors put a mark of the encoding first.
#[test]
fn a_file_may_begin_with_a_mark_of_its_encoding() {
    let path = std::env::temp_dir().join(format!("pulse-sync-mark-{}.toml", std::process::id()));
    fs::write(&path, "\u{feff}[sync]\ninterval = \"5m\"\n").unwrap();
    let located = Located {
        path: path.clone(),
        required: true,
    };
    let read = pulse_sync::config::read(&located, &nothing());
    fs::remove_file(&path).unwrap();
    let config = read.unwrap_or_else(|problems| panic!("{}", render_all(&problems, false)));
    assert_eq!(config.timetable.interval, 300_000);
}
