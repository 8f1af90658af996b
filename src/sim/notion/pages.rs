//! What can be done to pages, by people and by the connection alike.

use super::body::{self, Block, BlockKind, Parsed};
use super::history::{IN_TRASH, PARENT, Seen};
use super::ids::Id;
use super::refusal::Refusal;
use super::schema::{Kind, Property, check_choice_name, choice, find_choice};
use super::state::{Page, Parent, Workspace};
use super::value::Value;

/// Values to write, by property id or name.
pub type Props = Vec<(String, Value)>;

impl Workspace {
    /// Makes a row of a data source.
    pub fn create_page(
        &mut self,
        now: i64,
        actor: Id,
        source: Id,
        props: Props,
        markdown: &str,
    ) -> Result<Id, Refusal> {
        self.create_at(
            now,
            actor,
            Parent::Source(source),
            props,
            body::parse(markdown),
        )
    }

    /// Makes a page anywhere.
    pub fn create_at(
        &mut self,
        now: i64,
        actor: Id,
        parent: Parent,
        props: Props,
        content: Parsed,
    ) -> Result<Id, Refusal> {
        self.may_write(actor)?;
        self.check_parent(actor, parent)?;
        let props = self.check(parent, props)?;
        let mut page = self.blank(now, actor, parent);
        let id = page.id;
        self.fill_defaults(&mut page);
        self.pages.insert(id, page);
        self.record((now, actor), id, IN_TRASH, Seen::Absent, Seen::Flag(false));
        for (key, value) in props {
            self.put(now, actor, id, &key, value);
        }
        if let Parent::Page(holder) = parent
            && let Some(holder) = self.pages.get_mut(&holder)
        {
            let mut block = Block::new(0, BlockKind::ChildPage, "");
            block.id = id;
            holder.body.push(block);
        }
        self.replace_body(now, actor, id, content, true)?;
        self.touch(now, actor, id);
        Ok(id)
    }

    fn check_parent(&self, actor: Id, parent: Parent) -> Result<(), Refusal> {
        match parent {
            Parent::Workspace => Ok(()),
            Parent::Page(id) => self.reach(actor, id).and_then(live).map(|_| ()),
            Parent::Source(id) => {
                let source = self.reach_source(actor, id)?;
                if source.in_trash {
                    return Err(Refusal::invalid(
                        "Can't create a page in a data source that is in the trash.",
                    ));
                }
                Ok(())
            }
        }
    }

    fn fill_defaults(&mut self, page: &mut Page) {
        let Parent::Source(source) = page.parent else {
            return;
        };
        let Some(source) = self.sources.get_mut(&source) else {
            return;
        };
        source.serial += 1;
        for property in source.schema.all() {
            let value = match property.kind {
                Kind::UniqueId(_) => Some(Value::Serial(source.serial)),
                _ => Value::empty(&property.kind),
            };
            page.values
                .extend(value.map(|value| (property.id.clone(), value)));
        }
    }

    /// Writes some values of a page; all of them or, when one is refused, none.
    pub fn edit_props(
        &mut self,
        now: i64,
        actor: Id,
        page: Id,
        props: Props,
    ) -> Result<(), Refusal> {
        self.may_write(actor)?;
        let parent = live(self.reach(actor, page)?)?.parent;
        for (key, value) in self.check(parent, props)? {
            self.put(now, actor, page, &key, value);
        }
        self.touch(now, actor, page);
        Ok(())
    }

    /// Resolves keys to property ids and refuses what the columns do not take.
    fn check(&mut self, parent: Parent, props: Props) -> Result<Props, Refusal> {
        let Parent::Source(source) = parent else {
            let alien = props.iter().find(|(key, _)| key != "title");
            return match alien {
                Some((key, _)) => Err(Refusal::invalid(format!(
                    "{key} is not a property that exists."
                ))),
                None => Ok(props),
            };
        };
        let mut checked = Vec::with_capacity(props.len());
        for (key, value) in props {
            let unknown = || Refusal::invalid(format!("{key} is not a property that exists."));
            let property = self.property(source, &key).ok_or_else(unknown)?.clone();
            let value = self.check_value(&property, value)?;
            checked.push((source, property.id, value));
        }
        for (source, id, value) in &checked {
            self.add_choices(*source, id, value);
        }
        Ok(checked
            .into_iter()
            .map(|(_, id, value)| (id, value))
            .collect())
    }

    fn check_value(&self, property: &Property, value: Value) -> Result<Value, Refusal> {
        if property.kind.read_only() || !value.fits(&property.kind) {
            let (name, kind) = (&property.name, property.kind.name());
            return Err(Refusal::invalid(format!(
                "{name} is expected to be {kind}."
            )));
        }
        match (&property.kind, value) {
            (Kind::Status(..), Value::Choice(None)) => {
                Ok(Value::empty(&property.kind).unwrap_or(Value::Choice(None)))
            }
            (Kind::Status(options, _), Value::Choice(Some(name))) => {
                match find_choice(options, &name) {
                    Some(known) => Ok(Value::choice(&known.name)),
                    None => Err(Refusal::invalid(format!(
                        "Invalid status option. Status option \"{name}\" does not exist."
                    ))),
                }
            }
            (Kind::Select(options), Value::Choice(Some(name))) => {
                settle(options, name).map(|n| Value::Choice(Some(n)))
            }
            (Kind::MultiSelect(options), Value::Choices(names)) => {
                let settled: Result<Vec<_>, _> = names
                    .into_iter()
                    .map(|name| settle(options, name))
                    .collect();
                settled.map(Value::Choices)
            }
            (Kind::People, Value::Ids(ids)) => {
                match ids.iter().find(|id| !self.users.contains_key(id)) {
                    Some(id) => Err(Refusal::invalid(format!(
                        "{id} is not a user of this workspace."
                    ))),
                    None => Ok(Value::Ids(ids)),
                }
            }
            (Kind::Relation(_), Value::Ids(ids)) => {
                match ids.iter().find(|id| !self.pages.contains_key(id)) {
                    Some(id) => Err(Refusal::missing("page", id)),
                    None => Ok(Value::Ids(ids)),
                }
            }
            (_, value) => Ok(value),
        }
    }

    /// Adds the options a write names and the column lacks.
    fn add_choices(&mut self, source: Id, id: &str, value: &Value) {
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
        let Some(options) = property.and_then(|p| p.kind.options_mut()) else {
            return;
        };
        for name in names {
            if find_choice(options, name).is_none() {
                options.push(choice(name, None, ids));
            }
        }
    }

    /// Writes one checked value and logs it.
    pub(super) fn put(&mut self, now: i64, actor: Id, page: Id, id: &str, value: Value) {
        let Some(holder) = self.pages.get_mut(&page) else {
            return;
        };
        let before = holder.values.insert(id.to_owned(), value.clone());
        let before = before.map_or(Seen::Absent, Seen::Cell);
        self.record((now, actor), page, id, before, Seen::Cell(value));
    }

    /// Puts a page into the trash.
    pub fn trash(&mut self, now: i64, actor: Id, page: Id) -> Result<(), Refusal> {
        self.set_trash(now, actor, page, true)
    }

    /// Takes a page out of the trash.
    pub fn restore(&mut self, now: i64, actor: Id, page: Id) -> Result<(), Refusal> {
        self.set_trash(now, actor, page, false)
    }

    fn set_trash(&mut self, now: i64, actor: Id, page: Id, trashed: bool) -> Result<(), Refusal> {
        self.may_write(actor)?;
        let before = self.reach(actor, page)?.in_trash;
        if let Some(holder) = self.pages.get_mut(&page) {
            holder.in_trash = trashed;
        }
        self.record(
            (now, actor),
            page,
            IN_TRASH,
            Seen::Flag(before),
            Seen::Flag(trashed),
        );
        self.touch(now, actor, page);
        Ok(())
    }

    /// Removes a page for good, as a person can from the trash: from now on it is a 404.
    pub fn delete_forever(&mut self, now: i64, actor: Id, page: Id) -> Result<(), Refusal> {
        let before = self.reach(actor, page)?.in_trash;
        self.pages.remove(&page);
        self.record(
            (now, actor),
            page,
            IN_TRASH,
            Seen::Flag(before),
            Seen::Absent,
        );
        Ok(())
    }

    /// Copies a page with every value, hidden ones too, as Notion's "Duplicate" does.
    ///
    /// The title gains " (1)", a unique-id column counts on, and children are not copied.
    pub fn duplicate_page(&mut self, now: i64, actor: Id, page: Id) -> Result<Id, Refusal> {
        let original = self.reach(actor, page)?;
        let parent = original.parent;
        let mut values = original.values.clone();
        let content = Parsed {
            blocks: body::without_children(&original.body),
            mentions: Vec::new(),
        };
        if let Some(Value::Text(title)) = values.get_mut("title") {
            title.push(super::span::Span::text(" (1)"));
        }
        values.retain(|_, value| !matches!(value, Value::Serial(_)));
        self.create_at(now, actor, parent, values.into_iter().collect(), content)
    }

    /// Moves a page to another place.
    pub fn move_page(&mut self, now: i64, actor: Id, page: Id, to: Parent) -> Result<(), Refusal> {
        self.may_write(actor)?;
        self.check_parent(actor, to)?;
        let from = self.reach(actor, page)?.parent;
        self.rehouse(now, actor, page, to);
        if from != to
            && let Parent::Page(holder) = to
            && let Some(holder) = self.pages.get_mut(&holder)
        {
            let mut block = Block::new(0, BlockKind::ChildPage, "");
            block.id = page;
            holder.body.push(block);
        }
        Ok(())
    }

    /// Changes where a page lives and takes it out of the body it was in.
    pub(super) fn rehouse(&mut self, now: i64, actor: Id, page: Id, to: Parent) {
        let Some(moved) = self.pages.get_mut(&page) else {
            return;
        };
        let from = std::mem::replace(&mut moved.parent, to);
        if let Parent::Page(old) = from
            && from != to
            && let Some(old) = self.pages.get_mut(&old)
        {
            old.body.retain(|block| block.id != page);
        }
        self.record(
            (now, actor),
            page,
            PARENT,
            Seen::Place(from),
            Seen::Place(to),
        );
        self.touch(now, actor, page);
    }
}

/// Refuses a page that is in the trash.
pub(super) fn live(page: &Page) -> Result<&Page, Refusal> {
    if page.in_trash {
        return Err(Refusal::invalid(
            "Can't edit block that is archived. You must unarchive the block before editing.",
        ));
    }
    Ok(page)
}

/// The name an option write ends up with: the known spelling, or a new name that is allowed.
fn settle(options: &[super::schema::Choice], name: String) -> Result<String, Refusal> {
    if let Some(known) = find_choice(options, &name) {
        return Ok(known.name.clone());
    }
    check_choice_name(&name)?;
    Ok(name)
}
