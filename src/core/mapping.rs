//! Which field meets which Notion property.

use std::collections::BTreeMap;

use super::codec::StateMap;
use super::words::Words;
use super::{Class, Codec, Direction, Field, FieldKey, Kind, Policy, Value, standard, told};

/// The Notion property types that a field can be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are Notion's own type names")]
pub enum PropertyKind {
    Title,
    RichText,
    Number,
    Select,
    MultiSelect,
    Status,
    Date,
    Checkbox,
    Url,
}

impl PropertyKind {
    /// Every type that a field can be bound to.
    pub const ALL: [Self; 9] = [
        Self::Title,
        Self::RichText,
        Self::Number,
        Self::Select,
        Self::MultiSelect,
        Self::Status,
        Self::Date,
        Self::Checkbox,
        Self::Url,
    ];

    /// The types of property that can hold a value which belongs into a property of this type, best first, so that it
    /// can be read back as it was.
    pub const fn fitting(self) -> &'static [Self] {
        match self {
            Self::Title => &[Self::Title],
            Self::RichText => &[Self::RichText, Self::Select],
            Self::Number => &[Self::Number, Self::RichText],
            Self::Select => &[Self::Select, Self::RichText],
            Self::MultiSelect => &[Self::MultiSelect, Self::RichText],
            Self::Status => &[Self::Status, Self::Select, Self::Checkbox],
            Self::Date => &[Self::Date, Self::RichText],
            Self::Checkbox => &[Self::Checkbox],
            Self::Url => &[Self::Url, Self::RichText],
        }
    }

    /// The type of this name in Notion's API.
    pub fn named(api_name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.api_name() == api_name)
    }

    /// The type's name in Notion's API.
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::RichText => "rich_text",
            Self::Number => "number",
            Self::Select => "select",
            Self::MultiSelect => "multi_select",
            Self::Status => "status",
            Self::Date => "date",
            Self::Checkbox => "checkbox",
            Self::Url => "url",
        }
    }
}

/// A field and the property it is bound to; no property means the page's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The field.
    pub field: Field,
    /// The property's name (only to find or make it; afterwards its id counts) and the type that it is made with.
    pub property: Option<(String, PropertyKind)>,
    /// The type whose form the field's values have on the Notion side, whatever the property's own type is.
    pub form: PropertyKind,
    /// The types that the property may have.
    pub takes: Vec<PropertyKind>,
    /// How changes are brought together where the field goes both ways.
    pub class: Class,
    /// The value that every page has, where that is all there is to the field.
    pub constant: Option<Value>,
}

/// A property that says the same on every page of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// The property's name.
    pub property: String,
    /// The type that it is made with.
    pub kind: PropertyKind,
    /// What every page says there.
    pub value: Value,
}

/// A property that the mapping wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name in the mapping.
    pub name: String,
    /// The type that it is made with.
    pub kind: PropertyKind,
    /// The types that it may have.
    pub takes: Vec<PropertyKind>,
}

/// Where a field is kept in Notion, in which words, and which way it goes, as far as that is not the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The property's name.
    pub property: Option<String>,
    /// The property's type.
    pub kind: Option<PropertyKind>,
    /// Which way the field goes.
    pub direction: Option<Direction>,
    /// The words that its values have in Notion.
    pub words: Words,
}

impl Bound {
    fn place(&mut self, placement: &Placement) {
        if let Some((name, kind)) = &mut self.property {
            if let Some(to) = &placement.property {
                name.clone_from(to);
                self.takes = self.form.fitting().to_vec();
            }
            if let Some(typed) = placement.kind {
                *kind = typed;
                self.takes = vec![typed];
            }
        }
        if !placement.words.is_empty() {
            self.field.codec = match self.form {
                PropertyKind::MultiSelect => Codec::Names(placement.words.clone()),
                _ => Codec::Name(placement.words.clone()),
            };
        }
        match placement.direction {
            Some(Direction::ToNotion) => {
                self.field.class = Class::Mirror;
                self.field.direction = Direction::ToNotion;
            }
            Some(Direction::ToGithub) => {
                self.field.direction = Direction::ToGithub;
                self.field.policy = Policy::Notion;
            }
            // Where a profile said something else before.
            Some(Direction::Both) => {
                self.field.class = self.class;
                self.field.direction = Direction::Both;
            }
            Some(Direction::Off) | None => {}
        }
    }
}

/// What is kept in step for each kind of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub(super) issue: Vec<Bound>,
    pub(super) pull: Vec<Bound>,
    pub(super) commit: Vec<Bound>,
}

/// The name of the property that carries the GitHub node id: how a page is recognised.
pub const ID_PROPERTY: &str = "GitHub ID";
/// The name of the property that says what kind of item a page is.
pub const KIND_PROPERTY: &str = "Kind";

impl Mapping {
    /// The mapping used unless the configuration says otherwise.
    pub fn standard(states: StateMap, policy: Policy) -> Self {
        Self {
            issue: standard::issue(states, policy),
            pull: standard::pull(policy),
            commit: standard::commit(),
        }
    }

    /// The bound fields of a kind.
    pub fn bound(&self, kind: Kind) -> &[Bound] {
        match kind {
            Kind::Issue => &self.issue,
            Kind::Pull => &self.pull,
            Kind::Commit => &self.commit,
        }
    }

    /// The bound fields of a kind, to change them by configuration.
    pub const fn bound_mut(&mut self, kind: Kind) -> &mut Vec<Bound> {
        match kind {
            Kind::Issue => &mut self.issue,
            Kind::Pull => &mut self.pull,
            Kind::Commit => &mut self.commit,
        }
    }

    /// Another policy for the conflicts of a field, of one kind or of all. A field that flows one way has none.
    pub fn decide(&mut self, kind: Option<Kind>, key: &FieldKey, policy: Policy) {
        let kinds = [Kind::Issue, Kind::Pull, Kind::Commit].into_iter();
        for kind in kinds.filter(|of| kind.is_none_or(|kind| kind == *of)) {
            let bound = self.bound_mut(kind).iter_mut();
            let fields = bound.map(|bound| &mut bound.field);
            let meant =
                |field: &&mut Field| field.key == *key && field.direction == Direction::Both;
            fields.filter(meant).for_each(|field| field.policy = policy);
        }
    }

    /// Another place or direction for a field, of one kind or of all.
    ///
    /// What goes to Notion only is a mirror of GitHub from then on: edits in Notion are put back. What goes to GitHub
    /// only is Notion's word. What is off is in the mapping no more.
    pub fn place(&mut self, kind: Option<Kind>, key: &FieldKey, placement: &Placement) {
        let kinds = [Kind::Issue, Kind::Pull, Kind::Commit].into_iter();
        for kind in kinds.filter(|of| kind.is_none_or(|kind| kind == *of)) {
            let bound = self.bound_mut(kind);
            if placement.direction == Some(Direction::Off) {
                bound.retain(|bound| bound.field.key != *key);
            }
            if let Some(bound) = bound.iter_mut().find(|bound| bound.field.key == *key) {
                bound.place(placement);
            }
        }
    }

    /// Adds a property that says the same on every page, of any kind.
    pub fn fix(&mut self, constant: &Constant) {
        let key = FieldKey::constant(&constant.property);
        let bound = standard::constant(key, constant);
        for kind in [Kind::Issue, Kind::Pull, Kind::Commit] {
            self.bound_mut(kind).push(bound.clone());
        }
    }

    /// What every page says, as an observation of GitHub's has it.
    pub fn constants(&self) -> BTreeMap<FieldKey, Value> {
        let bound = self.issue.iter();
        bound
            .filter_map(|bound| Some((bound.field.key.clone(), bound.constant.clone()?)))
            .collect()
    }

    /// The field, of any kind, that is kept in the property of this name.
    pub fn owner_of(&self, property: &str) -> Option<&FieldKey> {
        let mut all = [&self.issue, &self.pull, &self.commit]
            .into_iter()
            .flatten();
        let owner = all.find(|bound| {
            let own = bound.property.as_ref();
            own.is_some_and(|(name, _)| name == property)
        });
        owner.map(|bound| &bound.field.key)
    }

    /// The fields of a kind.
    pub fn fields(&self, kind: Kind) -> impl Iterator<Item = &Field> {
        self.bound(kind).iter().map(|bound| &bound.field)
    }

    /// One field of a kind.
    pub fn field(&self, kind: Kind, key: &FieldKey) -> Option<&Field> {
        self.fields(kind).find(|field| &field.key == key)
    }

    /// Where a page says a thing of itself: in its kind's own property, else in the one that issues have for it. None
    /// where its kind keeps another field there.
    pub fn word(&self, kind: Kind, key: &FieldKey) -> Option<&Bound> {
        let of = |kind: Kind| {
            self.bound(kind)
                .iter()
                .find(|bound| bound.field.key == *key)
        };
        let name = |bound: &Bound| bound.property.as_ref().map(|(name, _)| name.clone());
        of(kind).or_else(|| {
            let lent = of(Kind::Issue)?;
            let is_taken = self.bound(kind).iter().any(|own| name(own) == name(lent));
            (told::is_of_page(key) && !is_taken).then_some(lent)
        })
    }

    /// Every property of any kind, each once, for making a schema.
    pub fn properties(&self) -> Vec<Wanted> {
        let own = |name: &str, kind: PropertyKind| Wanted {
            name: name.to_owned(),
            kind,
            takes: vec![kind],
        };
        let mut all = vec![
            own(ID_PROPERTY, PropertyKind::RichText),
            own(KIND_PROPERTY, PropertyKind::Select),
        ];
        let bound = [&self.issue, &self.pull, &self.commit]
            .into_iter()
            .flatten();
        for bound in bound {
            let Some((name, kind)) = &bound.property else {
                continue;
            };
            if !all.iter().any(|wanted| wanted.name == *name) {
                all.push(Wanted {
                    name: name.clone(),
                    kind: *kind,
                    takes: bound.takes.clone(),
                });
            }
        }
        all
    }
}
