//! From a text and the environment to a [`Config`].

use std::collections::BTreeSet;
use std::path::PathBuf;

use secrecy::SecretString;
use toml::de::DeTable;

use super::model::{Config, Link, Service, StoreChoice};
use super::problem::{Place, Problem, Severity};
use super::section::{Fault, Section, Source};
use super::{DATABASE, Environment, GITHUB_API, advanced, hooks, link, schedule, screen, words};

/// The link that the environment alone makes.
const DEFAULT_LINK: &str = "default";

/// Reads a configuration from the text of the file named `file` (empty for a missing one) and the environment, which
/// wins. Warnings are in [`Config::warnings`].
///
/// # Errors
/// Every problem found, errors and warnings, by place.
pub fn load(text: &str, file: &str, env: &Environment) -> Result<Config, Vec<Problem>> {
    read(text, file, env).0
}

/// Every key that is understood, `section.key`, in alphabetical order; the keys of `[[link]]` begin with `link.`.
pub fn known_keys() -> BTreeSet<String> {
    read("[[link]]\n", "", &Environment::default()).1
}

fn read(
    text: &str,
    file: &str,
    env: &Environment,
) -> (Result<Config, Vec<Problem>>, BTreeSet<String>) {
    let source = Source::new(file, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        source.report(source.problem(&span, format!("not TOML: {message}")));
    }
    let mut config = Config::standard(file);
    let root = Section::root(&source, table.get_ref());
    let used = sections(root, env, &mut config);
    unused(&source, env, &config, &used);
    let (mut problems, known) = source.into_parts();
    if !errors.is_empty() {
        // What a broken line was read as is a guess: only what stands elsewhere is worth reporting.
        let broken: BTreeSet<_> = problems[..errors.len()].iter().filter_map(line).collect();
        let mut at = 0;
        problems.retain(|problem| {
            at += 1;
            at <= errors.len() || line(problem).is_none_or(|line| !broken.contains(&line))
        });
    }
    problems.sort_by_key(|problem| (line(problem).is_none(), line(problem)));
    problems.dedup();
    if problems.iter().any(|p| p.severity == Severity::Error) {
        return (Err(problems), known);
    }
    config.warnings = problems;
    (Ok(config), known)
}

fn line(problem: &Problem) -> Option<(usize, usize)> {
    match problem.place {
        Place::Line { line, .. } => Some((line, 0)),
        _ => None,
    }
}

/// What of the shared values the links made use of.
struct Used {
    username: bool,
    database: bool,
}

fn sections(mut root: Section<'_, '_>, env: &Environment, config: &mut Config) -> Used {
    github(root.table("github"), env, config);
    notion(root.table("notion"), env, config);
    sync(root.table("sync"), env, config);
    store(root.table("store"), env, config);
    let mut log = root.table("log");
    if let Some(level) = log.choice("level") {
        config.log_level = level;
    }
    log.finish();
    advanced::read(root.table("advanced"), config);
    schedule::read(root.table("schedule"), config);
    retention(root.table("retention"), config);
    hooks::read(root.table("webhooks"), config);
    screen::read(root.table("screen"), &mut config.screen);
    screen::keys(root.table("keys"), &mut config.screen);

    let source = root.source;
    let written = root.tables("link");
    let any = !written.is_empty() || root.has("link");
    let mut own_database = true;
    let links: Vec<_> = written
        .into_iter()
        .filter_map(|section| {
            own_database &= section.has("database");
            link::read(section, config)
        })
        .collect();
    root.finish();
    link::check_all(source, &links);
    config.links = links.into_iter().map(|placed| placed.link).collect();
    if !any && let (Some(username), Some(database)) = (&config.username, &config.database) {
        let repositories = vec![format!("{username}/*")];
        let link = Link::standard(DEFAULT_LINK, repositories, database.clone());
        config.links.push(link);
        config.owner_from = Some(match env.get("GITHUB_USERNAME") {
            Some(_) => "GITHUB_USERNAME",
            None => "`username` of [github]",
        });
    }
    Used {
        username: !any,
        database: !any || !own_database,
    }
}

/// Says so when a variable has no effect, instead of leaving its owner to wonder.
fn unused(source: &Source<'_>, env: &Environment, config: &Config, used: &Used) {
    let variables = [
        (
            "GITHUB_USERNAME",
            used.username,
            "names its own repositories",
        ),
        (
            "NOTION_DATABASE_ID",
            used.database,
            "names its own database",
        ),
    ];
    for (name, is_used, why) in variables {
        if !is_used && env.get(name).is_some() {
            let message = format!("{name} has no effect: every link in {} {why}", config.file);
            source.report(Problem::new(Place::Variable(name), message).warning());
        }
    }
}

fn service(section: &mut Section<'_, '_>, service: &mut Service, variable: &'static str) {
    if let Some(url) = section.read("api_url", words::api_url) {
        service.api_url = url.value;
    }
    if let Some(command) = section.list("token_command", words::any) {
        if command.is_empty() {
            let fault = Fault::new("a command needs a program", "[\"program\", \"argument\"]");
            section.source.fault(&command.span, &fault);
        }
        let words = command.value.into_iter().map(|at| at.value).collect();
        service.token_command = Some(words);
    }
    if let Some(token) = section.text("token") {
        let message = "a token in this file can be read by whoever sees the file";
        let label = format!("better: {variable}, or `token_command`");
        let problem = section.source.problem(&token.span, message).warning();
        section.source.report(problem.label(label));
        service.token = Some(SecretString::from(token.value));
    }
}

fn github(mut section: Section<'_, '_>, env: &Environment, config: &mut Config) {
    let source = section.source;
    let written = section.read("username", words::login).map(|at| at.value);
    let variable = env.get("GITHUB_USERNAME");
    config.username = source
        .variable("GITHUB_USERNAME", variable, words::login)
        .or(written);
    service(&mut section, &mut config.github, "GITHUB_TOKEN");
    let url = env.get("GITHUB_API_URL");
    if let Some(url) = source.variable("GITHUB_API_URL", url, words::api_url) {
        config.github.api_url = url;
    }
    if let Some(limits) = section.flag_at("rate_limits") {
        config.github_limits = limits.value;
        if !limits.value && config.github.api_url == GITHUB_API {
            let fault = Fault::new(
                "GitHub's rate limits cannot be switched off",
                "`false` is for an Enterprise server without limits, or for this machine",
            );
            source.fault(&limits.span, &fault);
        }
    }
    section.finish();
}

fn notion(mut section: Section<'_, '_>, env: &Environment, config: &mut Config) {
    let source = section.source;
    let written = section.read("database", words::database).map(|at| at.value);
    let variable = env.get("NOTION_DATABASE_ID");
    config.database = source
        .variable("NOTION_DATABASE_ID", variable, words::database)
        .or(written);
    service(&mut section, &mut config.notion, "NOTION_TOKEN");
    let url = env.get("NOTION_API_URL");
    if let Some(url) = source.variable("NOTION_API_URL", url, words::api_url) {
        config.notion.api_url = url;
    }
    if let Some(most) = section.number_at("requests_per_minute", words::PER_MINUTE) {
        config.notion_per_minute = most.value;
        if most.value == 0 && !words::is_local(&config.notion.api_url) {
            let fault = Fault::new(
                "Notion cannot be asked without a pace",
                "0 is for a small Notion on this machine; write 180, or 600 on a business plan",
            );
            source.fault(&most.span, &fault);
        }
    }
    section.finish();
}

fn sync(mut section: Section<'_, '_>, env: &Environment, config: &mut Config) {
    let source = section.source;
    let written = section
        .duration("interval", words::interval)
        .map(|at| at.value);
    let variable = env.get("SYNC_INTERVAL");
    let interval = source.variable("SYNC_INTERVAL", variable, words::interval_seconds);
    if let Some(interval) = interval.or(written) {
        config.timetable.interval = interval;
    }
    let written = section.number("max_items", words::MAX_ITEMS);
    let variable = env.get("MAX_ITEMS_PER_SYNC");
    let items = source.variable("MAX_ITEMS_PER_SYNC", variable, words::max_items);
    if let Some(items) = items.or(written) {
        config.settings.max_items = items as usize;
    }
    section.finish();
}

/// How long the history is kept whole.
fn retention(mut section: Section<'_, '_>, config: &mut Config) {
    // A hundred years.
    let bounds = 0..=36_500;
    if let Some(days) = section.number("values_days", bounds.clone()) {
        config.settings.values_days = days;
    }
    if let Some(days) = section.number("runs_days", bounds) {
        config.settings.runs_days = days;
    }
    section.finish();
}

fn store(mut section: Section<'_, '_>, env: &Environment, config: &mut Config) {
    let source = section.source;
    let path = section.read("path", |text| {
        let path = PathBuf::from(text);
        if path.is_absolute() {
            Ok(path)
        } else {
            Err(Fault::new(
                "this path is relative",
                "write it from the root",
            ))
        }
    });
    let uri = section.read("uri", words::mongodb_uri);
    let database = section.read("database", words::filled).map(|at| at.value);
    section.finish();
    if let (Some(_), Some(uri)) = (&path, &uri) {
        let fault = Fault::new("both `path` and `uri` are given", "there is one store");
        source.fault(&uri.span, &fault);
    }
    let variable = env.get("MONGODB_URI");
    let uri = source
        .variable("MONGODB_URI", variable, words::mongodb_uri)
        .or(uri.map(|at| at.value));
    let database = env
        .get("MONGODB_DATABASE")
        .map(str::to_owned)
        .or(database)
        .or_else(|| words::database_of(uri.as_ref()?))
        .unwrap_or_else(|| DATABASE.to_owned());
    config.store = match uri {
        Some(uri) => StoreChoice::Mongo {
            uri: SecretString::from(uri),
            database,
        },
        None => StoreChoice::Embedded(path.map(|at| at.value)),
    };
}
