//! Which database: one that is shared with the integration, or a new one below a page.

use anyhow::bail;

use super::ask::Asker;
use super::tokens::{Reached, failed};
use crate::cli::args::InitOptions;
use crate::config::Link;
use crate::remote::notion::survey::{self, Made, Place, Source, VIEWS};
use crate::remote::notion::target::parse_target;
use crate::shown::Shown;
use crate::ui::text::counted;

/// What a new database is called unless somebody says otherwise.
const TITLE: &str = "Development";
/// So many are shown.
const SHOWN: usize = 30;
const HOW_TO_SHARE: &str = "open the database (or a page for a new one) in Notion, choose ••• > Connections, and add the \
                            integration; then start `pulse-sync init` again";

/// What was chosen.
pub enum Chosen {
    /// One that is there, by its id.
    There(String),
    /// A new one, made when everything else is known.
    New {
        /// The page it is made below.
        below: Place,
        /// What it is called.
        title: String,
    },
}

/// Chooses; nothing is made yet.
pub async fn choose(
    asker: &Asker,
    reached: &Reached,
    options: &InitOptions,
) -> anyhow::Result<Chosen> {
    if let Some(text) = &options.database {
        return Ok(Chosen::There(
            parse_target(text).map_err(|e| failed(&e, None))?,
        ));
    }
    let title = options.title.clone();
    if let Some(page) = &options.create_under {
        let id = parse_target(page).map_err(|error| failed(&error, None))?;
        return new(asker, reached, Some(id), title).await;
    }
    let sources = survey::sources(&reached.notion)
        .await
        .map_err(|error| failed(&error, None))?;
    if sources.is_empty() {
        say!("\nNo Notion database is shared with this integration.");
        if !asker.is_terminal() {
            bail!("no database is shared: {HOW_TO_SHARE}; or make one with --create-under PAGE");
        }
        return new(asker, reached, None, title).await;
    }
    if !asker.is_terminal() {
        bail!(
            "which database is not said; use --database ID, one of: {}, or --create-under PAGE",
            names(&sources)
        );
    }
    say!("\nDatabases that are shared with this integration:");
    for (at, source) in sources.iter().take(SHOWN).enumerate() {
        say!(
            "  {:>3}  {}  ({})",
            at + 1,
            Shown::line(&source.title),
            counted(source.properties, "property")
        );
    }
    loop {
        let question = "Which? A number, an address or id, or `new` to make one:";
        let answer = asker.line(question, "--database or --create-under")?;
        if answer.eq_ignore_ascii_case("new") {
            return new(asker, reached, None, title).await;
        }
        let number = answer.parse::<usize>().ok();
        let listed = number.and_then(|number| sources.get(number.checked_sub(1)?));
        if let Some(source) = listed {
            return Ok(Chosen::There(target(source, &sources)));
        }
        match parse_target(&answer) {
            Ok(id) => return Ok(Chosen::There(id)),
            Err(error) => say!("{}", Shown::line(&error.to_string())),
        }
    }
}

/// What the configuration says of a data source: its database, which has an address; itself where that has several.
fn target(source: &Source, all: &[Source]) -> String {
    let of_one = all.iter().filter(|one| one.database == source.database);
    if of_one.count() == 1 {
        source.database.clone()
    } else {
        source.id.clone()
    }
}

fn names(sources: &[Source]) -> String {
    let named = sources
        .iter()
        .take(SHOWN)
        .map(|source| format!("\"{}\" {}", source.title, target(source, sources)));
    named.collect::<Vec<_>>().join(", ")
}

async fn new(
    asker: &Asker,
    reached: &Reached,
    below: Option<String>,
    title: Option<String>,
) -> anyhow::Result<Chosen> {
    let places = survey::places(&reached.notion)
        .await
        .map_err(|error| failed(&error, None))?;
    let below = match below {
        Some(id) => {
            let known = places.iter().find(|place| place.id == id).cloned();
            known.unwrap_or(Place {
                id,
                title: "that page".to_owned(),
            })
        }
        None => ask_place(asker, &places)?,
    };
    let title = match title {
        Some(title) => title,
        None if asker.is_terminal() => {
            let said = asker.line(&format!("What is it called? (empty: {TITLE})"), "--title")?;
            if said.is_empty() {
                TITLE.to_owned()
            } else {
                said
            }
        }
        None => TITLE.to_owned(),
    };
    Ok(Chosen::New { below, title })
}

fn ask_place(asker: &Asker, places: &[Place]) -> anyhow::Result<Place> {
    if places.is_empty() {
        bail!("no page is shared with this integration either: {HOW_TO_SHARE}");
    }
    say!("A new database is made below a page that is shared with this integration:");
    for (at, place) in places.iter().take(SHOWN).enumerate() {
        say!("  {:>3}  {}", at + 1, Shown::line(&place.title));
    }
    loop {
        let answer = asker.line("Below which? A number:", "--create-under")?;
        let number = answer.parse::<usize>().ok();
        match number.and_then(|number| places.get(number.checked_sub(1)?)) {
            Some(place) => return Ok(place.clone()),
            None => say!("There is no {} in the list.", Shown::line(&answer)),
        }
    }
}

/// Makes the new database with its properties and views.
pub async fn make(
    reached: &Reached,
    (below, title): (&Place, &str),
    link: &Link,
) -> anyhow::Result<Made> {
    let mapping = link.mapping();
    let made = survey::create_database(&reached.notion, &below.id, title, &mapping)
        .await
        .map_err(|error| failed(&error, None))?;
    say!(
        "Made the database \"{}\": {}",
        Shown::line(title),
        Shown::line(&made.url)
    );
    if made.plain_status {
        say!(
            "  Notion would not make `Status` a status; it is a select, which works the same here."
        );
    }
    let failed = survey::create_views(&reached.notion, &made, &link.status.closed).await;
    let is_made = |name: &&&str| !failed.iter().any(|(failed, _)| *failed == **name);
    let there: Vec<&str> = VIEWS.iter().filter(is_made).copied().collect();
    if !there.is_empty() {
        say!("  with the views {}", there.join(", "));
    }
    for (name, error) in failed {
        say!(
            "  Notion would not make the view \"{name}\": {}",
            Shown::line(&error.to_string())
        );
        say!("    by hand: {}", by_hand(name));
    }
    Ok(made)
}

/// How a view is added in Notion.
fn by_hand(view: &str) -> &'static str {
    match view {
        name if name == VIEWS[0] => "+ beside the views, Board, Group by: Status",
        name if name == VIEWS[1] => {
            "+ beside the views, Table, Filter: Kind is Issue, Status is not Done"
        }
        _ => "+ beside the views, Table, Filter: Kind is Pull request",
    }
}
