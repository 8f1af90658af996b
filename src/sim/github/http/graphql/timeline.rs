//! Who changed what: the timeline of an issue or pull request, and who edited its text last.

use serde_json::{Value, json};

use super::parse::Field;
use super::{Run, login};
use crate::sim::github::ids::timestamp;
use crate::sim::github::model::{EventKind, Issue, IssueEvent};

impl Run<'_> {
    /// The fields of an issue or pull request that tell of people and times.
    pub(super) fn history_field(&mut self, issue: &Issue, field: &Field) -> Option<Value> {
        let edited = issue.edited.as_ref();
        Some(match field.name.as_str() {
            "editor" => match edited {
                Some((who, _)) => self.select("User", &field.fields, |_, field| login(field, who)),
                None => Value::Null,
            },
            "lastEditedAt" => json!(edited.map(|(_, at)| timestamp(*at))),
            "timelineItems" => self.timeline(issue, field),
            _ => return None,
        })
    }

    fn timeline(&mut self, issue: &Issue, field: &Field) -> Value {
        let wanted: Option<Vec<&str>> = field
            .args
            .get("itemTypes")
            .and_then(Value::as_array)
            .map(|types| types.iter().filter_map(Value::as_str).collect());
        let is_wanted = |event: &&IssueEvent| {
            let (item, _) = names(&event.kind);
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&item))
        };
        let events: Vec<&IssueEvent> = issue.events.iter().filter(is_wanted).collect();
        self.connection(field, &events, |run, fields, event| {
            let (_, kind) = names(&event.kind);
            run.select(kind, fields, |run, field| match field.name.as_str() {
                "actor" => {
                    Some(run.select("User", &field.fields, |_, field| login(field, &event.actor)))
                }
                "createdAt" => Some(json!(timestamp(event.at))),
                _ => None,
            })
        })
    }
}

/// An event's name among `itemTypes`, and its type.
const fn names(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Labeled(..) => ("LABELED_EVENT", "LabeledEvent"),
        EventKind::Unlabeled(..) => ("UNLABELED_EVENT", "UnlabeledEvent"),
        EventKind::Assigned(_) => ("ASSIGNED_EVENT", "AssignedEvent"),
        EventKind::Unassigned(_) => ("UNASSIGNED_EVENT", "UnassignedEvent"),
        EventKind::Milestoned(_) => ("MILESTONED_EVENT", "MilestonedEvent"),
        EventKind::Demilestoned(_) => ("DEMILESTONED_EVENT", "DemilestonedEvent"),
        EventKind::Renamed { .. } => ("RENAMED_TITLE_EVENT", "RenamedTitleEvent"),
        EventKind::Closed(_) => ("CLOSED_EVENT", "ClosedEvent"),
        EventKind::Reopened => ("REOPENED_EVENT", "ReopenedEvent"),
        EventKind::Locked => ("LOCKED_EVENT", "LockedEvent"),
        EventKind::Unlocked => ("UNLOCKED_EVENT", "UnlockedEvent"),
        EventKind::Merged(_) => ("MERGED_EVENT", "MergedEvent"),
        EventKind::ReadyForReview => ("READY_FOR_REVIEW_EVENT", "ReadyForReviewEvent"),
        EventKind::ConvertToDraft => ("CONVERT_TO_DRAFT_EVENT", "ConvertToDraftEvent"),
        EventKind::HeadForcePushed => ("HEAD_REF_FORCE_PUSHED_EVENT", "HeadRefForcePushedEvent"),
        EventKind::Transferred => ("TRANSFERRED_EVENT", "TransferredEvent"),
    }
}
