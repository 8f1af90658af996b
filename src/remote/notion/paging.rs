//! Listing rows: recent changes newest first, or everything in windows of creation time.
//!
//! Notion shows at most 10,000 rows of one query, then says `incomplete`. A full listing therefore walks in the order
//! of creation, which nothing moves, and starts a new query at the last row's minute when the service cuts.

use serde_json::{Value as Json, json};

use super::moment;
use crate::core::Time;

/// Where a listing stands. Said as a text, it is the opaque `page` of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Rows changed at or after a time, newest change first.
    Recent {
        /// Notion's cursor.
        cursor: Option<String>,
    },
    /// Every row, oldest first, in windows.
    All {
        /// Where this window starts.
        from: Option<Time>,
        /// When the last row seen so far was created.
        last: Option<Time>,
        /// Notion's cursor within the window.
        cursor: Option<String>,
    },
}

impl Mark {
    /// The start of a listing.
    pub const fn start(since: Option<Time>) -> Self {
        if since.is_some() {
            Self::Recent { cursor: None }
        } else {
            Self::All {
                from: None,
                last: None,
                cursor: None,
            }
        }
    }

    /// Says it as a text.
    pub fn text(&self) -> String {
        let number = |time: &Option<Time>| time.map_or(String::new(), |time| time.0.to_string());
        match self {
            Self::Recent { cursor } => format!("recent|{}", cursor.as_deref().unwrap_or("")),
            Self::All { from, last, cursor } => format!(
                "all|{}|{}|{}",
                number(from),
                number(last),
                cursor.as_deref().unwrap_or("")
            ),
        }
    }

    /// Reads what [`Mark::text`] said; none when it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('|')?;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let number = |text: &str| {
            if text.is_empty() {
                Some(None)
            } else {
                text.parse().ok().map(|ms| Some(Time(ms)))
            }
        };
        match name {
            "recent" => Some(Self::Recent { cursor: some(rest) }),
            "all" => {
                let mut parts = rest.splitn(3, '|');
                Some(Self::All {
                    from: number(parts.next()?)?,
                    last: number(parts.next()?)?,
                    cursor: some(parts.next()?),
                })
            }
            _ => None,
        }
    }

    /// The body of the query that reads on from here.
    pub fn query(&self, since: Option<Time>, rows: u8) -> Json {
        let (stamp, after, direction, cursor) = match self {
            Self::Recent { cursor } => ("last_edited_time", since, "descending", cursor),
            Self::All { from, cursor, .. } => ("created_time", *from, "ascending", cursor),
        };
        let mut query = json!({
            "sorts": [{ "timestamp": stamp, "direction": direction }],
            "page_size": rows,
        });
        if let Some(after) = after {
            // Rows carry the start of their minute: a later bound would miss what changed within it.
            let after = moment::iso(moment::floor(after));
            query["filter"] = json!({ "timestamp": stamp, stamp: { "on_or_after": after } });
        }
        if let Some(cursor) = cursor {
            query["start_cursor"] = json!(cursor);
        }
        query
    }

    /// Where the listing goes on after an answer, and whether rows are missing from it for good.
    /// `newest` is the latest creation time among the answer's rows.
    pub fn after(
        &self,
        cursor: Option<String>,
        incomplete: bool,
        newest: Option<Time>,
    ) -> (Option<Self>, bool) {
        match self {
            Self::Recent { .. } => {
                let next = cursor.map(|cursor| Self::Recent {
                    cursor: Some(cursor),
                });
                (next, incomplete)
            }
            Self::All { from, last, .. } => {
                let last = newest.max(*last);
                if !incomplete {
                    let next = cursor.map(|cursor| Self::All {
                        from: *from,
                        last,
                        cursor: Some(cursor),
                    });
                    return (next, false);
                }
                Self::next_window(*from, last)
            }
        }
    }

    /// A cut window is followed by one that starts at its last minute; a minute that is itself too full is left
    /// behind, and said to be incomplete.
    fn next_window(from: Option<Time>, last: Option<Time>) -> (Option<Self>, bool) {
        let Some(last) = last else {
            return (None, true);
        };
        let start = moment::floor(last);
        let stuck = from.is_some_and(|from| moment::floor(from) >= start);
        let start = if stuck {
            start.plus(moment::MINUTE)
        } else {
            start
        };
        let next = Self::All {
            from: Some(start),
            last: None,
            cursor: None,
        };
        (Some(next), stuck)
    }
}

/// Whether a list answer says that rows are missing: `request_status.type` is `incomplete`.
pub fn is_incomplete(answer: &Json) -> bool {
    answer["request_status"]["type"] == "incomplete"
}

/// The cursor of the next page, if there is one.
pub fn next_cursor(answer: &Json) -> Option<String> {
    answer["next_cursor"]
        .as_str()
        .filter(|_| answer["has_more"].as_bool() != Some(false))
        .map(str::to_owned)
}
