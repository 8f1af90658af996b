//! Asking a data source for rows: filters, sorts, cursors, and the cut at 10,000 rows.

use std::cmp::Ordering;

use super::ids::Id;
use super::moment::{self, DAY};
use super::refusal::Refusal;
use super::span;
use super::state::{DataSource, Page, Parent, Workspace};
use super::value::Value;

/// One of the two times every page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// `created_time`
    Created,
    /// `last_edited_time`
    Edited,
}

/// A comparison of texts; case makes no difference except in `equals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// The same text.
    Equals(String),
    /// Another text.
    Differs(String),
    /// Has it inside.
    Contains(String),
    /// Has it not inside.
    Lacks(String),
    /// Begins with it.
    Starts(String),
    /// Ends with it.
    Ends(String),
}

/// A comparison of numbers or moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Another.
    Differ,
    /// Greater, after.
    Greater,
    /// Less, before.
    Less,
    /// Greater or equal, on or after.
    AtLeast,
    /// Less or equal, on or before.
    AtMost,
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Differ => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::Less => order.is_lt(),
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
        }
    }
}

/// What is asked of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Of what a text, url, email or phone says.
    Text(TextTest),
    /// Of a number.
    Number(Relation, f64),
    /// Of a moment, in milliseconds, and whether it is a whole day.
    Moment(Relation, i64, bool),
    /// Of a select or status: one of these names.
    OneOf(Vec<String>),
    /// Of a select or status: none of these names.
    NoneOf(Vec<String>),
    /// Of a set: holds this option or id.
    Holds(String),
    /// Of a set: does not hold this option or id.
    HoldsNot(String),
    /// Of a checkbox.
    Checked(bool),
    /// Nothing in it.
    Empty,
    /// Something in it.
    Filled,
}

/// Which rows are wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Those that pass every filter.
    And(Vec<Self>),
    /// Those that pass any filter.
    Or(Vec<Self>),
    /// Those whose cell passes; the column by its id.
    Cell(String, Test),
    /// Those whose time passes.
    Time(Stamp, Test),
}

/// In which order rows come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// By a column, by its id.
    Cell(String),
    /// By a time.
    Time(Stamp),
}

/// A sort and whether it goes down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Largest first.
    pub descending: bool,
}

/// A whole query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Which rows.
    pub filter: Option<Filter>,
    /// In which order; rows that are equal come in the order they were made.
    pub sorts: Vec<Sort>,
    /// Most rows in the answer, 1 to 100; 0 means 100.
    pub page_size: usize,
    /// Where to go on, from the answer before.
    pub cursor: Option<String>,
}

/// What a query gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The pages.
    pub ids: Vec<Id>,
    /// Where to go on.
    pub next: Option<String>,
    /// The list was cut at the limit; rows are missing and no cursor leads to them.
    pub incomplete: bool,
}

impl Workspace {
    /// Asks a data source for rows that are not in the trash.
    pub fn query(&self, now: i64, actor: Id, source: Id, query: &Query) -> Result<Rows, Refusal> {
        let table = self.reach_source(actor, source)?;
        let mut rows: Vec<&Page> = self
            .pages
            .values()
            .filter(|page| page.parent == Parent::Source(source) && !page.in_trash)
            .filter(|page| page.created_exact <= now - self.options.query_lag)
            .filter(|page| actor != self.bot || !self.hidden.contains(&page.id))
            .filter(|page| {
                query
                    .filter
                    .as_ref()
                    .is_none_or(|filter| passes(page, filter))
            })
            .collect();
        rows.sort_by(|a, b| compare(table, a, b, &query.sorts).then(a.serial.cmp(&b.serial)));
        let start = match &query.cursor {
            Some(cursor) => resume(&rows, cursor)?,
            None => 0,
        };
        Ok(self.page_of(&rows, start, query.page_size))
    }

    fn page_of(&self, rows: &[&Page], start: usize, page_size: usize) -> Rows {
        let size = if page_size == 0 { 100 } else { page_size };
        let limit = self.options.query_limit;
        let reachable = rows.len().min(limit);
        let end = reachable.min(start + size.min(self.options.rows_per_answer.max(1)));
        let ids: Vec<Id> = rows
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|page| page.id)
            .collect();
        let more = end < reachable;
        let last = ids.last().filter(|_| more);
        Rows {
            next: last.map(|id| format!("{}{end:08x}", id.compact())),
            incomplete: !more && rows.len() > limit,
            ids,
        }
    }
}

/// Finds where a cursor goes on: behind the row it names, or at its place if that row is gone.
///
/// Rows that moved meanwhile may therefore be seen twice or not at all, as in any live list.
fn resume(rows: &[&Page], cursor: &str) -> Result<usize, Refusal> {
    let bad = || Refusal::invalid(format!("The start_cursor provided is invalid: {cursor}"));
    let (id, place) = cursor.split_at_checked(32).ok_or_else(bad)?;
    let id = Id::parse(id).ok_or_else(bad)?;
    let place = usize::from_str_radix(place, 16).ok().ok_or_else(bad)?;
    Ok(rows
        .iter()
        .position(|page| page.id == id)
        .map_or(place, |at| at + 1))
}

fn compare(table: &DataSource, a: &Page, b: &Page, sorts: &[Sort]) -> Ordering {
    for sort in sorts {
        let order = match &sort.key {
            SortKey::Time(stamp) => time(a, *stamp).cmp(&time(b, *stamp)),
            SortKey::Cell(id) => compare_cells(table, a, b, id),
        };
        let order = if sort.descending {
            order.reverse()
        } else {
            order
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn compare_cells(table: &DataSource, a: &Page, b: &Page, id: &str) -> Ordering {
    let stamp = match table.schema.find(id).map(|p| p.kind.name()) {
        Some("created_time") => Some(Stamp::Created),
        Some("last_edited_time") => Some(Stamp::Edited),
        _ => None,
    };
    if let Some(stamp) = stamp {
        return time(a, stamp).cmp(&time(b, stamp));
    }
    match (a.values.get(id), b.values.get(id)) {
        (Some(Value::Number(x)), Some(Value::Number(y))) => x
            .unwrap_or(f64::INFINITY)
            .total_cmp(&y.unwrap_or(f64::INFINITY)),
        (Some(Value::Serial(x)), Some(Value::Serial(y))) => x.cmp(y),
        (x, y) => x.map(Value::plain).cmp(&y.map(Value::plain)),
    }
}

fn time(page: &Page, stamp: Stamp) -> i64 {
    match stamp {
        Stamp::Created => page.created,
        Stamp::Edited => page.edited,
    }
}

fn passes(page: &Page, filter: &Filter) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|f| passes(page, f)),
        Filter::Or(any) => any.iter().any(|f| passes(page, f)),
        Filter::Time(stamp, test) => passes_moment(time(page, *stamp), test),
        Filter::Cell(id, test) => passes_cell(page.values.get(id), test),
    }
}

fn passes_moment(ms: i64, test: &Test) -> bool {
    match test {
        Test::Moment(relation, other, whole_day) => {
            // A whole day is compared by the day, as the service does with dates.
            let own = if *whole_day {
                ms.div_euclid(DAY) * DAY
            } else {
                ms
            };
            relation.holds(own.cmp(other))
        }
        Test::Filled => true,
        _ => false,
    }
}

fn passes_cell(value: Option<&Value>, test: &Test) -> bool {
    let empty = value.is_none_or(Value::is_empty);
    match (test, value) {
        (Test::Empty, _) => empty,
        (Test::Filled, _) => !empty,
        (Test::Text(test), Some(value)) => passes_text(&value.plain(), test),
        (Test::Number(relation, other), Some(Value::Number(Some(number)))) => {
            relation.holds(number.total_cmp(other))
        }
        #[allow(clippy::cast_precision_loss, reason = "row numbers are small")]
        (Test::Number(relation, other), Some(Value::Serial(number))) => {
            relation.holds((*number as f64).total_cmp(other))
        }
        (Test::Number(Relation::Differ, _), _) => true,
        (Test::Moment(..), Some(Value::Date(Some(date)))) => {
            moment::parse(&date.start).is_some_and(|(ms, _)| passes_moment(ms, test))
        }
        (Test::OneOf(names), Some(Value::Choice(Some(name)))) => names.contains(name),
        (Test::NoneOf(names), Some(Value::Choice(name))) => {
            name.as_ref().is_none_or(|name| !names.contains(name))
        }
        (Test::Holds(wanted), Some(value)) => holds(value, wanted),
        (Test::HoldsNot(wanted), Some(value)) => !holds(value, wanted),
        (Test::Checked(wanted), Some(Value::Checkbox(yes))) => yes == wanted,
        _ => false,
    }
}

fn holds(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Choices(names) => names.iter().any(|name| name == wanted),
        Value::Ids(ids) => Id::parse(wanted).is_some_and(|id| ids.contains(&id)),
        _ => false,
    }
}

fn passes_text(said: &str, test: &TextTest) -> bool {
    let low = |part: &str| part.to_lowercase();
    match test {
        TextTest::Equals(other) => said == other,
        TextTest::Differs(other) => said != other,
        TextTest::Contains(part) => low(said).contains(&low(part)),
        TextTest::Lacks(part) => !low(said).contains(&low(part)),
        TextTest::Starts(part) => low(said).starts_with(&low(part)),
        TextTest::Ends(part) => low(said).ends_with(&low(part)),
    }
}

impl Filter {
    /// The filter a sync polls with: changed at or after a moment in milliseconds.
    pub fn edited_since(ms: i64) -> Self {
        Self::Time(Stamp::Edited, Test::Moment(Relation::AtLeast, ms, false))
    }

    /// The filter a look-up uses: a text column, by id, that says exactly this.
    pub fn says(property: &str, text: &str) -> Self {
        Self::Cell(
            property.to_owned(),
            Test::Text(TextTest::Equals(text.to_owned())),
        )
    }
}

/// Searches titles of pages and data sources the actor may see, trashed ones left out.
pub fn search<'a>(
    world: &'a Workspace,
    actor: Id,
    text: &'a str,
) -> impl Iterator<Item = (Id, i64)> + 'a {
    let wanted = text.to_lowercase();
    let sources_wanted = wanted.clone();
    let pages = world.pages.values().filter(move |page| {
        let title = span::plain(page.title()).to_lowercase();
        !page.in_trash && world.reach(actor, page.id).is_ok() && title.contains(&wanted)
    });
    let sources = world.sources.values().filter(move |source| {
        let title = span::plain(&source.title).to_lowercase();
        !source.in_trash
            && world.reach_source(actor, source.id).is_ok()
            && title.contains(&sources_wanted)
    });
    let sources = sources.map(|source| (source.id, source.edited));
    pages.map(|page| (page.id, page.edited)).chain(sources)
}
