//! The columns of a data source.

use super::ids::{Id, IdSource};
use super::refusal::Refusal;

/// One option of a select, multi-select or status column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Stays when the option is renamed.
    pub id: String,
    /// What people see.
    pub name: String,
    /// One of Notion's colour names.
    pub color: String,
}

/// A group of status options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceGroup {
    /// Its id.
    pub id: String,
    /// `To-do`, `In progress` or `Complete`.
    pub name: String,
    /// One of Notion's colour names.
    pub color: String,
    /// The options in it.
    pub options: Vec<String>,
}

/// The type of a column and what belongs to the type.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The one column that names the page.
    Title,
    /// Free text.
    RichText,
    /// A number in a format.
    Number(String),
    /// At most one of the options; unknown names are added by a write.
    Select(Vec<Choice>),
    /// Any of the options; unknown names are added by a write.
    MultiSelect(Vec<Choice>),
    /// Exactly one of the options; unknown names are refused.
    Status(Vec<Choice>, Vec<ChoiceGroup>),
    /// A day or a moment, or a range.
    Date,
    /// Yes or no.
    Checkbox,
    /// A web address.
    Url,
    /// A mail address.
    Email,
    /// A telephone number.
    Phone,
    /// People of the workspace.
    People,
    /// Pages of a data source.
    Relation(Id),
    /// A number Notion counts up, with a prefix.
    UniqueId(Option<String>),
    /// When the page was made; read only.
    CreatedTime,
    /// When it was last changed; read only.
    EditedTime,
    /// Who made it; read only.
    CreatedBy,
    /// Who changed it last; read only.
    EditedBy,
    /// A computed column; read only, and always unsupported here.
    Formula(String),
}

impl Kind {
    /// The type's name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::RichText => "rich_text",
            Self::Number(_) => "number",
            Self::Select(_) => "select",
            Self::MultiSelect(_) => "multi_select",
            Self::Status(..) => "status",
            Self::Date => "date",
            Self::Checkbox => "checkbox",
            Self::Url => "url",
            Self::Email => "email",
            Self::Phone => "phone_number",
            Self::People => "people",
            Self::Relation(_) => "relation",
            Self::UniqueId(_) => "unique_id",
            Self::CreatedTime => "created_time",
            Self::EditedTime => "last_edited_time",
            Self::CreatedBy => "created_by",
            Self::EditedBy => "last_edited_by",
            Self::Formula(_) => "formula",
        }
    }

    /// A column type by its API name with nothing configured; `None` for types this world lacks.
    pub fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "title" => Self::Title,
            "rich_text" => Self::RichText,
            "number" => Self::Number("number".to_owned()),
            "select" => Self::Select(Vec::new()),
            "multi_select" => Self::MultiSelect(Vec::new()),
            "status" => Self::Status(Vec::new(), Vec::new()),
            "date" => Self::Date,
            "checkbox" => Self::Checkbox,
            "url" => Self::Url,
            "email" => Self::Email,
            "phone_number" => Self::Phone,
            "people" => Self::People,
            "unique_id" => Self::UniqueId(None),
            "created_time" => Self::CreatedTime,
            "last_edited_time" => Self::EditedTime,
            "created_by" => Self::CreatedBy,
            "last_edited_by" => Self::EditedBy,
            "formula" => Self::Formula(String::new()),
            _ => return None,
        })
    }

    /// A status column with these options in the groups Notion makes: first, middle, last.
    pub fn status(names: &[&str], ids: &mut IdSource) -> Self {
        let names = if names.is_empty() {
            &["Not started", "In progress", "Done"][..]
        } else {
            names
        };
        let options: Vec<Choice> = names.iter().map(|name| choice(name, None, ids)).collect();
        let groups = status_groups(&options, ids);
        Self::Status(options, groups)
    }

    /// The options, for the types that have them.
    pub fn options(&self) -> Option<&Vec<Choice>> {
        match self {
            Self::Select(options) | Self::MultiSelect(options) | Self::Status(options, _) => {
                Some(options)
            }
            _ => None,
        }
    }

    /// The options, for the types that have them, to change.
    pub fn options_mut(&mut self) -> Option<&mut Vec<Choice>> {
        match self {
            Self::Select(options) | Self::MultiSelect(options) | Self::Status(options, _) => {
                Some(options)
            }
            _ => None,
        }
    }

    /// Says whether the service computes the value.
    pub fn read_only(&self) -> bool {
        matches!(
            self,
            Self::UniqueId(_)
                | Self::CreatedTime
                | Self::EditedTime
                | Self::CreatedBy
                | Self::EditedBy
                | Self::Formula(_)
        )
    }
}

/// Makes an option with a fresh id.
pub fn choice(name: &str, color: Option<&str>, ids: &mut IdSource) -> Choice {
    Choice {
        id: ids.fresh().to_string(),
        name: name.to_owned(),
        color: color.unwrap_or("default").to_owned(),
    }
}

/// Sorts status options into the three groups: names that sound finished are complete,
/// the first of the others is to do, the rest are in progress.
pub fn status_groups(options: &[Choice], ids: &mut IdSource) -> Vec<ChoiceGroup> {
    const DONE: &[&str] = &[
        "done",
        "closed",
        "complete",
        "completed",
        "merged",
        "not planned",
    ];
    let mut groups: Vec<ChoiceGroup> = [
        ("To-do", "gray"),
        ("In progress", "blue"),
        ("Complete", "green"),
    ]
    .into_iter()
    .map(|(name, color)| ChoiceGroup {
        id: ids.fresh().to_string(),
        name: name.to_owned(),
        color: color.to_owned(),
        options: Vec::new(),
    })
    .collect();
    for option in options {
        let done = DONE.contains(&option.name.to_lowercase().as_str());
        let place = if done {
            2
        } else {
            usize::from(!groups[0].options.is_empty())
        };
        groups[place].options.push(option.id.clone());
    }
    groups
}

/// Finds an option by name; letter case alone makes no difference.
pub fn find_choice<'a>(options: &'a [Choice], name: &str) -> Option<&'a Choice> {
    let exact = options.iter().find(|option| option.name == name);
    exact.or_else(|| {
        options
            .iter()
            .find(|option| option.name.to_lowercase() == name.to_lowercase())
    })
}

/// Refuses option names Notion does not take: empty, with a comma, or over 100 characters.
pub fn check_choice_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid("Option names cannot be empty."));
    }
    if name.contains(',') {
        return Err(Refusal::invalid(format!(
            "Invalid select option, commas not allowed: {name}"
        )));
    }
    super::span::limit(name, 100, "select.name")
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Survives renames; already percent-encoded, `title` for the title.
    pub id: String,
    /// What people see.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// The columns of one data source, in the order they were made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    properties: Vec<Property>,
}

impl Schema {
    /// All columns.
    pub fn all(&self) -> &[Property] {
        &self.properties
    }

    /// All columns, to change.
    pub fn all_mut(&mut self) -> &mut Vec<Property> {
        &mut self.properties
    }

    /// Finds a column by its id (encoded or decoded) or its name.
    pub fn find(&self, key: &str) -> Option<&Property> {
        self.position(key).map(|at| &self.properties[at])
    }

    /// Finds a column by its id or name, to change it.
    pub fn find_mut(&mut self, key: &str) -> Option<&mut Property> {
        self.position(key).map(|at| &mut self.properties[at])
    }

    /// Finds where a column is by its id (encoded or decoded) or its name.
    pub fn position(&self, key: &str) -> Option<usize> {
        let all = &self.properties;
        let by_id = all.iter().position(|p| p.id == key);
        by_id
            .or_else(|| all.iter().position(|p| decoded(&p.id) == key))
            .or_else(|| all.iter().position(|p| p.name == key))
    }

    /// Finds the title column.
    pub fn title(&self) -> Option<&Property> {
        self.properties.iter().find(|p| p.kind == Kind::Title)
    }

    /// Adds a column; refuses a name that is taken and a second title.
    pub fn add(&mut self, name: &str, kind: Kind, ids: &mut IdSource) -> Result<String, Refusal> {
        if name.is_empty() || self.properties.iter().any(|p| p.name == name) {
            return Err(Refusal::invalid(format!(
                "{name:?} is not a name for a new property: it is empty or taken."
            )));
        }
        if kind == Kind::Title && self.title().is_some() {
            return Err(Refusal::invalid(
                "A data source must have exactly one title property.",
            ));
        }
        if self.properties.len() >= 500 {
            return Err(Refusal::invalid(
                "The data source already has 500 properties.",
            ));
        }
        let id = if kind == Kind::Title {
            "title".to_owned()
        } else {
            self.free_id(ids)
        };
        self.properties.push(Property {
            id: id.clone(),
            name: name.to_owned(),
            kind,
        });
        Ok(id)
    }

    fn free_id(&self, ids: &mut IdSource) -> String {
        loop {
            let id = ids.property();
            if self.position(&id).is_none() {
                return id;
            }
        }
    }
}

fn decoded(id: &str) -> String {
    percent_encoding::percent_decode_str(id)
        .decode_utf8_lossy()
        .into_owned()
}
