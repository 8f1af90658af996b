//! One line of the file written by the program, because a person said so; everything else stays as it is to the byte.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, value};

use super::section::Named;
use crate::core::{FieldKey, Kind, Policy};

/// A file with a line more, or another word in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// The table that the line stands in.
    pub table: String,
    /// The line.
    pub line: String,
}

/// Gives a field of a link a policy for conflicts; where one is written for the item's kind alone, it is that one that
/// changes.
///
/// # Errors
/// A sentence for people when the file has no such link, or is none that could be edited.
pub fn always(
    text: &str,
    link: &str,
    kind: Kind,
    field: &FieldKey,
    policy: Policy,
) -> Result<Edited, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error| format!("the file cannot be edited: {error}"))?;
    let links = document
        .get_mut("link")
        .and_then(Item::as_array_of_tables_mut);
    let table = links.and_then(|links| named(links, link)).ok_or_else(|| {
        format!("the file has no [[link]] named `{link}`; `pulse-sync config init` writes one to begin with")
    })?;
    let conflicts = sub(table, "conflicts")?;
    let (kind_name, _) = Kind::NAMES
        .iter()
        .find(|(_, known)| *known == kind)
        .ok_or("this kind has no name")?;
    let is_for_kind = conflicts
        .get(kind_name)
        .and_then(|own| own.get(field.as_str()))
        .is_some();
    let (place, name) = if is_for_kind {
        (
            sub(conflicts, kind_name)?,
            format!("link.conflicts.{kind_name}"),
        )
    } else {
        (conflicts, "link.conflicts".to_owned())
    };
    let (word, _) = Policy::NAMES
        .iter()
        .find(|(_, known)| *known == policy)
        .ok_or("this policy has no name")?;
    let mut new = toml_edit::Value::from(*word);
    if let Some(old) = place.get(field.as_str()).and_then(Item::as_value) {
        // A comment behind it stays.
        *new.decor_mut() = old.decor().clone();
    }
    place.insert(field.as_str(), value(new));
    Ok(Edited {
        text: document.to_string(),
        table: format!("[{name}]"),
        line: format!("{field} = \"{word}\""),
    })
}

fn named<'a>(links: &'a mut ArrayOfTables, name: &str) -> Option<&'a mut Table> {
    let is = |table: &&mut Table| table.get("name").and_then(Item::as_str) == Some(name);
    links.iter_mut().find(is)
}

/// A table within one, made where it is missing.
fn sub<'a>(table: &'a mut dyn TableLike, name: &str) -> Result<&'a mut dyn TableLike, String> {
    let item = table
        .entry(name)
        .or_insert_with(|| Item::Table(Table::new()));
    item.as_table_like_mut()
        .ok_or_else(|| format!("`{name}` is no table in the file"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{Environment, load};

    const FILE: &str = "# mine\n[sync]\ninterval = \"1h\"   # hourly\n\n[[link]]\nname = \"one\"\nrepositories = \
        [\"o/a\"]\ndatabase = \"0123456789abcdef0123456789abcdef\"\n# about two\n[[link]]\nname = \"two\"\nrepositories \
        = [\"o/b\"]\ndatabase = \"1123456789abcdef0123456789abcdef\"\n[link.conflicts]\nbody = \"newest\"  # mine, \
        too\n[link.conflicts.issue]\ntitle = \"ask\"\n[log]\nlevel = \"info\"\n";

    fn policy(text: &str, link: usize, kind: Kind, field: &FieldKey) -> Policy {
        let config = load(text, "config.toml", &Environment::default()).unwrap();
        let mapping = config.links[link].mapping();
        mapping.field(kind, field).unwrap().policy
    }

    fn edit(link: &str, field: &FieldKey) -> Edited {
        always(FILE, link, Kind::Issue, field, Policy::Github).unwrap()
    }

    #[test]
    fn a_line_is_added_and_everything_else_stays() {
        let edited = edit("one", &FieldKey::TITLE);
        assert_eq!(
            (edited.table.as_str(), edited.line.as_str()),
            ("[link.conflicts]", "title = \"github\"")
        );
        for line in FILE.lines() {
            assert!(
                edited.text.lines().any(|new| new == line),
                "{line}: {}",
                edited.text
            );
        }
        assert_eq!(
            policy(&edited.text, 0, Kind::Issue, &FieldKey::TITLE),
            Policy::Github
        );
        assert_eq!(
            policy(&edited.text, 1, Kind::Pull, &FieldKey::TITLE),
            Policy::Ask
        );
        assert_eq!(
            policy(&edited.text, 1, Kind::Issue, &FieldKey::BODY),
            Policy::Newest
        );
    }

    #[test]
    fn a_word_that_is_there_is_replaced_where_it_counts() {
        let edited = edit("two", &FieldKey::BODY);
        assert_eq!(
            policy(&edited.text, 1, Kind::Issue, &FieldKey::BODY),
            Policy::Github
        );
        assert!(edited.text.contains("# mine, too"), "{}", edited.text);
        let edited = edit("two", &FieldKey::TITLE);
        assert_eq!(edited.table, "[link.conflicts.issue]");
        assert_eq!(
            policy(&edited.text, 1, Kind::Issue, &FieldKey::TITLE),
            Policy::Github
        );
        assert_eq!(
            policy(&edited.text, 1, Kind::Pull, &FieldKey::TITLE),
            Policy::Ask
        );
    }

    #[test]
    fn what_cannot_be_edited_says_so() {
        let refused = |text: &str, link: &str| {
            always(text, link, Kind::Issue, &FieldKey::TITLE, Policy::Github).unwrap_err()
        };
        assert!(refused(FILE, "three").contains("named `three`"));
        assert!(refused("", "one").contains("no [[link]]"));
        assert!(refused("[[link", "one").contains("cannot be edited"));
        let odd = "[[link]]\nname = \"one\"\nconflicts = 3\n";
        assert!(refused(odd, "one").contains("no table"));
    }
}
