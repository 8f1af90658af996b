//! Every screen in every state worth a look, by name.

use std::sync::Arc;

use pulse_sync::core::{RecordKind, Side};
use pulse_sync::engine::answers::PutBack;
use pulse_sync::engine::{Event, Stop};
use pulse_sync::ui::app::{Answer, App, Input};

use crate::make::{
    MINUTE, NOW, adoptions, bare, busy, calm, changed, full, halt, halt_of_changes, living, plan,
    press, running, snapshot, tell, text, type_in,
};

/// A screen to look at.
pub struct Scene {
    /// Its name.
    pub name: &'static str,
    /// Makes it for a terminal of so many columns and rows.
    pub make: fn(u16, u16) -> App,
}

macro_rules! scenes {
    ($($name:ident => $make:expr;)*) => {
        /// All of them.
        pub const SCENES: &[Scene] = &[$(Scene { name: stringify!($name), make: $make },)*];
    };
}

fn pressed(width: u16, height: u16, keys: &str) -> App {
    let mut app = full(width, height);
    press(&mut app, keys);
    app
}

fn calm_at(width: u16, height: u16, keys: &str) -> App {
    let mut app = bare(width, height);
    tell(&mut app, snapshot(calm()));
    press(&mut app, keys);
    app
}

fn halted(width: u16, height: u16, keys: &str) -> App {
    let mut link = busy();
    link.halts = vec![halt()];
    let mut app = living(width, height, link);
    press(&mut app, keys);
    app
}

fn put_back(width: u16, height: u16, keys: &str) -> App {
    let mut link = busy();
    link.halts = vec![halt_of_changes()];
    let mut app = living(width, height, link);
    // What was drawn tells how far the list goes.
    for key in keys.split_whitespace() {
        press(&mut app, key);
        let _ = text(&app);
    }
    app
}

fn planned(width: u16, height: u16, keys: &str) -> App {
    let mut app = pressed(width, height, "d");
    let mut link = busy();
    link.planned = Some((NOW, plan()));
    tell(&mut app, snapshot(link));
    press(&mut app, keys);
    app
}

fn adopting(width: u16, height: u16, keys: &str) -> App {
    let mut app = calm_at(width, height, "d");
    let mut link = calm();
    link.planned = Some((NOW, adoptions()));
    tell(&mut app, snapshot(link));
    press(&mut app, keys);
    app
}

/// A run that was stopped, and one with all to tell, in the history.
fn ran(width: u16, height: u16) -> App {
    let mut app = pressed(width, height, "3 z");
    let newest = app.data.history.front().cloned();
    for (minute, note) in [
        (
            1,
            "12 to GitHub, 34 to Notion; turns 50, queued 120, conflicts 3, held 12; asked for by you",
        ),
        (
            2,
            "0 to GitHub, 1 to Notion; turns 9, queued 0, conflicts 0, held 0; stopped: GitHub refused the token: Bad credentials",
        ),
    ] {
        let mut run = newest.clone().unwrap();
        run.id = format!("run{minute}");
        run.at = run.at.plus(minute * 60_000);
        (run.kind, run.pair, run.side) = (RecordKind::Run, None, None);
        (run.verb, run.note) = ("run".to_owned(), note.to_owned());
        app.update(Input::Event(Event::Recorded(Box::new(run))));
    }
    app
}

fn undo_planned(width: u16, height: u16) -> App {
    let mut app = pressed(width, height, "3 u");
    let back = |field: &str, refused: Option<&str>| {
        let change = changed(field, "Crash on resize", "Crash on resize in tmux");
        PutBack {
            field: change.field,
            now: change.after,
            then: change.before,
            page: None,
            refused: refused.map(str::to_owned),
        }
    };
    let backs = vec![
        back("title", None),
        back("body", Some("both sides changed it since")),
    ];
    let answer = Answer::UndoPlan("r1".to_owned(), Ok(backs));
    app.update(Input::Answer(Box::new(answer)));
    app
}

fn searching(width: u16, height: u16, keys: &str, find: &str) -> App {
    let mut app = pressed(width, height, keys);
    type_in(&mut app, find);
    app
}

fn waited(width: u16, height: u16) -> App {
    let mut app = pressed(width, height, "y");
    app.update(Input::Tick(NOW.plus(400)));
    app
}

fn chosen_by_hand(width: u16, height: u16) -> App {
    let mut app = pressed(width, height, "4 Enter h j h l j m j");
    let own = Some("closed".to_owned());
    app.update(Input::Edited("c4".to_owned(), own));
    press(&mut app, "b");
    app
}

scenes! {
    system => |w, h| pressed(w, h, "1");
    queue => |w, h| pressed(w, h, "2 j j");
    history => |w, h| pressed(w, h, "3 j");
    conflicts => |w, h| pressed(w, h, "4 Space");
    log => |w, h| pressed(w, h, "5");
    history_zoomed => |w, h| pressed(w, h, "3 z");
    history_failed => |w, h| pressed(w, h, "3 f");
    absolute_times => |w, h| pressed(w, h, "4 T");
    syncing => |w, h| {
        let mut link = calm();
        link.running = Some(running());
        link.counts.queued = 9;
        living(w, h, link)
    };
    nothing_known => bare;
    empty_queue => |w, h| calm_at(w, h, "2");
    empty_history => |w, h| calm_at(w, h, "3 z");
    empty_failed => |w, h| calm_at(w, h, "3 z f");
    empty_conflicts => |w, h| calm_at(w, h, "4");
    empty_log => |w, h| calm_at(w, h, "5 z");
    filter_typed => |w, h| searching(w, h, "2 /", "fails");
    filter_hides_all => |w, h| searching(w, h, "4 /", "zebra");
    message => |w, h| pressed(w, h, "2 y y");
    read_only => |w, h| {
        let mut app = full(w, h);
        app.data.facts.read_only = true;
        press(&mut app, "p");
        app
    };
    resolver_title => |w, h| pressed(w, h, "4 Enter");
    resolver_body => |w, h| pressed(w, h, "4 Enter j");
    resolver_body_second_place => |w, h| pressed(w, h, "4 Enter j h");
    resolver_body_words => |w, h| pressed(w, h, "4 Enter j v");
    resolver_body_raw => |w, h| pressed(w, h, "4 Enter j v v w");
    resolver_labels => |w, h| pressed(w, h, "4 Enter j j m");
    resolver_in_step => |w, h| pressed(w, h, "4 Enter G");
    resolver_chosen => chosen_by_hand;
    resolver_deleted => |w, h| pressed(w, h, "4 j Enter h");
    resolver_many => |w, h| pressed(w, h, "4 Space Space Space <");
    plan_waited_for => |w, h| pressed(w, h, "d");
    plan => |w, h| planned(w, h, "j");
    plan_some_off => |w, h| planned(w, h, "Space j j Space");
    plan_adoptions => |w, h| adopting(w, h, "");
    plan_question => |w, h| adopting(w, h, "G");
    history_runs => ran;
    plan_removals => |w, h| planned(w, h, "f");
    record => |w, h| pressed(w, h, "3 Enter");
    record_of_a_run => |w, h| pressed(w, h, "3 G Enter");
    record_undo => undo_planned;
    item => |w, h| pressed(w, h, "2 j i");
    halt => |w, h| halted(w, h, "H");
    halt_typed => |w, h| halted(w, h, "H j j 4");
    halt_put_back => |w, h| put_back(w, h, "H j 1");
    halt_items => |w, h| put_back(w, h, "H j j j j j j");
    doctor => |w, h| {
        let mut app = pressed(w, h, "!");
        let answer = Answer::Doctor(Ok(crate::doctor::findings(12)));
        app.update(Input::Answer(Box::new(answer)));
        app
    };
    help => |w, h| pressed(w, h, "2 ?");
    help_found => |w, h| searching(w, h, "4 Enter ?", "hunk");
    palette => |w, h| pressed(w, h, ":");
    palette_found => |w, h| searching(w, h, ":", "sync");
    which_key => waited;
}

/// How the engine can be, each with the word that the header must show, and whether a person is needed.
pub fn moods() -> Vec<(&'static str, App, bool)> {
    let size = (120, 40);
    let with = |change: &dyn Fn(&mut pulse_sync::engine::Snapshot)| {
        let mut app = bare(size.0, size.1);
        let mut snapshot = snapshot(calm());
        change(&mut snapshot);
        app.update(Input::Snapshot(Arc::new(snapshot)));
        app
    };
    let stopped = |stop: Stop| {
        with(&|snapshot| {
            if let Some((_, report)) = &mut snapshot.links[0].last {
                report.stopped = Some(stop.clone());
            }
        })
    };
    let side = |class: &'static str| Stop::Side {
        side: Side::Notion,
        class,
        message: "what happened".to_owned(),
    };
    let limited = Stop::Limited {
        side: Side::Github,
        until: NOW.plus(26 * MINUTE),
        reason: "5,000 an hour".to_owned(),
    };
    let busy_elsewhere = Stop::Busy {
        holder: "desk (4711)".to_owned(),
        until: NOW.plus(MINUTE),
    };
    let mut pausing = with(&|_| {});
    press(&mut pausing, "p");
    let mut resuming = with(&|snapshot| snapshot.paused = Some(NOW.minus(12 * MINUTE)));
    press(&mut resuming, "p");
    let mut ending = with(&|_| {});
    press(&mut ending, "q");
    let mut broken = with(&|_| {});
    broken.update(Input::Trouble("the store is locked".to_owned()));
    vec![
        ("RUNNING", with(&|_| {}), false),
        (
            "RUNNING",
            with(&|snapshot| snapshot.links[0].conflicts = crate::make::conflicts()),
            true,
        ),
        (
            "SYNCING",
            with(&|snapshot| snapshot.links[0].running = Some(running())),
            false,
        ),
        ("PAUSING", pausing, false),
        (
            "PAUSED",
            with(&|snapshot| snapshot.paused = Some(NOW.minus(12 * MINUTE))),
            false,
        ),
        ("RESUMING", resuming, false),
        ("OFFLINE", stopped(side("offline")), false),
        ("OFFLINE", stopped(Stop::InDoubt), false),
        (
            "OFFLINE",
            with(&|snapshot| {
                snapshot.store_trouble = Some("disk full".to_owned());
                snapshot.store_away = Some(NOW.minus(90_000));
            }),
            false,
        ),
        ("LIMITED", stopped(limited), false),
        ("LOGIN", stopped(side("unauthorized")), true),
        ("SETUP", stopped(side("setup")), true),
        ("FOLLOWING", stopped(busy_elsewhere), false),
        (
            "FOLLOWING",
            with(&|snapshot| {
                snapshot.links[0].led_by = Some("desk:4711".to_owned());
                snapshot.links[0].running = Some(running());
            }),
            false,
        ),
        (
            "HALTED",
            with(&|snapshot| snapshot.links[0].halts = vec![halt()]),
            true,
        ),
        (
            "HALTED PAUSED",
            with(&|snapshot| {
                snapshot.links[0].halts = vec![halt()];
                snapshot.paused = Some(NOW.minus(MINUTE));
            }),
            true,
        ),
        (
            "RUNNING",
            with(&|snapshot| snapshot.links[0].queue = vec![crate::make::aside(107)]),
            true,
        ),
        (
            "SYNCING",
            with(&|snapshot| {
                snapshot.links[0].counts.parked = 1;
                snapshot.links[0].running = Some(running());
            }),
            true,
        ),
        ("ENDING", ending, false),
        ("STOPPED", broken, true),
    ]
}
