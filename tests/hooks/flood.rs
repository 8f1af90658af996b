//! Many deliveries at once.

use pulse_sync::hooks::Limits;

use super::bench::{Bench, issue, limits};

#[test]
fn ten_thousand_at_once_leave_no_more_behind_than_the_bounds_allow() {
    let limits = Limits {
        burst: 20_000,
        remembered: 1_000,
        things: 100,
        debounce: std::time::Duration::from_secs(1),
        ..limits()
    };
    let mut bench = Bench::start(limits);
    for at in 0..10_000_u64 {
        let body = issue(&format!("I_{at}"), "o/r", at);
        assert_eq!(bench.github("issues", &format!("d-{at}"), &body), 200);
        let (names, things) = bench.receiver.sizes();
        assert!(names <= 1_000 && things <= 100, "{names} {things}");
    }
    // Whoever takes them did nothing meanwhile: two parcels at most, and more things than there is room for.
    assert_eq!(bench.receiver.sizes().0, 1_000, "it was filled");
    let mut is_all = bench.hints().all;
    is_all |= bench.hints().all;
    assert!(is_all);
    assert!(!bench.has_hints() || bench.receiver.sizes().1 == 0);
}

#[test]
fn what_comes_too_fast_is_turned_away_and_the_next_means_everything() {
    let mut bench = Bench::start(Limits {
        burst: 3,
        per_second: 20,
        ..limits()
    });
    assert_eq!(bench.github("issues", "d-0", &issue("I_0", "o/r", 1)), 200);
    assert!(!bench.hints().all);
    let codes: Vec<u16> = (1..60)
        .map(|at| {
            bench.github(
                "issues",
                &format!("d-{at}"),
                &issue(&format!("I_{at}"), "o/r", at),
            )
        })
        .collect();
    assert!(codes.contains(&429), "{codes:?}");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(
        bench.github("issues", "d-60", &issue("I_60", "o/r", 60)),
        200
    );
    let mut is_all = false;
    while !is_all {
        is_all = bench.hints().all;
    }
}

#[test]
fn what_nobody_signed_makes_nothing_be_looked_at_however_much_of_it_comes() {
    let mut bench = Bench::start(Limits {
        burst: 2,
        per_second: 0,
        ..limits()
    });
    for _ in 0..20 {
        let code = bench.send("/github", &[("X-Hub-Signature-256", "sha256=00")], b"{}");
        assert!(code == 401 || code == 429, "{code}");
    }
    assert!(!bench.has_hints());
}
