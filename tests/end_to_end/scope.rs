//! What belongs to a link, and which part of a text does.

use pulse_sync::sim::github::{IssueEdit, State};

use super::bad_items::new_issue;
use super::rig::{GRACE, Rig, world};

const DAY: i64 = 86_400_000;

fn close(rig: &Rig, number: u64, days_ago: i64) {
    let then = rig.small.notion.shared.now() - days_ago * DAY;
    let edit = IssueEdit {
        state: Some(State::Closed),
        ..IssueEdit::default()
    };
    rig.hub(|hub| {
        hub.edit_issue(then, GRACE, &rig.small.repository, number, edit)
            .unwrap();
    });
}

#[test]
fn the_window_for_closed_items_does_not_hide_what_is_linked() {
    let mut rig = Rig::start(Some(world(3, 0, 0)));
    close(&rig, 1, 40);
    rig.settle();
    assert_eq!(rig.pages().len(), 3);
    rig.link("closed_since", "\"30d\"");
    let late = new_issue(&rig, "Closed long ago", "Unknown.", &[]);
    close(&rig, late, 40);
    let recent = new_issue(&rig, "Closed of late", "Unknown, too.", &[]);
    close(&rig, recent, 2);
    rig.rename_issue(1, "Edited long after it was closed");
    rig.settle();
    assert_eq!(rig.pages().len(), 4, "only the one closed of late is new");
    assert_eq!(rig.cell(rig.page(recent), "title"), "Closed of late");
    assert_eq!(
        rig.cell(rig.page(1), "title"),
        "Edited long after it was closed"
    );
    rig.assert_quiet();
    // Whoever opens it again takes it in.
    let edit = IssueEdit {
        state: Some(State::Open),
        ..IssueEdit::default()
    };
    rig.edit_issue(late, edit);
    rig.settle();
    assert_eq!(rig.pages().len(), 5);
}

/// Its page is told at once, not by the next full listing; and without the label it goes on.
#[test]
fn the_label_that_leaves_an_item_out_is_noticed_when_it_is_put_on() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let label = |labels: &[&str]| {
        let now = rig.small.notion.shared.now();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let edit = IssueEdit {
            labels: Some(labels),
            ..IssueEdit::default()
        };
        rig.hub(|hub| {
            hub.edit_issue(now, "ada", &rig.small.repository, 1, edit)
                .unwrap();
        });
    };
    label(&["bug", "sync-ignore"]);
    rig.settle();
    let page = rig.page(1);
    assert_eq!(rig.cell(page, "Sync"), "Unlinked");
    rig.rename_issue(1, "Renamed out of sight");
    rig.settle();
    assert_ne!(rig.cell(page, "title"), "Renamed out of sight");
    label(&["bug"]);
    rig.settle();
    assert_eq!(rig.cell(page, "title"), "Renamed out of sight");
    assert_eq!(rig.cell(page, "Sync"), "OK");
    rig.assert_quiet();
}

#[test]
fn text_below_a_heading_called_as_the_private_one_survives_an_edit() {
    let rig = Rig::start(Some(world(1, 0, 0)));
    let body = "Intro line\n\n## Private notes\n\nimportant text";
    let number = new_issue(&rig, "Has a heading", body, &[]);
    rig.settle();
    let page = rig.page(number);
    rig.edit_body(page, |text| {
        assert!(text.contains("important text"), "{text}");
        text.replace("Intro line", "Intro line edited")
    });
    rig.settle();
    assert_eq!(
        rig.issue(number).body.as_deref(),
        Some("Intro line edited\n\n## Private notes\n\nimportant text")
    );
    rig.edit_body(page, |text| format!("{text}\n# Private notes\nmine alone"));
    rig.settle();
    let body = rig.issue(number).body.unwrap();
    assert!(!body.contains("mine"), "{body}");
    rig.assert_quiet();
}
