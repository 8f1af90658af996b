//! Makes the pictures in `assets`: the real demo with a fixed seed, in a pseudo terminal, drawn as SVG.
//!
//! `cargo test --test pictures` makes them anew; it is not part of the tests, as times of day are in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with tests/tty, which uses all of it")]
#[path = "../tty/driver.rs"]
mod driver;
mod svg;

use std::path::Path;
use std::process::Command;

use driver::{Tty, start_on};

/// The seed of the people in the pictures.
const SEED: &str = "7";
/// A dark and a light terminal.
const DARK: &str = "1212/1414/1919";
const LIGHT: &str = "ffff/ffff/ffff";

/// One life of the demo: its size and ground, and the name under which its pictures are kept.
struct Film {
    name: &'static str,
    size: (u16, u16),
    ground: &'static str,
}

const FILMS: [Film; 4] = [
    Film {
        name: "120x40",
        size: (120, 40),
        ground: DARK,
    },
    Film {
        name: "120x40-light",
        size: (120, 40),
        ground: LIGHT,
    },
    Film {
        name: "80x24",
        size: (80, 24),
        ground: DARK,
    },
    Film {
        name: "200x60",
        size: (200, 60),
        ground: DARK,
    },
];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    std::fs::create_dir_all(&folder).unwrap();
    std::thread::scope(|scope| {
        for film in &FILMS {
            scope.spawn(|| shoot(film, &folder));
        }
    });
}

/// Plays the demo and takes every picture of a film.
fn shoot(film: &Film, folder: &Path) {
    let home = std::env::temp_dir().join(format!(
        "pulse-sync-pictures-{}-{}",
        film.name,
        std::process::id()
    ));
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulse-sync"));
    command.args(["demo", "--seed", SEED]);
    command.env("HOME", &home);
    let mut tty = start_on(&command, film.size, Some(film.ground));
    let keep = |tty: &Tty, name: &str| {
        // What was asked for a moment ago is drawn by then.
        std::thread::sleep(std::time::Duration::from_millis(400));
        let picture = tty.look(|screen| svg::draw(screen, film.ground == DARK));
        let file = folder.join(format!("{name}-{}.svg", film.name));
        std::fs::write(&file, picture).unwrap();
        println!("{}", file.file_name().unwrap().to_string_lossy());
    };
    tty.until("two conflicts and an item that waits", |text| {
        text.contains("2 need you") && text.contains("1 deferred")
    });
    keep(&tty, "dashboard");
    tty.press("4g\r");
    tty.see("Conflict 1 of 2");
    keep(&tty, "resolver");
    tty.press("\u{1b}");
    tty.until("the dashboard", |text| !text.contains("Conflict 1 of 2"));
    tty.press("?");
    tty.see("find:");
    keep(&tty, "help");
    tty.press("\u{1b}");
    tty.until("the dashboard", |text| !text.contains("find:"));
    tty.press("3");
    tty.press("/title was\r");
    tty.until("a title that was written", |text| {
        text.contains("/title was") && text.contains("title, was")
    });
    tty.press("\r");
    tty.see("This item");
    keep(&tty, "record");
    // A plan needs something that is not written yet.
    tty.press("\u{1b}");
    tty.until("the dashboard", |text| !text.contains("This item"));
    tty.press("p");
    tty.see("PAUSED");
    for attempt in 0.. {
        assert!(attempt < 20, "nobody edits anything");
        std::thread::sleep(std::time::Duration::from_secs(3));
        tty.press("d");
        tty.until("the plan", |text| {
            text.contains("writes") && !text.contains("being made")
        });
        let has_steps = tty.text().contains("[x]");
        if has_steps {
            keep(&tty, "plan");
        }
        tty.press("\u{1b}");
        tty.until("the dashboard", |text| !text.contains("Plan (dry run)"));
        if has_steps {
            break;
        }
    }
    tty.press("p");
    tty.see("HALTED");
    tty.press("H");
    tty.see("Keep it held");
    keep(&tty, "halt");
    tty.press("q");
    assert_eq!(tty.ends(), 0);
    let _ = std::fs::remove_dir_all(&home);
}
