//! What the one that follows shows while the store is away and while all is paused: not that somebody runs the link.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use pulse_sync::core::schedule::{Reason, Trouble};
use pulse_sync::engine::serve::wires;
use pulse_sync::engine::{Command, Event, Handle, Snapshot};
use pulse_sync::store::mongo::Patience;
use tokio::sync::oneshot;

use crate::clock::now;
use crate::group::{Group, until as group_until};
use crate::inside::{engine, link, serve, until};
use crate::mongo::{Mode, Server, store_with};
use crate::rig::{Rig, world};

/// Without a screen, and with no items to write about.
#[test]
fn a_service_that_follows_says_who_runs_it_once_and_that_it_took_over() {
    let mut group = Group::new(Mode::Replica, world(1, 0, 0));
    // Longer than anything here takes.
    group.rig.advanced("lease_ttl", "\"1m\"");
    let leader = group.start("laptop");
    group.until_led_by(&leader);
    let follower = group.start("studio");
    let told = "\"event\":\"leads\"";
    group_until("it says who runs it", || follower.said(told) > 0);
    let line = follower.line(told).unwrap();
    assert!(line.contains(&leader.holder), "{line}");
    // Many looks at the lease later it is still no news.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(follower.said(told), 1);
    assert_eq!(leader.said(told), 0, "nobody else ever ran it");
    assert_eq!(leader.stop(), Some(0));
    group_until("it took over", || follower.said("\"holder\":null") > 0);
    assert_eq!(follower.said(told), 2);
    assert_eq!(follower.stop(), Some(0));
}

/// Enough for a busy machine, and short for who waits for a frozen server.
const HASTY: Patience = Patience {
    connect: Duration::from_secs(3),
    select: Duration::from_secs(3),
    operation: Duration::from_secs(4),
};

async fn pause(handle: &Handle, on: bool) {
    let (reply, answer) = oneshot::channel();
    handle.send(Command::Pause(on, reply)).await.unwrap();
    answer.await.unwrap().unwrap();
}

fn waits_for(snapshot: &Snapshot, is: impl Fn(&Reason) -> bool) -> bool {
    let next = snapshot.links.first().and_then(|link| link.next.as_ref());
    next.is_some_and(|next| is(&next.reason))
}

async fn drive(server: &Server, laptop: Handle, studio: Handle) {
    let follows = |snapshot: &Snapshot| {
        let is_it = |reason: &Reason| *reason == Reason::Busy("laptop".to_owned());
        waits_for(snapshot, is_it)
    };
    until(&studio, "it follows", follows).await;
    pause(&laptop, true).await;
    let paused = |s: &Snapshot| waits_for(s, |reason| matches!(reason, Reason::Paused { .. }));
    until(&studio, "it says that all is paused", paused).await;
    pause(&laptop, false).await;
    until(&studio, "it follows again", follows).await;
    server.freeze();
    let away = |snapshot: &Snapshot| {
        let is_it = |reason: &Reason| {
            matches!(
                reason,
                Reason::StoreAway {
                    trouble: Trouble::Unreachable,
                    ..
                }
            )
        };
        let next = snapshot.links.first().and_then(|link| link.next.clone());
        let is_later = next.is_some_and(|next| next.until > now());
        snapshot.store_away.is_some() && waits_for(snapshot, is_it) && is_later
    };
    until(
        &studio,
        "it says that the store is away, and when it is tried again",
        away,
    )
    .await;
    server.thaw();
    until(&studio, "somebody runs it again", |s| {
        s.store_away.is_none() && (follows(s) || s.links[0].led_by.is_none())
    })
    .await;
    for handle in [studio, laptop] {
        handle.send(Command::Shutdown).await.unwrap();
    }
}

#[test]
fn the_one_that_follows_says_what_is_true_while_nobody_runs_it() {
    let rig = Rig::start(Some(world(2, 0, 0)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start(Mode::Replica).await;
        let links = [link(&rig.small)];
        let store = || store_with(&server.uri(), "pulse", HASTY);
        let (laptop, one, sink) = wires();
        let first = engine(store(), "laptop", sink);
        let (studio, two, sink) = wires();
        let told: Rc<RefCell<Vec<Option<String>>>> = Rc::default();
        let heard = Rc::clone(&told);
        let note = move |event: Event| {
            if let Event::Leads { holder, .. } = &event {
                heard.borrow_mut().push(holder.clone());
            }
            sink(event);
        };
        let second = engine(store(), "studio", Box::new(note));
        let other = async {
            until(&laptop, "the first one serves", |s| !s.links.is_empty()).await;
            serve(&second, &links, two).await;
        };
        let drive = drive(&server, laptop.clone(), studio);
        tokio::join!(serve(&first, &links, one), other, drive);
        let told = told.borrow();
        assert_eq!(told.first(), Some(&Some("laptop".to_owned())), "{told:?}");
        assert!(
            told.windows(2).all(|two| two[0] != two[1]),
            "told twice: {told:?}"
        );
    });
}
