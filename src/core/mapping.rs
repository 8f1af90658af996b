//! The default mapping: which field meets which Notion property.

use super::codec::StateMap;
use super::{Class, Codec, Direction, Field, FieldKey, Kind, Policy};

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
    /// The property's name (only to find or make it; afterwards its id counts) and type.
    pub property: Option<(String, PropertyKind)>,
}

/// What is kept in step for each kind of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    issue: Vec<Bound>,
    pull: Vec<Bound>,
    commit: Vec<Bound>,
}

/// The name of the property that carries the GitHub node id: how a page is recognised.
pub const ID_PROPERTY: &str = "GitHub ID";
/// The name of the property that says what kind of item a page is.
pub const KIND_PROPERTY: &str = "Kind";

impl Mapping {
    /// The mapping used unless the configuration says otherwise.
    pub fn standard(states: StateMap, policy: Policy) -> Self {
        Self {
            issue: issue_fields(states, policy),
            pull: pull_fields(policy),
            commit: commit_fields(),
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

    /// The fields of a kind.
    pub fn fields(&self, kind: Kind) -> impl Iterator<Item = &Field> {
        self.bound(kind).iter().map(|bound| &bound.field)
    }

    /// One field of a kind.
    pub fn field(&self, kind: Kind, key: &FieldKey) -> Option<&Field> {
        self.fields(kind).find(|field| &field.key == key)
    }

    /// Every property of any kind, each once, for making a schema.
    pub fn properties(&self) -> Vec<(String, PropertyKind)> {
        let mut all: Vec<(String, PropertyKind)> = Vec::new();
        let own = [
            (ID_PROPERTY.to_owned(), PropertyKind::RichText),
            (KIND_PROPERTY.to_owned(), PropertyKind::Select),
        ];
        let bound = [&self.issue, &self.pull, &self.commit]
            .into_iter()
            .flatten()
            .filter_map(|bound| bound.property.clone());
        for property in own.into_iter().chain(bound) {
            if !all.iter().any(|(name, _)| *name == property.0) {
                all.push(property);
            }
        }
        all
    }
}

fn bound(
    key: FieldKey,
    class: Class,
    codec: Codec,
    policy: Policy,
    property: Option<(&str, PropertyKind)>,
) -> Bound {
    let direction = if class == Class::Mirror {
        Direction::ToNotion
    } else {
        Direction::Both
    };
    Bound {
        field: Field {
            key,
            class,
            codec,
            direction,
            policy,
        },
        property: property.map(|(name, kind)| (name.to_owned(), kind)),
    }
}

fn mirror(key: &'static str, name: &str, kind: PropertyKind) -> Bound {
    let codec = match kind {
        PropertyKind::Select => Codec::Name,
        PropertyKind::MultiSelect => Codec::Names,
        _ => Codec::Same,
    };
    bound(
        FieldKey(key.into()),
        Class::Mirror,
        codec,
        Policy::Github,
        Some((name, kind)),
    )
}

/// What issues and pull requests share.
fn shared_fields(policy: Policy) -> Vec<Bound> {
    use PropertyKind::{Date, MultiSelect, Number, RichText, Select, Title, Url};
    vec![
        bound(
            FieldKey::TITLE,
            Class::Scalar,
            Codec::Title,
            policy,
            Some(("Title", Title)),
        ),
        bound(FieldKey::BODY, Class::Text, Codec::Markdown, policy, None),
        bound(
            FieldKey::LABELS,
            Class::Set,
            Codec::Names,
            policy,
            Some(("Labels", MultiSelect)),
        ),
        bound(
            FieldKey::ASSIGNEES,
            Class::Set,
            Codec::Names,
            policy,
            Some(("Assignees", MultiSelect)),
        ),
        bound(
            FieldKey::MILESTONE,
            Class::Scalar,
            Codec::Name,
            policy,
            Some(("Milestone", Select)),
        ),
        mirror("repository", "Repository", Select),
        mirror("number", "Number", Number),
        mirror("url", "URL", Url),
        mirror("author", "Author", RichText),
        mirror("comments", "Comments", Number),
        mirror("created", "Created", Date),
        mirror("updated", "Updated", Date),
        mirror("closed", "Closed", Date),
        mirror("sync", "Sync", Select),
        mirror("sync_note", "Sync note", RichText),
    ]
}

/// A page that a person made gets the hidden id too: by it the page is known again when the store is lost. And it says
/// what it is from then on, as the pages do that we make.
fn identity() -> [Bound; 2] {
    [
        mirror("node", ID_PROPERTY, PropertyKind::RichText),
        mirror("kind", KIND_PROPERTY, PropertyKind::Select),
    ]
}

fn issue_fields(states: StateMap, policy: Policy) -> Vec<Bound> {
    use PropertyKind::{Select, Status};
    let mut fields = shared_fields(policy);
    fields.extend(identity());
    fields.push(bound(
        FieldKey::STATE,
        Class::Scalar,
        Codec::State(states),
        policy,
        Some(("Status", Status)),
    ));
    fields.push(bound(
        FieldKey::CLOSED_AS,
        Class::Scalar,
        Codec::Same,
        policy,
        Some(("Closed as", Select)),
    ));
    fields.push(bound(
        FieldKey::TYPE,
        Class::Scalar,
        Codec::Name,
        policy,
        Some(("Type", Select)),
    ));
    fields.push(mirror("publish", "Publish", Select));
    fields
}

fn pull_fields(policy: Policy) -> Vec<Bound> {
    use PropertyKind::{Date, MultiSelect, Number, RichText, Select};
    let mut fields = shared_fields(policy);
    fields.extend(identity());
    fields.extend([
        mirror("pull_state", "State", Select),
        mirror("review", "Review", Select),
        mirror("reviewers", "Reviewers", MultiSelect),
        mirror("checks", "Checks", Select),
        mirror("base", "Base", RichText),
        mirror("head", "Head", RichText),
        mirror("additions", "Additions", Number),
        mirror("deletions", "Deletions", Number),
        mirror("files", "Files", Number),
        mirror("linked_issues", "Linked issues", RichText),
        mirror("merged", "Merged", Date),
        mirror("merge_commit", "Merge commit", RichText),
    ]);
    fields
}

fn commit_fields() -> Vec<Bound> {
    use PropertyKind::{Checkbox, Date, Number, RichText, Select, Title, Url};
    let mut fields = vec![
        bound(
            FieldKey::TITLE,
            Class::Mirror,
            Codec::Title,
            Policy::Github,
            Some(("Title", Title)),
        ),
        bound(
            FieldKey::BODY,
            Class::Mirror,
            Codec::Markdown,
            Policy::Github,
            None,
        ),
        mirror("repository", "Repository", Select),
        mirror("sha", "SHA", RichText),
        mirror("url", "URL", Url),
        mirror("author", "Author", RichText),
        mirror("co_authors", "Co-authors", RichText),
        mirror("committed", "Committed", Date),
        mirror("branch", "Branch", RichText),
        mirror("pull", "PR", RichText),
        mirror("additions", "Additions", Number),
        mirror("deletions", "Deletions", Number),
        mirror("files", "Files", Number),
        mirror("verified", "Verified", Checkbox),
        mirror("orphaned", "Orphaned", Checkbox),
        mirror("linked_issues", "Linked issues", RichText),
    ];
    fields.extend(identity());
    fields
}
