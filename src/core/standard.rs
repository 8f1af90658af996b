//! The mapping that is used unless the configuration says otherwise.

use super::codec::StateMap;
use super::mapping::{Bound, Constant, ID_PROPERTY, KIND_PROPERTY};
use super::words::Words;
use super::{Class, Codec, Direction, Field, FieldKey, Policy, PropertyKind};

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
    let form = property.map_or(PropertyKind::RichText, |(_, kind)| kind);
    // A status may be a select: that is what older workspaces have, and what is made where Notion refuses to make one.
    let takes = match form {
        PropertyKind::Status => vec![PropertyKind::Status, PropertyKind::Select],
        form => vec![form],
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
        form,
        takes,
        class,
        constant: None,
    }
}

fn mirror(key: &'static str, name: &str, kind: PropertyKind) -> Bound {
    let codec = match kind {
        PropertyKind::Select => Codec::Name(Words::default()),
        PropertyKind::MultiSelect => Codec::Names(Words::default()),
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

/// A property that says the same on every page: an edit of it is put back, as of any other field that is not Notion's.
pub(super) fn constant(key: FieldKey, constant: &Constant) -> Bound {
    let mut bound = mirror("constant", &constant.property, constant.kind);
    bound.field.key = key;
    bound.takes = constant.kind.fitting().to_vec();
    bound.constant = Some(constant.value.clone());
    bound
}

/// A page that a person made gets the hidden id too: by it the page is known again when the store is lost. And it says
/// what it is from then on, as the pages do that we make.
fn identity() -> [Bound; 2] {
    [
        mirror("node", ID_PROPERTY, PropertyKind::RichText),
        mirror("kind", KIND_PROPERTY, PropertyKind::Select),
    ]
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
            Codec::Names(Words::default()),
            policy,
            Some(("Labels", MultiSelect)),
        ),
        bound(
            FieldKey::ASSIGNEES,
            Class::Set,
            Codec::Names(Words::default()),
            policy,
            Some(("Assignees", MultiSelect)),
        ),
        bound(
            FieldKey::MILESTONE,
            Class::Scalar,
            Codec::Name(Words::default()),
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

/// The fields of issues.
pub(super) fn issue(states: StateMap, policy: Policy) -> Vec<Bound> {
    use PropertyKind::{Select, Status};
    let mut fields = shared_fields(policy);
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
        Codec::Name(Words::default()),
        policy,
        Some(("Type", Select)),
    ));
    fields.push(mirror("publish", "Publish", Select));
    fields.extend(identity());
    fields
}

/// The fields of pull requests.
pub(super) fn pull(policy: Policy) -> Vec<Bound> {
    use PropertyKind::{Date, MultiSelect, Number, RichText, Select};
    let mut fields = shared_fields(policy);
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
    fields.extend(identity());
    fields
}

/// The fields of commits.
pub(super) fn commit() -> Vec<Bound> {
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
