//! `init` as a conversation in a pseudo terminal.

use std::process::Command;

use super::driver::{Tty, start};
use super::rig::{Rig, bare, world};

const SIZE: (u16, u16) = (120, 60);

fn command(rig: &Rig) -> Command {
    let mut command = bare(&rig.folder);
    command.envs(&rig.env).arg("init");
    command
}

fn open(rig: &Rig) -> Tty {
    start(&command(rig), SIZE)
}

fn is_configured(rig: &Rig) -> bool {
    rig.folder.join("config.toml").exists()
}

#[test]
fn a_conversation_ends_in_a_first_sync() {
    let rig = Rig::start(Some(world(4, 1, 0)));
    let mut tty = open(&rig);
    tty.see("acts as ada");
    tty.see("integration pulse-sync");
    tty.see("ada/lantern");
    tty.see("Which? Numbers");
    tty.press("7\r");
    tty.see("there is no 7");
    tty.press("/nothing\r");
    tty.see("none");
    tty.press("/lant\r");
    tty.press("1\r");
    tty.see("issues may be read and written");
    tty.see("Work");
    tty.see("Which? A number");
    tty.press("1\r");
    tty.see("How \"Work\" fits, shown on ada/lantern#");
    tty.see("will be added (multi_select)");
    tty.see("plan the first sync?");
    assert!(
        !is_configured(&rig) && rig.writes() == (0, 0),
        "nothing before a yes"
    );
    tty.press("perhaps\r");
    tty.see("Please answer y or n");
    tty.press("y\r");
    tty.see("The first plan (nothing is written yet)");
    tty.see("pages created in Notion");
    tty.see("Write this now?");
    assert!(is_configured(&rig));
    assert_eq!(rig.writes(), (0, 0));
    tty.press("y\r");
    tty.see("opens the dashboard");
    assert_eq!(tty.ends(), 0);
    assert!(rig.pages().len() >= 4, "{}", rig.pages().len());
}

#[test]
fn a_new_database_is_made_only_after_a_yes() {
    let rig = Rig::start(Some(world(3, 0, 0)));
    let mut tty = open(&rig);
    tty.see("Which? Numbers");
    tty.press("ada/*\r");
    tty.see("Which? A number");
    tty.press("new\r");
    tty.see("Home");
    tty.press("1\r");
    tty.see("What is it called?");
    tty.press("Lamps\r");
    tty.see("Make the database \"Lamps\" below \"Home\"");
    assert_eq!(rig.writes(), (0, 0));
    tty.press("y\r");
    tty.see("Made the database \"Lamps\"");
    tty.see("Write this now?");
    tty.press("n\r");
    tty.see("Nothing was written to either service");
    assert_eq!(tty.ends(), 2);
    assert!(is_configured(&rig));
    let service = rig.small.notion.shared.lock();
    let made = service
        .world
        .sources
        .keys()
        .find(|id| **id != rig.small.source);
    assert!(service.world.rows_of(*made.unwrap()).is_empty());
}

#[test]
fn a_typed_token_is_neither_shown_nor_kept() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    let secret = rig.env.remove("NOTION_TOKEN").unwrap();
    let mut tty = open(&rig);
    tty.see("NOTION_TOKEN (not shown, not kept):");
    tty.press(&format!("{secret}\r"));
    tty.see("integration pulse-sync");
    tty.see("Which? Numbers");
    tty.press("1\r");
    tty.see("Which? A number");
    tty.press("1\r");
    tty.see("plan the first sync?");
    tty.press("y\r");
    tty.see("Write this now?");
    tty.press("y\r");
    tty.see("export NOTION_TOKEN=");
    assert_eq!(tty.ends(), 0);
    assert!(!tty.text().contains(&secret), "{}", tty.text());
    let text = std::fs::read_to_string(rig.folder.join("config.toml")).unwrap();
    assert!(!text.contains(&secret), "{text}");
}

#[test]
fn ctrl_c_at_any_question_writes_nothing() {
    let mut rig = Rig::start(Some(world(2, 0, 0)));
    let steps = [
        ("Which? Numbers", "1\r"),
        ("Which? A number", "1\r"),
        ("plan the first sync?", ""),
    ];
    for last in 0..steps.len() {
        let mut tty = open(&rig);
        for (question, answer) in &steps[..last] {
            tty.see(question);
            tty.press(answer);
        }
        tty.see(steps[last].0);
        tty.press("\u{3}");
        assert_ne!(tty.ends(), 0);
        assert!(!is_configured(&rig));
    }
    rig.env.remove("NOTION_TOKEN");
    let mut tty = open(&rig);
    tty.see("not shown, not kept");
    tty.press("half a tok\u{3}");
    tty.see("interrupted; nothing was written");
    assert_eq!(tty.ends(), 1);
    assert!(!is_configured(&rig));
    assert_eq!(rig.writes(), (0, 0));
    assert!(!rig.state().join("pulse-sync.db").exists());
}
