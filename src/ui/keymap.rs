//! Keys: how they are written, what they mean where, and which of them the user changed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, DEFAULT_KEYS, Place};

/// One key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// Reads a key as it is written: `j`, `G`, `ctrl-d`, `shift-Tab`, `Space`, `F1`, `alt-x`.
    ///
    /// # Errors
    /// Says what cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::empty();
        let mut rest = text;
        for (prefix, modifier) in [
            ("ctrl-", KeyModifiers::CONTROL),
            ("alt-", KeyModifiers::ALT),
            ("shift-", KeyModifiers::SHIFT),
        ] {
            if let Some(after) = rest.strip_prefix(prefix).filter(|after| !after.is_empty()) {
                modifiers |= modifier;
                rest = after;
            }
        }
        let code = named(rest).or_else(|| single(rest)).ok_or_else(|| {
            format!(
                "`{text}` is no key; keys are written as j, G, ctrl-d, shift-Tab, Space, Enter, F1"
            )
        })?;
        Ok(Self { code, modifiers }.normal())
    }

    /// The key of an event.
    pub fn of(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            modifiers: event.modifiers
                & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT),
        }
        .normal()
    }

    /// The text that the key types, if it types any.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c)
                if !self
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                Some(c)
            }
            _ => None,
        }
    }

    /// What it is, without its modifiers.
    pub const fn code(self) -> KeyCode {
        self.code
    }

    /// Whether a modifier is held.
    pub const fn has(self, modifier: KeyModifiers) -> bool {
        self.modifiers.contains(modifier)
    }

    /// Terminals tell of a capital letter with or without shift, and of shift-Tab in two ways.
    fn normal(mut self) -> Self {
        match self.code {
            KeyCode::Char(c) => {
                if self.modifiers.contains(KeyModifiers::SHIFT) && c.is_lowercase() {
                    self.code = KeyCode::Char(c.to_ascii_uppercase());
                }
                self.modifiers.remove(KeyModifiers::SHIFT);
            }
            KeyCode::BackTab => {
                self.code = KeyCode::Tab;
                self.modifiers.insert(KeyModifiers::SHIFT);
            }
            _ => {}
        }
        self
    }
}

const NAMED: &[(&str, KeyCode, &str)] = &[
    ("Enter", KeyCode::Enter, "Enter"),
    ("Esc", KeyCode::Esc, "Esc"),
    ("Tab", KeyCode::Tab, "Tab"),
    ("Space", KeyCode::Char(' '), "Space"),
    ("Backspace", KeyCode::Backspace, "Backspace"),
    ("Up", KeyCode::Up, "↑"),
    ("Down", KeyCode::Down, "↓"),
    ("Left", KeyCode::Left, "←"),
    ("Right", KeyCode::Right, "→"),
    ("Home", KeyCode::Home, "Home"),
    ("End", KeyCode::End, "End"),
    ("PageUp", KeyCode::PageUp, "PgUp"),
    ("PageDown", KeyCode::PageDown, "PgDn"),
    ("Delete", KeyCode::Delete, "Del"),
    ("Insert", KeyCode::Insert, "Ins"),
];

fn named(text: &str) -> Option<KeyCode> {
    let known = NAMED
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(text));
    known.map(|(_, code, _)| *code).or_else(|| {
        let number = text.strip_prefix(['F', 'f'])?.parse().ok()?;
        (1..=24).contains(&number).then_some(KeyCode::F(number))
    })
}

fn single(text: &str) -> Option<KeyCode> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() => Some(KeyCode::Char(c)),
        _ => None,
    }
}

impl fmt::Display for Key {
    /// Short, for the screen: `j`, `^d`, `S-Tab`, `↓`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        if self.has(KeyModifiers::ALT) {
            f.write_str("M-")?;
        }
        if self.has(KeyModifiers::SHIFT) {
            f.write_str("S-")?;
        }
        match (
            self.code,
            NAMED.iter().find(|(_, code, _)| *code == self.code),
        ) {
            (_, Some((.., shown))) => f.write_str(shown),
            (KeyCode::Char(c), _) => write!(f, "{c}"),
            (KeyCode::F(number), _) => write!(f, "F{number}"),
            _ => f.write_str("?"),
        }
    }
}

/// One key, or two one after the other, with a meaning at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub place: Place,
    /// The keys.
    pub keys: Vec<Key>,
    /// What they do.
    pub action: Action,
}

impl Binding {
    /// The keys for the screen.
    pub fn shown(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        keys.join(" ")
    }
}

/// What keys mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// What one more key leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This action.
    Action(Action),
    /// The first of two keys.
    Prefix,
    /// Nothing here.
    Nothing,
}

/// What a user wants: these keys for an action at a place, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Where.
    pub place: Place,
    /// What they do.
    pub action: Action,
    /// The keys; none switch it off there.
    pub keys: Vec<String>,
}

/// The user's keys: `place` → action → keys. As `[keys]` (everywhere) and `[keys.resolver]` have them.
pub type Overrides = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn sequence(text: &str) -> Result<Vec<Key>, String> {
    let keys: Vec<Key> = text
        .split_whitespace()
        .map(Key::parse)
        .collect::<Result<_, _>>()?;
    match keys.len() {
        1 | 2 => Ok(keys),
        _ => Err(format!(
            "`{text}` is not one key, or two with a space between"
        )),
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let bindings = DEFAULT_KEYS.iter().filter_map(|(place, keys, action)| {
            Some(Binding {
                place: *place,
                keys: sequence(keys).ok()?,
                action: *action,
            })
        });
        Self {
            bindings: bindings.collect(),
        }
    }
}

impl Keymap {
    /// The delivered keys with the user's changes. An action that is named gets exactly the named keys at that place;
    /// no keys switch it off there.
    ///
    /// # Errors
    /// Every problem at once: unknown places, actions and keys, and two actions on one key at one place.
    pub fn with(overrides: &Overrides) -> Result<Self, Vec<String>> {
        let mut map = Self::default();
        let mut problems = Vec::new();
        for (place, actions) in overrides {
            let Some(place) = Place::ALL.into_iter().find(|one| one.name() == place) else {
                let names: Vec<&str> = Place::ALL.iter().map(|one| one.name()).collect();
                problems.push(format!(
                    "`{place}` is no place; places are {}",
                    names.join(", ")
                ));
                continue;
            };
            for (action, keys) in actions {
                match Action::named(action) {
                    Some(action) => map.rebind(place, action, keys, &mut problems),
                    None => problems.push(unknown_action(action)),
                }
            }
        }
        problems.extend(map.clashes().into_iter().map(|(_, _, problem)| problem));
        if problems.is_empty() {
            Ok(map)
        } else {
            Err(problems)
        }
    }

    /// The delivered keys with a user's wishes.
    ///
    /// # Errors
    /// Every problem at once, each with the number of the wish that it comes from.
    pub fn wished(wishes: &[Wish]) -> Result<Self, Vec<(usize, String)>> {
        let mut map = Self::default();
        let mut problems = Vec::new();
        for (at, wish) in wishes.iter().enumerate() {
            let mut own = Vec::new();
            map.rebind(wish.place, wish.action, &wish.keys, &mut own);
            problems.extend(own.into_iter().map(|problem| (at, problem)));
        }
        for (one, other, problem) in map.clashes() {
            let is_meant = |wish: &Wish| wish.action == one || wish.action == other;
            let at = wishes.iter().rposition(is_meant).unwrap_or(0);
            problems.push((at, problem));
        }
        if problems.is_empty() {
            Ok(map)
        } else {
            Err(problems)
        }
    }

    fn rebind(
        &mut self,
        place: Place,
        action: Action,
        keys: &[String],
        problems: &mut Vec<String>,
    ) {
        self.bindings
            .retain(|binding| binding.place != place || binding.action != action);
        for text in keys {
            match sequence(text) {
                Ok(keys) => self.bindings.push(Binding {
                    place,
                    keys,
                    action,
                }),
                Err(problem) => problems.push(problem),
            }
        }
    }

    /// Keys with two meanings at one place, or a key that is both a whole and the beginning of another.
    fn clashes(&self) -> Vec<(Action, Action, String)> {
        let mut found = Vec::new();
        for (at, one) in self.bindings.iter().enumerate() {
            for other in &self.bindings[at + 1..] {
                let meets = one.keys.starts_with(&other.keys) || other.keys.starts_with(&one.keys);
                if one.place == other.place && meets && one.action != other.action {
                    let text = format!(
                        "two actions on `{}` ({}): {}, {}",
                        one.shown(),
                        one.place.name(),
                        one.action.name(),
                        other.action.name()
                    );
                    found.push((one.action, other.action, text));
                }
            }
        }
        found
    }

    /// What the keys pressed so far mean at these places, the more particular first.
    pub fn resolve(&self, places: &[Place], pressed: &[Key]) -> Resolved {
        for place in places {
            let here = || self.bindings.iter().filter(|one| one.place == *place);
            if let Some(hit) = here().find(|one| one.keys == pressed) {
                return Resolved::Action(hit.action);
            }
            if here().any(|one| one.keys.len() > pressed.len() && one.keys.starts_with(pressed)) {
                return Resolved::Prefix;
            }
        }
        Resolved::Nothing
    }

    /// What may follow the keys pressed so far.
    pub fn after(&self, places: &[Place], pressed: &[Key]) -> Vec<&Binding> {
        self.in_force(places)
            .into_iter()
            .filter(|one| one.keys.len() > pressed.len() && one.keys.starts_with(pressed))
            .collect()
    }

    /// The bindings that work at these places: none that a more particular place hides.
    pub fn in_force(&self, places: &[Place]) -> Vec<&Binding> {
        let mut found: Vec<&Binding> = Vec::new();
        for place in places {
            for binding in self.bindings.iter().filter(|one| one.place == *place) {
                if !found.iter().any(|shown| shown.keys == binding.keys) {
                    found.push(binding);
                }
            }
        }
        found
    }

    /// The keys of an action at these places, for the screen; the first is the usual one.
    pub fn keys_of(&self, places: &[Place], action: Action) -> Vec<String> {
        let in_force = self.in_force(places);
        let own = in_force.iter().filter(|one| one.action == action);
        own.map(|one| one.shown()).collect()
    }

    /// Every binding, for the generated list.
    pub fn all(&self) -> &[Binding] {
        &self.bindings
    }
}

fn unknown_action(name: &str) -> String {
    let near = Action::ALL
        .iter()
        .map(|action| action.name())
        .min_by_key(|known| strsim::damerau_levenshtein(known, name));
    format!(
        "`{name}` is no action; did you mean `{}`?",
        near.unwrap_or_default()
    )
}

/// The list of keys as Markdown, made from the table.
pub fn markdown(map: &Keymap) -> String {
    let mut out = String::from("# Keys\n\nMade by `pulse-sync keys --markdown`; do not edit.\n");
    for place in Place::ALL {
        let mut rows: Vec<(Action, Vec<String>)> = Vec::new();
        for binding in map.all().iter().filter(|one| one.place == place) {
            match rows
                .iter_mut()
                .find(|(action, _)| *action == binding.action)
            {
                Some((_, keys)) => keys.push(binding.shown()),
                None => rows.push((binding.action, vec![binding.shown()])),
            }
        }
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            out,
            "\n## {}\n\n| keys | name | does |\n|---|---|---|\n",
            place.name()
        );
        for (action, keys) in rows {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            let line = format!(
                "| {} | `{}` | {} |\n",
                keys.join(" "),
                action.name(),
                action.says()
            );
            out.push_str(&line);
        }
    }
    out
}
