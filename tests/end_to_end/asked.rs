//! An answer to the guard is about the changes that were listed: whatever else changed, before it or after it, is news.

use pulse_sync::core::Side;
use pulse_sync::sim::github::{IssueEdit, State};
use pulse_sync::sim::notion::value::Value as Cell;
use serde_json::{Value as Json, json};

use super::fields::labels;
use super::rig::{Rig, world};

/// More than may change without a word, of forty.
const MANY: u64 = 16;

fn pass(rig: &Rig) -> Json {
    rig.run(&["sync", "--once", "--json"]).json()
}

/// Sixteen titles were changed in Notion, and are held.
fn held() -> (Rig, String) {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    rig.let_an_hour_pass();
    rig.settle();
    for number in 1..=MANY {
        rig.rename_page(rig.page(number), &format!("Mass {number}"));
    }
    let report = pass(&rig);
    assert_eq!(report["held"], json!(MANY), "{report}");
    let id = halt(&rig);
    (rig, id)
}

fn halts(rig: &Rig) -> Json {
    rig.run(&["held", "list", "--json"]).json()
}

/// The one halt there is.
fn halt(rig: &Rig) -> String {
    let halts = halts(rig);
    assert_eq!(halts.as_array().unwrap().len(), 1, "{halts}");
    halts[0]["id"].as_str().unwrap().to_owned()
}

fn answer(rig: &Rig, word: &str, id: &str) {
    let done = rig.run(&["held", word, id]);
    assert_eq!(done.code, Some(0), "{}", done.said());
}

fn title(rig: &Rig, number: u64) -> (String, String) {
    let page = rig.cell(rig.page(number), "title");
    ((*rig.issue(number).title).to_owned(), page)
}

fn both(text: &str) -> (String, String) {
    (text.to_owned(), text.to_owned())
}

fn was(number: u64) -> (String, String) {
    both(&format!("Item {number} of the lamp"))
}

fn empty_texts(rig: &Rig) {
    for number in 1..=MANY {
        rig.edit_body(rig.page(number), |_| String::new());
    }
}

fn texts(rig: &Rig) -> Vec<String> {
    let body = |number| rig.issue(number).body.as_deref().unwrap_or("").to_owned();
    (1..=MANY).map(body).collect()
}

#[test]
fn keeping_puts_back_what_was_listed_and_nothing_that_changed_besides() {
    let (rig, id) = held();
    // While it is held.
    rig.edit_body(rig.page(3), |_| "Written later.".to_owned());
    rig.edit_page(rig.page(4), vec![("Status", Cell::choice("Done"))]);
    rig.rename_page(rig.page(6), "A better title");
    pass(&rig);
    assert_eq!(halt(&rig), id, "it is the same question");
    answer(&rig, "keep", &id);
    // Before the next pass.
    rig.rename_page(rig.page(7), "One more title");
    rig.edit_page(
        rig.page(8),
        vec![("Labels", Cell::choices(&["bug", "idea"]))],
    );
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "{report}");
    assert_eq!(rig.issue(3).body.as_deref(), Some("Written later."));
    assert_eq!(rig.issue(4).state, State::Closed);
    assert_eq!(rig.cell(rig.page(4), "Status"), "Done");
    assert_eq!(title(&rig, 6), both("A better title"));
    assert_eq!(title(&rig, 7), both("One more title"));
    assert_eq!(labels(&rig, 8), ["bug", "idea"]);
    // What was listed is put back, on these items as well.
    for number in (1..=MANY).filter(|number| ![6, 7].contains(number)) {
        assert_eq!(title(&rig, number), was(number));
    }
    let history = rig.run(&["history", "--limit", "200", "--json"]).out;
    assert_eq!(
        history.matches("so it is not put back").count(),
        2,
        "{history}"
    );
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn a_word_is_good_for_once() {
    let (rig, id) = held();
    answer(&rig, "keep", &id);
    rig.settle();
    assert_eq!(title(&rig, 2), was(2));
    // The very edit that was wrong among many is somebody's edit now.
    rig.rename_page(rig.page(2), "Mass 2");
    rig.settle();
    assert_eq!(title(&rig, 2), both("Mass 2"));
}

#[test]
fn applying_agrees_to_what_was_listed_and_asks_about_the_rest() {
    let (rig, id) = held();
    let before = texts(&rig);
    answer(&rig, "apply", &id);
    empty_texts(&rig);
    let report = pass(&rig);
    assert_eq!(report["held"], json!(MANY), "{report}");
    assert_eq!(texts(&rig), before, "nobody agreed to this");
    let second = halt(&rig);
    assert_ne!(second, id);
    answer(&rig, "keep", &second);
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "{report}");
    assert_eq!(texts(&rig), before);
    for number in 1..=MANY {
        assert_eq!(title(&rig, number), both(&format!("Mass {number}")));
    }
    rig.assert_agreement();
    rig.assert_quiet();
}

#[test]
fn what_changed_in_bulk_while_it_was_held_is_asked_about_after_either_answer() {
    for word in ["apply", "keep"] {
        let (rig, id) = held();
        let before = texts(&rig);
        empty_texts(&rig);
        rig.settle();
        answer(&rig, word, &id);
        let report = pass(&rig);
        assert_eq!(report["held"], json!(MANY), "{word}: {report}");
        assert_eq!(texts(&rig), before, "{word}");
        answer(&rig, "apply", &halt(&rig));
        let report = rig.settle();
        assert_eq!(report["held"], json!(0), "{word}: {report}");
        assert!(texts(&rig).iter().all(String::is_empty), "{word}");
        let wanted = if word == "keep" {
            was(5)
        } else {
            both("Mass 5")
        };
        assert_eq!(title(&rig, 5), wanted, "{word}");
        rig.assert_agreement();
    }
}

#[test]
fn what_was_wrong_gives_way_to_what_the_other_side_changed_meanwhile() {
    let (rig, id) = held();
    rig.rename_issue(5, "Said on GitHub");
    answer(&rig, "keep", &id);
    let report = rig.settle();
    assert_eq!(report["conflicts"], json!(0), "{report}");
    assert_eq!(title(&rig, 5), both("Said on GitHub"));
    assert_eq!(title(&rig, 4), was(4));
    rig.assert_agreement();
}

/// A line is taken out of many texts on one side, by mistake. What the other side edited in another line is no word for
/// that.
#[test]
fn a_wrong_change_of_a_text_is_not_merged_with_an_edit_of_the_other_side() {
    for wrong_side in [Side::Github, Side::Notion] {
        let rig = Rig::start(Some(world(40, 0, 0)));
        let write = |number, text: &str| {
            let body = Some(Some(text.to_owned()));
            let edit = IssueEdit {
                body,
                ..IssueEdit::default()
            };
            rig.edit_issue(number, edit);
        };
        for number in 1..=MANY {
            write(number, "First.\n\nSecond.\n\nThird.\n\nLast.\n");
        }
        rig.run(&["sync", "--once"]);
        for halt in halts(&rig).as_array().unwrap() {
            answer(&rig, "apply", halt["id"].as_str().unwrap());
        }
        rig.settle();
        rig.let_an_hour_pass();
        rig.settle();
        for number in 1..=MANY {
            match wrong_side {
                Side::Github => write(number, "First.\n\nThird.\n\nLast.\n"),
                Side::Notion => {
                    rig.edit_body(rig.page(number), |page| page.replace("Second.\n", ""));
                }
            }
        }
        let report = pass(&rig);
        assert_eq!(report["held"], json!(MANY), "{report}");
        match wrong_side {
            Side::Github => {
                rig.edit_body(rig.page(3), |page| page.replace("Last.", "The last."));
            }
            Side::Notion => write(3, "First.\n\nSecond.\n\nThird.\n\nThe last.\n"),
        }
        pass(&rig);
        answer(&rig, "keep", &halt(&rig));
        rig.settle();
        let texts = texts(&rig);
        assert_eq!(texts[2], "First.\n\nSecond.\n\nThird.\n\nThe last.\n");
        assert_eq!(texts[3], "First.\n\nSecond.\n\nThird.\n\nLast.\n");
        rig.assert_agreement();
        rig.assert_quiet();
    }
}

#[test]
fn a_wrong_change_of_labels_is_not_merged_with_an_edit_of_the_other_side() {
    let rig = Rig::start(Some(world(40, 0, 0)));
    rig.settle();
    rig.let_an_hour_pass();
    rig.settle();
    let before = labels(&rig, 3);
    assert!(!before.is_empty());
    for number in 1..=MANY {
        let edit = IssueEdit {
            labels: Some(Vec::new()),
            ..IssueEdit::default()
        };
        rig.edit_issue(number, edit);
    }
    let report = pass(&rig);
    assert_eq!(report["held"], json!(MANY), "{report}");
    // The page says one more, of those that the repository has.
    let more = ["bug", "docs", "idea"];
    rig.edit_page(rig.page(3), vec![("Labels", Cell::choices(&more))]);
    answer(&rig, "keep", &halt(&rig));
    rig.settle();
    for name in &before {
        assert!(more.contains(&name.as_str()), "{name}");
        assert!(labels(&rig, 3).contains(name), "{:?}", labels(&rig, 3));
        assert!(rig.cell(rig.page(3), "Labels").contains(name.as_str()));
    }
    rig.assert_agreement();
}

#[test]
fn what_is_held_is_listed_with_what_each_answer_writes() {
    let (rig, id) = held();
    rig.edit_page(
        rig.page(2),
        vec![("Labels", Cell::choices(&["bug", "docs"]))],
    );
    rig.edit_page(rig.page(2), vec![("Author", Cell::text("somebody"))]);
    pass(&rig);
    let listed = halts(&rig);
    let changes = listed[0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), usize::try_from(MANY).unwrap(), "{listed}");
    let item = changes.iter().find(|one| one["item"] == "ada/lantern#2");
    let item = item.unwrap();
    let title = json!([{
        "field": "title", "was": "Item 2 of the lamp", "now": "Mass 2",
        "applies": true, "apply": "Mass 2", "keeps": true, "keep": "Item 2 of the lamp",
    }]);
    assert_eq!(item["fields"], title, "{item}");
    let later: Vec<&Json> = item["later"].as_array().unwrap().iter().collect();
    assert!(later.iter().any(|one| one["field"] == "labels"), "{item}");

    let shown = rig.run(&["held", "list"]).out;
    let wanted = "title: Item 2 of the lamp -> Mass 2";
    assert!(shown.contains(wanted), "{shown}");
    assert!(
        shown.contains("apply writes it to GitHub, keep puts it back on Notion"),
        "{shown}"
    );
    assert!(shown.contains("no part of the answer: labels"), "{shown}");
    assert!(shown.contains(&format!("held apply {id}")), "{shown}");
}

#[test]
fn a_change_far_down_in_a_text_is_in_sight_everywhere() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    rig.settle();
    let page = rig.page(1);
    rig.edit_body(page, |text| {
        format!("{text}\n\nAnd the wick.\n\nAnd the glass.")
    });
    rig.settle();
    rig.edit_body(page, |text| text.replace("the wick", "the other wick"));
    let wanted = ["- And the wick.", "+ And the other wick."];
    let assert_shown = |args: &[&str], wanted: [&str; 2]| {
        let done = rig.run(args);
        for line in wanted {
            assert!(done.out.contains(line), "{args:?} {line}: {}", done.said());
        }
        let is_around = args[0] != "history" && done.out.contains("glass");
        assert!(!is_around, "{}", done.out);
    };
    assert_shown(&["plan"], wanted);
    rig.settle();
    assert_shown(&["history", "--limit", "12"], wanted);
    let history = rig.run(&["history", "--json"]).json();
    let is_it = |record: &&Json| {
        let changes = record["changes"].as_array().unwrap();
        record["outcome"] == "done" && changes.iter().any(|change| change["field"] == "body")
    };
    let record = history.as_array().unwrap().iter().find(is_it).unwrap();
    let id = record["id"].as_str().unwrap();
    assert_shown(&["undo", id], ["- And the other wick.", "+ And the wick."]);
}

#[test]
fn very_many_texts_are_one_question_that_lists_them_all() {
    const TEXTS: u64 = 205;
    let rig = Rig::start(Some(world(210, 0, 0)));
    rig.settle();
    rig.let_an_hour_pass();
    rig.settle();
    for number in 1..=TEXTS {
        rig.edit_body(rig.page(number), |_| format!("Text {number}, anew."));
    }
    let report = pass(&rig);
    assert_eq!(report["held"], json!(TEXTS), "{}", report["notes"]);
    let listed = halts(&rig);
    let changes = listed[0]["changes"].as_array().unwrap();
    let is_whole = |item: &&Json| {
        let fields = item["fields"].as_array().unwrap();
        item["text_unread"] == json!(false) && fields.iter().any(|field| field["field"] == "body")
    };
    assert_eq!(changes.iter().filter(is_whole).count() as u64, TEXTS);
    answer(&rig, "apply", &halt(&rig));
    let report = rig.settle();
    assert_eq!(report["held"], json!(0), "nobody is asked again: {report}");
    assert_eq!(halts(&rig), json!([]));
    for number in [1, 200, 201, TEXTS] {
        let body = rig.issue(number).body;
        assert_eq!(body, Some(format!("Text {number}, anew.")), "{number}");
    }
}
