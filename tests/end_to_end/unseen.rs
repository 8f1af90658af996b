//! What cannot be seen for a while: it waits, says so, and is brought over when it can be seen again.

use pulse_sync::sim::github::{IssueEdit, MilestoneEdit};
use pulse_sync::sim::notion::schema::Kind;

use super::rig::{GRACE, Rig, world};

/// Shows only so many blocks of a page's text from now on.
fn cut_text(rig: &Rig, number: u64, blocks: Option<usize>) {
    let page = rig.page(number);
    let mut service = rig.small.notion.shared.lock();
    service.world.pages.get_mut(&page).unwrap().shown_blocks = blocks;
}

#[test]
fn a_change_that_meets_a_cut_text_waits_and_says_so() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    // Somebody touches the page, so that its text is read, and Notion shows a part of it only.
    rig.rename_page(rig.page(1), "A long one");
    cut_text(&rig, 1, Some(0));
    let body = "A whole new text.".to_owned();
    rig.edit_issue(
        1,
        IssueEdit {
            body: Some(Some(body.clone())),
            ..IssueEdit::default()
        },
    );
    let report = rig.sync();
    assert!(report["notes"].to_string().contains("body"), "{report}");
    let status = rig.run(&["status"]).out;
    assert!(status.contains("does not show the whole body"), "{status}");
    assert!(status.contains("1 queued"), "{status}");
    assert!(!rig.markdown(rig.page(1)).contains(&body));

    cut_text(&rig, 1, None);
    rig.settle();
    assert!(rig.markdown(rig.page(1)).contains(&body));
    let status = rig.run(&["status"]).out;
    assert!(!status.contains("does not show the whole body"), "{status}");
}

#[test]
fn what_changed_while_a_property_was_paused_is_brought_over_when_it_is_back() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let retype = |kind: &str| {
        let now = rig.small.notion.shared.now();
        let (person, source) = (rig.small.person, rig.small.source);
        let kind = Kind::plain(kind).unwrap();
        let mut service = rig.small.notion.shared.lock();
        let done = service
            .world
            .retype_property(now, person, source, "Milestone", kind);
        done.unwrap();
    };
    let free = (1..=3).find(|n| rig.cell(rig.page(*n), "Milestone").is_empty());
    let number = free.unwrap();
    retype("rich_text");
    let report = rig.settle();
    assert!(report["notes"].to_string().contains("paused"), "{report}");
    let status = rig.run(&["status"]).out;
    assert!(
        status.contains("  paused: milestone: the property \"Milestone\""),
        "{status}"
    );
    assert!(status.contains("Change its type in Notion"), "{status}");
    let status = rig.run(&["status", "--json"]).json();
    assert_eq!(status["links"][0]["link"], "default");
    assert_eq!(status["links"][0]["paused"][0]["field"], "milestone");
    let now = rig.small.notion.shared.now();
    let milestone = rig.hub(|hub| {
        let repo = rig.small.repository.clone();
        let new = MilestoneEdit {
            title: Some("While away".to_owned()),
            ..MilestoneEdit::default()
        };
        let made = hub.create_milestone(now, GRACE, &repo, new);
        made.unwrap().number
    });
    rig.edit_issue(
        number,
        IssueEdit {
            milestone: Some(Some(milestone)),
            ..IssueEdit::default()
        },
    );
    rig.settle();
    retype("select");
    rig.settle();
    assert_eq!(rig.cell(rig.page(number), "Milestone"), "While away");
    let status = rig.run(&["status"]).out;
    assert!(!status.contains("paused"), "{status}");
}

#[test]
fn an_item_that_is_asked_for_is_looked_at_and_one_that_is_not_there_is_named() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    // An edit of the text that leaves the page's stamp as it was, as some clients of Notion's API make them.
    let page = rig.page(2);
    let before = {
        let service = rig.small.notion.shared.lock();
        let page = &service.world.pages[&page];
        (page.edited, page.edited_by)
    };
    rig.edit_body(page, |text| format!("{text}\nA silent line."));
    {
        let mut service = rig.small.notion.shared.lock();
        let page = service.world.pages.get_mut(&page).unwrap();
        (page.edited, page.edited_by) = before;
    }
    rig.sync();
    let has_line = || {
        rig.issue(2)
            .body
            .is_some_and(|body| body.contains("A silent line."))
    };
    assert!(!has_line(), "nothing says that it changed");
    let item = format!("{}#2", rig.small.repository);
    let done = rig.run(&["sync", "--item", &item]);
    assert!(has_line(), "{}", done.said());
    assert!(!done.said().contains("no item"), "{}", done.said());

    let nobody = format!("{}#999", rig.small.repository);
    let done = rig.run(&["sync", "--item", &nobody]);
    assert!(
        done.said().contains(&format!("no item {nobody}")),
        "{}",
        done.said()
    );
}
