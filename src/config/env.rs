//! The environment variables that mean something here.

use std::collections::BTreeMap;
use std::fmt;

use super::hooks::{GITHUB_SECRET, NOTION_TOKEN};

/// Every variable that is looked at.
const NAMES: [&str; 17] = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GH_PATH",
    "GITHUB_USERNAME",
    "GITHUB_API_URL",
    "NOTION_TOKEN",
    "NOTION_DATABASE_ID",
    "NOTION_API_URL",
    "MONGODB_URI",
    "MONGODB_DATABASE",
    "SYNC_INTERVAL",
    "MAX_ITEMS_PER_SYNC",
    "PULSE_SYNC_CONFIG",
    "PULSE_SYNC_STATE",
    GITHUB_SECRET,
    NOTION_TOKEN,
    "NO_COLOR",
];

/// A snapshot of the variables; its `Debug` names them and hides the values, as some are secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// What this process was started with.
    pub fn of_process() -> Self {
        let vars = NAMES.iter().filter_map(|name| {
            let value = std::env::var_os(name)?;
            Some(((*name).to_owned(), value.to_string_lossy().into_owned()))
        });
        Self(vars.collect())
    }

    /// Another value for a variable, in this snapshot only.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The value without blanks around it; an empty variable counts as unset, as containers often set them so.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
