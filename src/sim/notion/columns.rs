//! What can be done to the columns of a data source.

use super::history::Seen;
use super::ids::Id;
use super::moment;
use super::refusal::Refusal;
use super::schema::{Kind, check_choice_name, choice, find_choice};
use super::schema_json::Ask;
use super::state::{DataSource, Parent, Workspace};
use super::value::Value;

impl Workspace {
    /// Adds a column and gives its id.
    pub fn add_property(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        name: &str,
        kind: Kind,
    ) -> Result<String, Refusal> {
        let (table, ids) = self.table(now, actor, source)?;
        let id = table.schema.add(name, kind, ids)?;
        let kind = table.schema.find(&id).map(|p| p.kind.clone());
        if let Some(value) = kind.as_ref().and_then(Value::empty) {
            for page in self.rows_of(source) {
                if let Some(page) = self.pages.get_mut(&page) {
                    page.values.insert(id.clone(), value.clone());
                }
            }
        }
        Ok(id)
    }

    /// Gives a column another name; its id and its values stay.
    pub fn rename_property(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        key: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let (table, _) = self.table(now, actor, source)?;
        let taken = table.schema.all().iter().any(|p| p.name == name);
        if taken || name.is_empty() {
            return Err(Refusal::invalid(format!(
                "A property cannot be named {name:?}: the name is empty or taken."
            )));
        }
        let property = table.schema.find_mut(key).ok_or_else(|| absent(key))?;
        name.clone_into(&mut property.name);
        Ok(())
    }

    /// Removes a column and every value in it.
    pub fn delete_property(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        key: &str,
    ) -> Result<(), Refusal> {
        let (table, _) = self.table(now, actor, source)?;
        let at = table.schema.position(key).ok_or_else(|| absent(key))?;
        if table.schema.all()[at].kind == Kind::Title {
            return Err(Refusal::invalid("The title property cannot be deleted."));
        }
        let property = table.schema.all_mut().remove(at);
        for page in self.rows_of(source) {
            let gone = self
                .pages
                .get_mut(&page)
                .and_then(|p| p.values.remove(&property.id));
            if let Some(value) = gone {
                self.record(
                    (now, actor),
                    page,
                    &property.id,
                    Seen::Cell(value),
                    Seen::Absent,
                );
            }
        }
        Ok(())
    }

    /// Makes a column another type; values are converted where they can be.
    pub fn retype_property(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        key: &str,
        kind: Kind,
    ) -> Result<(), Refusal> {
        let (table, _) = self.table(now, actor, source)?;
        let property = table.schema.find_mut(key).ok_or_else(|| absent(key))?;
        if property.kind != kind && (property.kind == Kind::Title || kind == Kind::Title) {
            return Err(Refusal::invalid("The title property cannot be converted."));
        }
        property.kind = kind;
        let (id, kind) = (property.id.clone(), property.kind.clone());
        for page in self.rows_of(source) {
            let value = self
                .pages
                .get(&page)
                .and_then(|p| p.values.get(&id))
                .cloned();
            let value = value.map_or_else(|| Value::empty(&kind), |value| value.convert(&kind));
            match value {
                Some(value) => {
                    self.learn_choices(source, &id, &value);
                    let value = self.known_choices(source, &id, value);
                    self.put(now, actor, page, &id, value);
                }
                None => {
                    self.pages.get_mut(&page).map(|p| p.values.remove(&id));
                }
            }
        }
        Ok(())
    }

    /// Gives an option another name, as people can; pages that hold it follow and are not "edited".
    pub fn rename_option(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        key: &str,
        option: (&str, &str),
    ) -> Result<(), Refusal> {
        let (old, new) = option;
        check_choice_name(new)?;
        let (table, _) = self.table(now, actor, source)?;
        let property = table.schema.find_mut(key).ok_or_else(|| absent(key))?;
        let id = property.id.clone();
        let options = property.kind.options_mut().ok_or_else(|| absent(old))?;
        if options.iter().any(|o| o.name == new) {
            return Err(Refusal::invalid(format!(
                "There is an option {new:?} already."
            )));
        }
        let found = options
            .iter_mut()
            .find(|o| o.name == old)
            .ok_or_else(|| absent(old))?;
        new.clone_into(&mut found.name);
        let rename = |name: &String| {
            if name == old {
                new.to_owned()
            } else {
                name.clone()
            }
        };
        self.rewrite_choices((now, actor), source, &id, &|value| match value {
            Value::Choice(Some(name)) => Value::Choice(Some(rename(name))),
            Value::Choices(names) => Value::Choices(names.iter().map(rename).collect()),
            other => other.clone(),
        });
        Ok(())
    }

    /// Removes an option; pages that hold it lose it.
    pub fn delete_option(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        key: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let (table, _) = self.table(now, actor, source)?;
        let property = table.schema.find_mut(key).ok_or_else(|| absent(key))?;
        let options = property.kind.options_mut().ok_or_else(|| absent(name))?;
        let at = options
            .iter()
            .position(|o| o.name == name)
            .ok_or_else(|| absent(name))?;
        options.remove(at);
        let id = property.id.clone();
        let fallback = Value::empty(&property.kind).unwrap_or(Value::Choice(None));
        self.rewrite_choices((now, actor), source, &id, &|value| match value {
            Value::Choice(Some(held)) if held == name => fallback.clone(),
            Value::Choices(names) => {
                Value::Choices(names.iter().filter(|n| *n != name).cloned().collect())
            }
            other => other.clone(),
        });
        Ok(())
    }

    /// Does what a schema PATCH asks, one column after the other.
    pub fn apply_schema(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        asks: Vec<Ask>,
    ) -> Result<(), Refusal> {
        self.may_write(actor)?;
        self.check_asks(actor, source, &asks)?;
        for ask in asks {
            match ask {
                Ask::Add(name, kind) => {
                    self.add_property(now, actor, source, &name, kind)?;
                }
                Ask::Rename(key, name) => self.rename_property(now, actor, source, &key, &name)?,
                Ask::Retype(key, kind) => self.retype_property(now, actor, source, &key, kind)?,
                Ask::Delete(key) => self.delete_property(now, actor, source, &key)?,
            }
        }
        Ok(())
    }

    /// Refuses the whole request before any of it is done.
    fn check_asks(&self, actor: Id, source: Id, asks: &[Ask]) -> Result<(), Refusal> {
        let schema = &self.reach_source(actor, source)?.schema;
        for ask in asks {
            let refused = match ask {
                Ask::Add(_, Kind::Status(..)) => {
                    actor == self.bot && !self.options.status_creatable
                }
                Ask::Add(_, kind) => *kind == Kind::Title,
                Ask::Delete(key) => key == "title",
                Ask::Retype(key, kind) => (key == "title") != (*kind == Kind::Title),
                Ask::Rename(_, name) => {
                    name.is_empty() || schema.all().iter().any(|p| p.name == *name)
                }
            };
            if refused {
                return Err(Refusal::invalid(format!(
                    "The schema cannot be changed that way: {ask:?}"
                )));
            }
        }
        Ok(())
    }

    /// A data source to change, its edit time moved, with the source of ids.
    fn table(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
    ) -> Result<(&mut DataSource, &mut super::ids::IdSource), Refusal> {
        self.reach_source(actor, source)?;
        let table = self
            .sources
            .get_mut(&source)
            .ok_or_else(|| Refusal::missing("data source", source))?;
        table.edited = moment::floor(now);
        table.edited_by = actor;
        Ok((table, &mut self.ids))
    }

    /// The rows of a data source, trashed ones too.
    pub fn rows_of(&self, source: Id) -> Vec<Id> {
        let rows = self
            .pages
            .values()
            .filter(|page| page.parent == Parent::Source(source));
        rows.map(|page| page.id).collect()
    }

    fn rewrite_choices(
        &mut self,
        who: (i64, Id),
        source: Id,
        id: &str,
        rewrite: &dyn Fn(&Value) -> Value,
    ) {
        for page in self.rows_of(source) {
            let value = self
                .pages
                .get(&page)
                .and_then(|p| p.values.get(id))
                .map(rewrite);
            if let Some(value) = value {
                self.put(who.0, who.1, page, id, value);
            }
        }
    }

    /// Adds the options a converted value brings, except to a status column.
    fn learn_choices(&mut self, source: Id, id: &str, value: &Value) {
        let names = match value {
            Value::Choice(Some(name)) => std::slice::from_ref(name),
            Value::Choices(names) => names,
            _ => return,
        };
        let ids = &mut self.ids;
        let property = self
            .sources
            .get_mut(&source)
            .and_then(|s| s.schema.find_mut(id));
        let Some(Kind::Select(options) | Kind::MultiSelect(options)) =
            property.map(|p| &mut p.kind)
        else {
            return;
        };
        for name in names {
            if find_choice(options, name).is_none() {
                options.push(choice(name, None, ids));
            }
        }
    }

    /// A status whose option the column lacks falls back to the first option.
    fn known_choices(&self, source: Id, id: &str, value: Value) -> Value {
        let kind = self.property(source, id).map(|p| &p.kind);
        match (kind, &value) {
            (Some(Kind::Status(options, _)), Value::Choice(name)) => {
                let known = name
                    .as_ref()
                    .is_some_and(|name| find_choice(options, name).is_some());
                if known {
                    value
                } else {
                    Value::Choice(options.first().map(|o| o.name.clone()))
                }
            }
            _ => value,
        }
    }
}

fn absent(key: &str) -> Refusal {
    Refusal::invalid(format!("{key} is not a property or option that exists."))
}
