//! How the mapping fits a database that is there, shown on one real item.

use std::collections::BTreeSet;

use anyhow::anyhow;
use serde_json::Value as Json;

use super::paragraph;
use super::tokens::{Reached, failed};
use crate::cli::wire::selection;
use crate::config::Link;
use crate::core::codec::Said;
use crate::core::mapping::Bound;
use crate::core::{Class, Kind, Observation, PropertyKind};
use crate::remote::github::GithubRemote;
use crate::remote::http::Ask;
use crate::remote::notion::adopted::Adopted;
use crate::remote::notion::schema::{self, Column, Fit};
use crate::remote::notion::target::parse_target;
use crate::remote::notion::{NotionConfig, NotionRemote, property, wire};
use crate::remote::{ListFrom, Remote, RemoteError};
use crate::shown::Shown;
use crate::ui::text::width;

/// So many rows are asked for, to find an issue among them.
const ROWS: u8 = 30;
/// How like two names have to be to be mentioned, from 0 to 1.
const ALIKE: f64 = 0.8;
/// So wide is what a value shows.
const VALUE: usize = 40;

/// Where a property of the mapping stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// It is this column.
    Yours(String),
    /// It will be added, and perhaps there is a column of a similar name.
    Added(Option<Column>),
    /// A column has its name and the wrong type.
    Wrong(String),
}

/// Looks at the database and shows how it fits.
pub async fn show(reached: &Reached, link: &Link) -> anyhow::Result<()> {
    let (source, fit) = look(reached, link)
        .await
        .map_err(|error| failed(&error, None))?;
    let columns = schema::columns(&source)
        .ok_or_else(|| anyhow!("Notion's answer shows no properties of the database"))?;
    let title = property::plain_text(&source["title"]).unwrap_or_default();
    let sample = sample(reached, link).await;
    let item = match &sample {
        Some(item) => format!(", shown on {} \"{}\"", item.id.locator, item.title()),
        None => String::new(),
    };
    say!(
        "\nHow \"{}\" fits{}:",
        Shown::line(&title),
        Shown::line(&item)
    );
    rows(link, &fit, &columns, sample.as_ref());
    rest(
        link,
        &fit,
        &columns,
        sample.as_ref().map_or(Kind::Issue, |item| item.kind),
    );
    Ok(())
}

async fn look(reached: &Reached, link: &Link) -> Result<(Json, Fit), RemoteError> {
    let target = parse_target(&link.database)?;
    let config = NotionConfig::new(
        reached.notion.clone(),
        link.database.clone(),
        link.mapping(),
    );
    let opened = NotionRemote::new(config).open(None, false).await?;
    let memo = opened.memo.unwrap_or_default();
    let adopted = Adopted::from_memo(&memo, &target).ok_or_else(|| {
        RemoteError::Unclear("what was found of the database makes no sense".to_owned())
    })?;
    let path = format!("/v1/data_sources/{}", adopted.source);
    let source = wire::read(&reached.notion, Ask::get(path)).await?.json;
    let columns = schema::columns(&source).unwrap_or_default();
    let fit = schema::fit(&columns, &link.mapping(), &adopted.bound);
    Ok((source, fit))
}

/// One real item, an issue where there is one. What cannot be read is left to the plan, which says why.
async fn sample(reached: &Reached, link: &Link) -> Option<Observation> {
    let remote = GithubRemote::new(reached.github.clone(), selection(link, None));
    let opened = remote.open(None, false).await.ok()?;
    let from = ListFrom {
        rows: Some(ROWS),
        ..ListFrom::default()
    };
    for stream in opened
        .streams
        .iter()
        .filter(|name| name.starts_with("issues:"))
        .take(3)
    {
        let rows = remote.list(stream, &from).await.ok()?.rows;
        let issue = rows.iter().position(|row| row.kind == Kind::Issue);
        if let Some(row) = rows.into_iter().nth(issue.unwrap_or(0)) {
            return Some(row);
        }
    }
    None
}

/// One line for each field of the item's kind: the property, where it stands, and the item's value.
fn rows(link: &Link, fit: &Fit, columns: &[Column], sample: Option<&Observation>) {
    let mapping = link.mapping();
    let kind = sample.map_or(Kind::Issue, |item| item.kind);
    let bound: Vec<&Bound> = mapping.bound(kind).iter().collect();
    let named = bound.iter().filter_map(|one| one.property.as_ref());
    let wide = named.map(|(name, _)| width(name)).max().unwrap_or(0);
    let places: Vec<String> = bound
        .iter()
        .map(|one| {
            one.property.as_ref().map_or_else(
                || "the page's text".to_owned(),
                |(name, kind)| {
                    let is_mirror = one.field.class == Class::Mirror;
                    said(&place(fit, columns, name), (name, *kind), is_mirror)
                },
            )
        })
        .collect();
    let next = places
        .iter()
        .map(|text| width(text).min(VALUE))
        .max()
        .unwrap_or(0);
    for (one, place) in bound.iter().zip(places) {
        let name = one.property.as_ref().map_or("Text", |(name, _)| name);
        let value = sample.map(|item| value(one, item)).unwrap_or_default();
        let pad = " ".repeat(wide.saturating_sub(width(name)));
        let gap = " ".repeat(next.saturating_sub(width(&place)));
        say!(
            "  {}{pad}  {}{gap}  {}",
            Shown::line(name),
            Shown::line(&place),
            Shown::line(&value)
        );
    }
}

/// What the property would say of the item.
fn value(bound: &Bound, item: &Observation) -> String {
    let Some(value) = item.field(&bound.field.key) else {
        return String::new();
    };
    match bound.field.codec.to_notion(value, None) {
        Said::Value(said) => said.brief(VALUE),
        Said::Undecided | Said::Refused(_) => value.brief(VALUE),
    }
}

fn place(fit: &Fit, columns: &[Column], name: &str) -> Place {
    if let Some(reason) = fit.lost.get(name) {
        return Place::Wrong(reason.clone());
    }
    if let Some(binding) = fit.bound.get(name) {
        return Place::Yours(binding.name.clone());
    }
    let is_free = |column: &&Column| !fit.bound.values().any(|bound| bound.id == column.id);
    let likeness = |column: &Column| {
        let (one, other) = (column.name.to_lowercase(), name.to_lowercase());
        strsim::jaro_winkler(&one, &other)
    };
    let alike = columns
        .iter()
        .filter(is_free)
        .filter(|column| likeness(column) >= ALIKE)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    Place::Added(alike.cloned())
}

fn said(place: &Place, (name, kind): (&str, PropertyKind), is_mirror: bool) -> String {
    match place {
        Place::Yours(column) => {
            let what = if is_mirror {
                "GitHub's value is written"
            } else {
                "kept in step"
            };
            if column == name {
                format!("yours, {what}")
            } else {
                format!("your \"{column}\", {what}")
            }
        }
        Place::Added(None) => format!("will be added ({})", kind.api_name()),
        Place::Added(Some(column)) => format!(
            "will be added ({}) beside your \"{}\" ({})",
            kind.api_name(),
            column.name,
            column.api_type
        ),
        Place::Wrong(_) => format!(
            "yours is of another type; {} is needed: left alone",
            kind.api_name()
        ),
    }
}

/// What is left: other kinds' properties, what cannot be used and why, and what is never touched.
fn rest(link: &Link, fit: &Fit, columns: &[Column], kind: Kind) {
    let mapping = link.mapping();
    let bound = mapping.bound(kind).iter();
    let shown: BTreeSet<&str> = bound
        .filter_map(|one| one.property.as_ref())
        .map(|(name, _)| name.as_str())
        .collect();
    let others = fit.missing.iter().map(|wanted| wanted.name.as_str());
    let others: Vec<&str> = others.filter(|name| !shown.contains(name)).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        paragraph(&format!("For other kinds of items are added: {others}"));
    }
    for reason in fit.lost.values() {
        paragraph(reason);
    }
    let is_own = |column: &&Column| {
        !fit.bound.values().any(|bound| bound.id == column.id)
            && !fit.lost.contains_key(&column.name)
    };
    let own: Vec<&str> = columns
        .iter()
        .filter(is_own)
        .map(|column| column.name.as_str())
        .collect();
    if !own.is_empty() {
        paragraph(&format!("Yours alone, never touched: {}", own.join(", ")));
    }
    if !fit.missing.is_empty() {
        paragraph(
            "A field is found by its property's name: to have one of yours used, rename it in Notion, or name it under \
             [link.fields] in the configuration (`pulse-sync fields` lists all).",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn column(id: &str, name: &str, api_type: &str) -> Column {
        Column {
            id: id.to_owned(),
            name: name.to_owned(),
            api_type: api_type.to_owned(),
        }
    }

    #[test]
    fn every_property_stands_somewhere() {
        let columns = [
            column("title", "Task", "title"),
            column("a", "Labels", "multi_select"),
            column("b", "Assignee", "people"),
            column("c", "Number", "rich_text"),
            column("d", "Estimate", "number"),
        ];
        let link = Link::standard("default", vec!["ada/*".to_owned()], String::new());
        let fit = schema::fit(&columns, &link.mapping(), &BTreeMap::new());
        let at = |name: &str| place(&fit, &columns, name);
        assert_eq!(at("Title"), Place::Yours("Task".to_owned()));
        assert_eq!(at("Labels"), Place::Yours("Labels".to_owned()));
        let assignees = at("Assignees");
        assert_eq!(assignees, Place::Added(Some(columns[2].clone())));
        assert!(
            said(&assignees, ("Assignees", PropertyKind::MultiSelect), false)
                .contains("beside your \"Assignee\"")
        );
        assert!(matches!(at("Number"), Place::Wrong(_)));
        assert_eq!(at("Milestone"), Place::Added(None));
    }
}
