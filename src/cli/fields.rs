//! `fields`: what is kept in step, in which property, and which way.

use serde_json::{Value as Json, json};

use super::args::{Args, FieldsOptions};
use super::exit::Exit;

use super::wire::Setup;
use crate::core::codec::StateMap;
use crate::core::mapping::Bound;
use crate::core::words::Words;
use crate::core::{Codec, Kind, Mapping, Policy, Value};
use crate::shown::Shown;

/// Prints every field of every link, or those of the standard where nothing is configured.
pub(super) fn run(args: &Args, options: &FieldsOptions) -> anyhow::Result<Exit> {
    let setup = Setup::read(args)?;
    let mut links: Vec<(String, Mapping)> = setup
        .config
        .links
        .iter()
        .map(|link| (link.name.clone(), link.mapping()))
        .collect();
    if links.is_empty() {
        let standard = Mapping::standard(StateMap::default(), Policy::Ask);
        links.push(("standard".to_owned(), standard));
    }
    if options.json {
        let all: Vec<Json> = links
            .iter()
            .flat_map(|(name, mapping)| objects(name, mapping))
            .collect();
        say!("{}", Json::Array(all));
        return Ok(Exit::Done);
    }
    for (at, (name, mapping)) in links.iter().enumerate() {
        if at > 0 {
            say!("");
        }
        say!("{}", Shown::line(name));
        for (kind, bound) in all(mapping) {
            say!("{}", line(kind, bound).trim_end());
            if let Some(value) = &bound.constant {
                say!("{}", Shown::line(&format!("    = {}", value.brief(60))));
            }
            for (value, options) in words(bound) {
                say!(
                    "{}",
                    Shown::line(&format!("    {value} = {}", options.join(", ")))
                );
            }
        }
    }
    Ok(Exit::Done)
}

fn all(mapping: &Mapping) -> impl Iterator<Item = (Kind, &Bound)> {
    [Kind::Issue, Kind::Pull, Kind::Commit]
        .into_iter()
        .flat_map(move |kind| mapping.bound(kind).iter().map(move |bound| (kind, bound)))
}

fn line(kind: Kind, bound: &Bound) -> String {
    let (property, made) = match &bound.property {
        Some((name, kind)) => (name.as_str(), kind.api_name()),
        None => ("the page's text", ""),
    };
    let also: Vec<&str> = bound
        .form
        .fitting()
        .iter()
        .map(|kind| kind.api_name())
        .filter(|name| *name != made && bound.property.is_some())
        .collect();
    let also = if also.is_empty() {
        String::new()
    } else {
        format!("or {}", also.join(", "))
    };
    format!(
        "  {:<12}  {:<14}  {:<16}  {:<12}  {:<9}  {also}",
        kind.name(),
        bound.field.key.as_str(),
        Shown::line(property),
        made,
        bound.field.direction.name()
    )
}

/// The values that are called otherwise in Notion.
fn words(bound: &Bound) -> impl Iterator<Item = (&str, &[String])> {
    let words = match &bound.field.codec {
        Codec::Name(words) | Codec::Names(words) => Some(words),
        _ => None,
    };
    words.into_iter().flat_map(Words::entries)
}

fn values(bound: &Bound) -> Json {
    let values = words(bound).map(|(value, options)| (value.to_owned(), json!(options)));
    Json::Object(values.collect())
}

fn constant(value: &Value) -> Json {
    match value {
        Value::Number(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        _ => json!(value.as_text()),
    }
}

fn objects(link: &str, mapping: &Mapping) -> Vec<Json> {
    all(mapping)
        .map(|(kind, bound)| {
            json!({
                "link": link,
                "kind": kind.name(),
                "field": bound.field.key.as_str(),
                "property": bound.property.as_ref().map(|(name, _)| name),
                "type": bound.property.as_ref().map(|(_, kind)| kind.api_name()),
                "fitting": bound.form.fitting().iter().map(|kind| kind.api_name()).collect::<Vec<_>>(),
                "direction": bound.field.direction.name(),
                "values": values(bound),
                "constant": bound.constant.as_ref().map(constant),
            })
        })
        .collect()
}
