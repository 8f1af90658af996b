//! Which repositories: listed with what may be done there, chosen by number, name or pattern.

use glob::Pattern;

use super::ask::Asker;
use super::tokens::{Reached, failed};
use crate::remote::github::survey::{self, Listed};
use crate::shown::Shown;

/// So many are shown at once; a word narrows the list.
const SHOWN: usize = 30;

/// The repositories of the link: names, and patterns of one owner's.
pub async fn choose(
    asker: &Asker,
    reached: &Reached,
    given: &[String],
) -> anyhow::Result<Vec<String>> {
    let all = survey::repositories(&reached.github)
        .await
        .map_err(|error| failed(&error, None))?;
    let chosen = if given.is_empty() {
        ask(asker, &all)?
    } else {
        given.to_vec()
    };
    say!("Repositories: {}", Shown::line(&chosen.join(", ")));
    for repository in meant(&all, &chosen).take(SHOWN) {
        say!(
            "  {}  {}",
            Shown::line(&repository.name),
            rights(repository, reached)
        );
    }
    for name in chosen
        .iter()
        .filter(|name| meant(&all, std::slice::from_ref(name)).next().is_none())
    {
        say!(
            "  {}  is none of those that this account takes part in; it is read if it is public",
            Shown::line(name)
        );
    }
    Ok(chosen)
}

fn ask(asker: &Asker, all: &[Listed]) -> anyhow::Result<Vec<String>> {
    let mut shown: Vec<&Listed> = all.iter().collect();
    if asker.is_terminal() {
        say!("\nRepositories that this token's account takes part in:");
        list(&shown);
    }
    loop {
        let question =
            "Which? Numbers (1,3-5), names or patterns (owner/*); /word narrows the list:";
        let answer = asker.line(question, "--repositories")?;
        if let Some(word) = answer.strip_prefix('/') {
            let word = word.to_lowercase();
            let fits = |one: &&Listed| one.name.to_lowercase().contains(&word);
            shown = all.iter().filter(fits).collect();
            list(&shown);
            continue;
        }
        let names: Vec<&str> = shown.iter().map(|one| one.name.as_str()).collect();
        match read(&answer, &names) {
            Ok(chosen) => return Ok(chosen),
            Err(why) => say!("{}", Shown::line(&why)),
        }
    }
}

fn list(shown: &[&Listed]) {
    for (at, one) in shown.iter().take(SHOWN).enumerate() {
        say!("  {:>3}  {}{}", at + 1, Shown::line(&one.name), marks(one));
    }
    if shown.len() > SHOWN {
        say!("       and {} more", shown.len() - SHOWN);
    } else if shown.is_empty() {
        say!("       none");
    }
}

fn marks(one: &Listed) -> String {
    let marks = [
        (one.private, "private"),
        (one.fork, "fork"),
        (one.archived, "archived"),
        (!one.has_issues, "issues switched off"),
        (!one.may_push && !one.may_triage, "read only"),
    ];
    let marks: Vec<&str> = marks
        .into_iter()
        .filter_map(|(is, word)| is.then_some(word))
        .collect();
    if marks.is_empty() {
        String::new()
    } else {
        format!("  ({})", marks.join(", "))
    }
}

/// What may be done there, by what GitHub says of the account and of a classic token's scopes.
fn rights(one: &Listed, reached: &Reached) -> &'static str {
    if one.archived {
        return "archived: read only";
    }
    match (reached.viewer.may_write(), one.may_push, one.may_triage) {
        (Some(false), ..) => "the token's scopes let it read at most",
        (_, true, _) => "issues may be read and written",
        (_, false, true) => "read; labels, assignees and states may be written",
        (_, false, false) => "read only: edits made in Notion cannot be written back",
    }
}

/// The listed ones that names and patterns mean.
fn meant<'a>(all: &'a [Listed], chosen: &[String]) -> impl Iterator<Item = &'a Listed> {
    let patterns: Vec<Pattern> = chosen
        .iter()
        .filter_map(|text| Pattern::new(&text.to_lowercase()).ok())
        .collect();
    all.iter().filter(move |one| {
        let name = one.name.to_lowercase();
        patterns.iter().any(|pattern| pattern.matches(&name))
    })
}

/// Reads an answer: numbers of the list, ranges of them, names and patterns, with commas or blanks between.
fn read(answer: &str, shown: &[&str]) -> Result<Vec<String>, String> {
    let mut chosen: Vec<String> = Vec::new();
    for part in answer.split([',', ' ']).filter(|part| !part.is_empty()) {
        let found = if part.contains('/') {
            vec![part.to_owned()]
        } else {
            numbered(part, shown)?
        };
        for name in found {
            if !chosen.contains(&name) {
                chosen.push(name);
            }
        }
    }
    if chosen.is_empty() {
        return Err("choose at least one".to_owned());
    }
    Ok(chosen)
}

fn numbered(part: &str, shown: &[&str]) -> Result<Vec<String>, String> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number >= 1);
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last && last <= shown.len() => {
            let names = &shown[first - 1..last];
            Ok(names.iter().map(|name| (*name).to_owned()).collect())
        }
        (Some(_), Some(_)) => Err(format!("there is no {part} in the list")),
        _ => Err(format!(
            "`{part}` is no number of the list and no owner/name"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_numbers_ranges_names_and_patterns() {
        let shown = ["ada/a", "ada/b", "grace/c"];
        let ok = |text: &str| read(text, &shown);
        let names = |all: &[&str]| Ok(all.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(ok("1"), names(&["ada/a"]));
        assert_eq!(ok("3, 1-2"), names(&["grace/c", "ada/a", "ada/b"]));
        assert_eq!(ok("ada/* 3"), names(&["ada/*", "grace/c"]));
        assert_eq!(ok("1,1"), names(&["ada/a"]));
        for wrong in ["", "0", "4", "2-9", "2-1", "lantern", "-"] {
            assert!(ok(wrong).is_err(), "{wrong}");
        }
    }
}
