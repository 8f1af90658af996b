//! Values on their way between the sides.

use pulse_sync::core::codec::{Codec, Said, StateMap};
use pulse_sync::core::words::Words;
use pulse_sync::core::{Side, Value};

use crate::rig::text;

#[test]
fn names_survive_commas_and_length() {
    let long_a = format!("{}a", "x".repeat(120));
    let long_b = format!("{}b", "x".repeat(120));
    let labels = Value::set(["plain", "with, comma", long_a.as_str(), long_b.as_str()]);
    let Said::Value(options) = Codec::Names(Words::default()).to_notion(&labels, None) else {
        panic!()
    };
    assert_eq!(options.names().len(), 4, "two long names stay two");
    assert!(
        options
            .names()
            .iter()
            .all(|name| !name.contains(',') && name.chars().count() <= 100)
    );
    assert!(Codec::Names(Words::default()).agree(&labels, &options));
    let Said::Value(back) =
        Codec::Names(Words::default()).to_github(&Value::set(["with‚ comma"]), None)
    else {
        panic!()
    };
    assert_eq!(back, Value::set(["with, comma"]));
}

#[test]
fn titles_are_one_line_and_bounded() {
    let Said::Value(title) = Codec::Title.to_github(&text("two\nlines  here "), None) else {
        panic!()
    };
    assert_eq!(title, text("two lines here"));
    assert!(matches!(
        Codec::Title.to_github(&Value::Null, None),
        Said::Refused(_)
    ));
    assert!(
        matches!(Codec::Title.to_github(&text(&"😀".repeat(257)), None), Said::Refused(why) if why.contains("256"))
    );
    assert!(matches!(
        Codec::Title.to_github(&text(&"😀".repeat(256)), None),
        Said::Value(_)
    ));
}

#[test]
fn titles_notify_nobody_and_close_nothing() {
    let said = |title: &str, now: &str| match Codec::Title.to_github(&text(title), Some(&text(now)))
    {
        Said::Value(value) => value.as_text().to_owned(),
        other => panic!("{other:?}"),
    };
    let title = said("closes #3 @ada", "");
    assert!(
        !title.contains("#3") && !title.contains("@ada"),
        "{title:?}"
    );
    assert_eq!(title.replace('\u{2060}', ""), "closes #3 @ada");
    // Both sides say the same then, and Notion does not get the joiners.
    assert!(Codec::Title.agree(&text(&title), &text("closes #3 @ada")));
    assert!(Codec::Title.same(&text(&title), &text("closes #3 @ada")));
    assert_eq!(
        Codec::Title.to_notion(&text(&title), None),
        Said::Value(text("closes #3 @ada"))
    );
    // What stands on GitHub already stays as it is.
    assert_eq!(said("Fix #3 for good", "Fix #3"), "Fix #3 for good");
    assert!(!said("Fix #3 and #4", "Fix #3").contains("#4"));
}

#[test]
fn a_cut_milestone_means_the_whole_one() {
    let long = text(&"a milestone, ".repeat(20));
    let Said::Value(option) = Codec::Name(Words::default()).to_notion(&long, None) else {
        panic!()
    };
    assert!(option.as_text().chars().count() <= 100);
    assert_eq!(
        Codec::Name(Words::default()).to_github(&option, Some(&long)),
        Said::Value(long.clone())
    );
    // Picked on another page it goes out cut; GitHub's answer is the whole name, and that is what was meant.
    let Said::Value(sent) = Codec::Name(Words::default()).to_github(&option, Some(&text("v1")))
    else {
        panic!()
    };
    assert!(Codec::Name(Words::default()).same(&sent, &long));
    assert!(!Codec::Name(Words::default()).same(&sent, &text("v1")));
}

#[test]
fn bodies_too_long_for_github_are_refused_with_advice() {
    let long = text(&"word ".repeat(14_000));
    assert!(
        matches!(Codec::Markdown.to_github(&long, None), Said::Refused(why) if why.contains("65536"))
    );
}

#[test]
fn states_map_many_to_one() {
    let codec = Codec::State(StateMap::default());
    let said = |from, value: &str, now: &str| codec.say(from, &text(value), Some(&text(now)));
    assert_eq!(
        said(Side::Github, "open", "In progress"),
        Said::Value(text("In progress"))
    );
    assert_eq!(
        said(Side::Github, "closed", "In progress"),
        Said::Value(text("Done"))
    );
    assert_eq!(
        said(Side::Notion, "in PROGRESS", "closed"),
        Said::Value(text("open"))
    );
    assert_eq!(said(Side::Notion, "Someday", "open"), Said::Undecided);
    assert!(
        !codec.agree(&text("open"), &text("Someday")),
        "an option that is mapped to nothing is no agreement"
    );
    assert!(codec.is_meaningless(&text("Someday")));
    assert!(!codec.is_meaningless(&text("Done")) && !codec.is_meaningless(&Value::Null));
}

fn words() -> Words {
    let mut words = Words::default();
    words.add("bug", vec!["Defect".to_owned(), "Fault".to_owned()]);
    words.add("crash", vec!["Fault".to_owned()]);
    words
}

#[test]
fn a_value_with_words_is_said_by_them_and_the_one_that_is_there_stays() {
    let codec = Codec::Name(words());
    for (github, current, said) in [
        ("bug", None, "Defect"),
        ("bug", Some("Fault"), "Fault"),
        ("bug", Some("fault"), "fault"),
        ("bug", Some("Other"), "Defect"),
        ("BUG", None, "Defect"),
        ("other", Some("Fault"), "other"),
    ] {
        let current = current.map(text);
        let found = codec.to_notion(&text(github), current.as_ref());
        assert_eq!(found, Said::Value(text(said)), "{github} {current:?}");
        assert!(codec.agree(&text(github), &text(said)), "{github} {said}");
    }
    for (notion, current, means) in [
        ("Defect", None, "bug"),
        ("Fault", None, "bug"),
        ("Fault", Some("crash"), "crash"),
        ("fault", Some("Crash"), "crash"),
        ("other", Some("bug"), "other"),
        ("bug", None, "bug"),
    ] {
        let current = current.map(text);
        let found = codec.to_github(&text(notion), current.as_ref());
        assert_eq!(found, Said::Value(text(means)), "{notion} {current:?}");
    }
    assert!(!codec.agree(&text("bug"), &text("crash")));
    assert!(codec.agree(&text("bug"), &text("bug")), "an old spelling");
}

/// Written as its own name, another value would be read back as the one that has that word.
#[test]
fn a_value_is_not_said_by_a_word_of_another() {
    let codec = Codec::Name(words());
    let said = codec.to_notion(&text("fault"), None);
    assert!(
        matches!(&said, Said::Refused(why) if why.contains("`fault`") && why.contains("`bug`")),
        "{said:?}"
    );
    assert!(!codec.agree(&text("fault"), &text("Fault")));
}
