//! Reads typed values from one TOML table, remembering what was asked for, so that the rest is known to be unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Deref, Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, place_of, place_of_unknown};
use crate::core::Value;

/// A value and the bytes of the file it stands in.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What is wrong with a text, and what would be right.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) label: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            label: label.into(),
        }
    }
}

/// A value that has a fixed set of names in the file.
pub(super) trait Named: Copy + 'static {
    /// The names and what they mean.
    const NAMES: &'static [(&'static str, Self)];

    /// The value of this name.
    fn named(name: &str) -> Result<Self, Fault> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            let near = nearest(name, names.iter().copied())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Fault::new(
                format!("unknown value `{name}`"),
                format!("{near}allowed: {}", listed(&names)),
            )
        })
    }
}

/// The file's text, and everything that is found out while reading it.
pub(super) struct Source<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
    problems: RefCell<Vec<Problem>>,
    known: RefCell<BTreeSet<String>>,
    unknown: RefCell<Vec<Unknown>>,
}

/// A key that nobody asked for, kept until all keys that exist are known.
struct Unknown {
    key: At<String>,
    section: String,
    known_here: Vec<&'static str>,
}

impl<'t> Source<'t> {
    pub(super) const fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::new(Vec::new()),
            known: RefCell::new(BTreeSet::new()),
            unknown: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// A problem at some bytes of the file, not yet reported.
    pub(super) fn problem(&self, span: &Range<usize>, message: impl AsRef<str>) -> Problem {
        Problem::new(place_of(self.file, self.text, span), message)
    }

    pub(super) fn fault(&self, span: &Range<usize>, fault: &Fault) {
        self.report(self.problem(span, &fault.message).label(&fault.label));
    }

    /// A value of an environment variable, read by the same rules as the file.
    pub(super) fn variable<T>(
        &self,
        name: &'static str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        match read(text?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.report(Problem::new(Place::Variable(name), fault.message).label(fault.label));
                None
            }
        }
    }

    /// The problems found and the keys asked for.
    pub(super) fn into_parts(self) -> (Vec<Problem>, BTreeSet<String>) {
        for unknown in self.unknown.take() {
            let fault = unknown.fault(&self.known.borrow());
            let place = place_of_unknown(self.file, self.text, &unknown.key.span);
            self.report(Problem::new(place, &fault.message).label(&fault.label));
        }
        (self.problems.into_inner(), self.known.into_inner())
    }
}

impl Unknown {
    /// Names the key that was meant: a near one of this section, the same or a near one of another, or all of this.
    fn fault(&self, known: &BTreeSet<String>) -> Fault {
        let key = self.key.as_str();
        // The names of a table of fields are not among the known keys: the same name elsewhere is no better place.
        let own = format!("{}.", self.section);
        let is_table_of_names = !known.iter().any(|full| full.starts_with(&own));
        let elsewhere = || {
            let others = known.iter().filter_map(|full| full.rsplit_once('.'));
            let near = nearest(key, others.clone().map(|(_, name)| name))?;
            others
                .filter(|(_, name)| *name == near)
                .map(|(section, name)| format!("did you mean `{name}` in [{section}]?"))
                .next()
        };
        let label = nearest(key, self.known_here.iter().copied())
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| elsewhere().filter(|_| !is_table_of_names))
            .unwrap_or_else(|| format!("known here: {}", listed(&self.known_here)));
        let place = match self.section.as_str() {
            "" => String::new(),
            section => format!(" in `{section}`"),
        };
        Fault::new(format!("unknown key `{key}`{place}"), label)
    }
}

/// What stands under a key of the user's own.
pub(super) enum Own<'s, 't, T> {
    /// Nothing that could be used; what is wrong with it is reported.
    Nothing,
    /// A value.
    Value(T),
    /// A table.
    Table(Section<'s, 't>),
}

/// One table of the file, or its absence.
pub(super) struct Section<'s, 't> {
    pub(super) source: &'s Source<'t>,
    name: String,
    table: Option<&'s DeTable<'t>>,
    /// Where it starts.
    pub(super) span: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'s, 't> Section<'s, 't> {
    pub(super) const fn root(source: &'s Source<'t>, table: &'s DeTable<'t>) -> Self {
        Self {
            source,
            name: String::new(),
            table: Some(table),
            span: 0..0,
            asked: Vec::new(),
        }
    }

    fn child(&self, key: &str, table: Option<&'s DeTable<'t>>, span: Range<usize>) -> Self {
        Self {
            source: self.source,
            name: self.full(key),
            table,
            span,
            asked: Vec::new(),
        }
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.asked.push(key);
        let full = self.full(key);
        self.source.known.borrow_mut().insert(full);
        self.table?
            .iter()
            .find_map(|(name, value)| (name.get_ref() == key).then_some(value))
    }

    /// A list of texts under a key of which there are too many to show each in the example: the names of actions.
    pub(super) fn listed(&mut self, key: &'static str) -> Option<At<Vec<At<String>>>> {
        let is_new = !self.source.known.borrow().contains(&self.full(key));
        let found = self.list(key, |text| Ok(text.to_owned()));
        if is_new {
            self.source.known.borrow_mut().remove(&self.full(key));
        }
        found
    }

    /// The keys that are written here, whatever they are, and where; for tables whose keys are the user's own words.
    pub(super) fn own_keys(&mut self) -> Vec<At<String>> {
        let keys = self.table.into_iter().flat_map(|table| table.keys());
        keys.map(|key| At {
            value: key.get_ref().to_string(),
            span: key.span(),
        })
        .collect()
    }

    /// A text with a meaning under a key of the user's own, or a table.
    pub(super) fn own<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Own<'s, 't, T> {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        let found = entries.find(|(name, _)| name.get_ref() == key);
        let Some((_, value)) = found else {
            return Own::Nothing;
        };
        if let Some(table) = value.get_ref().as_table() {
            return Own::Table(self.child(key, Some(table), value.span()));
        }
        let text = self.text_of(key, value);
        text.and_then(|text| self.meaning(text, read))
            .map_or(Own::Nothing, |at| Own::Value(at.value))
    }

    /// A text, a whole number, or true or false under such a key, or a table.
    pub(super) fn own_plain(&self, key: &str) -> Own<'s, 't, At<Value>> {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        let Some((_, value)) = entries.find(|(name, _)| name.get_ref() == key) else {
            return Own::Nothing;
        };
        if let Some(table) = value.get_ref().as_table() {
            return Own::Table(self.child(key, Some(table), value.span()));
        }
        self.plain_of(key, value).map_or(Own::Nothing, Own::Value)
    }

    /// A text, a whole number, or true or false.
    pub(super) fn plain(&mut self, key: &'static str) -> Option<At<Value>> {
        let value = self.value(key)?;
        self.plain_of(key, value)
    }

    fn plain_of(&self, key: &str, value: &Spanned<DeValue<'t>>) -> Option<At<Value>> {
        let found = value.get_ref();
        let number = found
            .as_integer()
            .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        let text = found.as_str().map(Value::text);
        let plain = text
            .or_else(|| number.map(Value::Number))
            .or_else(|| found.as_bool().map(Value::Bool));
        if plain.is_none() {
            self.wrong_type(
                key,
                value,
                "a text in quotes, a whole number, `true` or `false`",
            );
        }
        let span = value.span();
        plain.map(|value| At { value, span })
    }

    /// A text with a meaning under such a key.
    pub(super) fn listed_text<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        let found = self.read(key, read);
        self.source.known.borrow_mut().remove(&self.full(key));
        found
    }

    /// Takes note that such a key may be written here, to name it beside one that may not.
    pub(super) fn knows(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Where the value of a key stands.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        entries
            .find(|(name, _)| name.get_ref() == key)
            .map_or_else(|| self.span.clone(), |(_, value)| value.span())
    }

    /// A table under such a key.
    pub(super) fn listed_table(&mut self, key: &'static str) -> Self {
        let child = self.table(key);
        self.source.known.borrow_mut().remove(&self.full(key));
        child
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        let label = format!("this is {} {found}", article(found));
        let fault = Fault::new(format!("`{key}` must be {wanted}"), label);
        self.source.fault(&value.span(), &fault);
    }

    /// Whether the key is written, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        let mut names = self.table.into_iter().flat_map(|table| table.keys());
        names.any(|name| name.get_ref() == key)
    }

    /// Whether the key is written as a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        entries.any(|(name, value)| name.get_ref() == key && value.get_ref().as_table().is_some())
    }

    /// Whether the key is written as a list without elements.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        entries.any(|(name, value)| {
            name.get_ref() == key && value.get_ref().as_array().is_some_and(|a| a.is_empty())
        })
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        self.text_of(key, value)
    }

    fn text_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a text in quotes");
            return None;
        };
        Some(At {
            value: text.to_owned(),
            span: value.span(),
        })
    }

    /// A text with a meaning.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        let text = self.text(key)?;
        self.meaning(text, read)
    }

    fn meaning<T>(
        &self,
        text: At<String>,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        let At { value, span } = text;
        match read(&value) {
            Ok(value) => Some(At { value, span }),
            Err(fault) => {
                self.source.fault(&span, &fault);
                None
            }
        }
    }

    /// A duration in quotes; a bare number is the most frequent mistake.
    pub(super) fn duration<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        let value = self.value(key)?;
        if let Some(number) = value.get_ref().as_integer() {
            let label = format!("did you mean \"{}s\"?", number.as_str());
            let fault = Fault::new(format!("`{key}` must be a duration in quotes"), label);
            self.source.fault(&value.span(), &fault);
            return None;
        }
        let text = self.text_of(key, value)?;
        self.meaning(text, read)
    }

    /// One of a fixed set of names.
    pub(super) fn choice<T: Named>(&mut self, key: &'static str) -> Option<T> {
        self.read(key, T::named).map(|at| at.value)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.flag_at(key).map(|at| at.value)
    }

    /// `true` or `false`, and where it stands.
    pub(super) fn flag_at(&mut self, key: &'static str) -> Option<At<bool>> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "`true` or `false`");
        }
        let span = value.span();
        flag.map(|value| At { value, span })
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, key: &'static str, bounds: RangeInclusive<u32>) -> Option<u32> {
        self.number_at(key, bounds).map(|at| at.value)
    }

    /// A whole number within bounds, and where it stands.
    pub(super) fn number_at(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<u32>,
    ) -> Option<At<u32>> {
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "a whole number");
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let (low, high) = bounds.into_inner();
            let message = format!("`{key}` is out of bounds");
            let label = format!("must be from {low} to {high}");
            self.source
                .fault(&value.span(), &Fault::new(message, label));
        }
        let span = value.span();
        number.map(|value| At { value, span })
    }

    /// A list of texts, each with a meaning. Elements that have none are reported and left out.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<At<Vec<At<T>>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.not_a_list(key, value);
            return None;
        };
        let mut list = Vec::new();
        for element in array {
            match element.get_ref().as_str().map(&read) {
                Some(Ok(value)) => list.push(At {
                    value,
                    span: element.span(),
                }),
                Some(Err(fault)) => self.source.fault(&element.span(), &fault),
                None => self.wrong_type(key, element, "a list of texts"),
            }
        }
        Some(At {
            value: list,
            span: value.span(),
        })
    }

    /// One text or several under a key of the user's own, each with a meaning.
    pub(super) fn own_list<T>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, Fault>,
    ) -> Vec<At<T>> {
        let mut entries = self.table.into_iter().flat_map(|table| table.iter());
        let Some((_, value)) = entries.find(|(name, _)| name.get_ref() == key) else {
            return Vec::new();
        };
        let elements = match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => vec![value],
        };
        let texts = elements.into_iter().filter_map(|element| {
            let text = element.get_ref().as_str();
            if text.is_none() {
                self.wrong_type(key, element, "a text in quotes, or a list of texts");
            }
            let value = text?.to_owned();
            self.meaning(
                At {
                    value,
                    span: element.span(),
                },
                &read,
            )
        });
        texts.collect()
    }

    fn not_a_list(&self, key: &str, value: &Spanned<DeValue<'_>>) {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong_type(key, value, "a list of texts");
        };
        let words: Vec<_> = text
            .split_whitespace()
            .map(|word| format!("{word:?}"))
            .collect();
        let label = format!("write [{}]", words.join(", "));
        let fault = Fault::new(format!("`{key}` must be a list of texts"), label);
        self.source.fault(&value.span(), &fault);
    }

    /// A table within this one.
    pub(super) fn table(&mut self, key: &'static str) -> Self {
        let Some(value) = self.value(key) else {
            return self.child(key, None, self.span.clone());
        };
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(
                key,
                value,
                &format!("a table, written [{}]", self.full(key)),
            );
        }
        self.child(key, table, value.span())
    }

    /// The tables of a list, written `[[key]]`; and whether anything was written at all.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, &format!("a list of tables, written [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for element in array {
            match element.get_ref().as_table() {
                Some(table) => sections.push(self.child(key, Some(table), element.span())),
                None => self.wrong_type(key, element, &format!("a table, written [[{key}]]")),
            }
        }
        sections
    }

    /// Notes every key that nobody asked for, to be reported in the end.
    pub(super) fn finish(self) {
        let keys = self.table.into_iter().flat_map(|table| table.keys());
        let unknown = keys
            .filter(|key| !self.asked.contains(&key.get_ref().as_ref()))
            .map(|key| Unknown {
                key: At {
                    value: key.get_ref().to_string(),
                    span: key.span(),
                },
                section: self.name.clone(),
                known_here: self.asked.clone(),
            });
        self.source.unknown.borrow_mut().extend(unknown);
    }
}

/// The known word nearest to a given one, if it is near enough to be meant.
fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    known
        .map(|name| (strsim::jaro_winkler(&word, name), name))
        .filter(|(score, _)| *score >= 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `a`, `b`, `c` for people.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}
