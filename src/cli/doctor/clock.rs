//! Our clock against those of the services.

use super::Check;
use crate::core::schedule::span;

/// A clock may be wrong by so much, in milliseconds, before it is worth a word.
const APART: i64 = 30_000;

/// Says how our clock stands to the ones of the services: how far each is ahead of ours, in ms, where it told.
pub(super) fn check(ahead: [(&str, Option<i64>); 2]) -> Check {
    let told: Vec<(&str, i64)> = ahead
        .iter()
        .filter_map(|(service, ms)| Some((*service, (*ms)?)))
        .collect();
    if told.is_empty() {
        let help = "it is compared once GitHub or Notion answers";
        return Check::warn("clock", "neither service told its time", help);
    }
    let wrong = told.iter().filter(|(_, ms)| ms.abs() > APART);
    let wrong: Vec<String> = wrong
        .map(|(service, ms)| {
            let way = if *ms > 0 { "behind" } else { "ahead of" };
            format!("{} {way} {service}'s", span(ms.abs()))
        })
        .collect();
    if wrong.is_empty() {
        let names: Vec<&str> = told.iter().map(|(service, _)| *service).collect();
        return Check::ok("clock", format!("agrees with {}", names.join(" and ")));
    }
    Check::warn(
        "clock",
        format!("this machine's clock is {}", wrong.join(" and ")),
        "set the clock, or switch on its synchronisation; waiting times and \"the newest wins\" go by it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_clock_is_judged_by_those_who_told_theirs() {
        let of = |github, notion| check([("GitHub", github), ("Notion", notion)]);
        assert_eq!(of(None, None).level, Level::Warn);
        assert_eq!(of(Some(30_000), None).level, Level::Ok);
        let late = of(Some(90_000), Some(0));
        assert_eq!(late.level, Level::Warn);
        assert_eq!(
            late.text,
            "this machine's clock is 1 min 30 s behind GitHub's"
        );
        let early = of(Some(-61_000), Some(-61_000)).text;
        assert_eq!(
            early,
            "this machine's clock is 1 min 1 s ahead of GitHub's and 1 min 1 s ahead of Notion's"
        );
    }
}
