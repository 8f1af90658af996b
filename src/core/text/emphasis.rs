//! Which signs of a line GitHub might take for marks of emphasis if no backslash stood before them.

use super::inline::Seg;

/// Marks the pieces that are a `*`, `_` or `~` and could have a partner on the line. `CommonMark` pairs fewer of them, but
/// not every reader keeps to its finer rules. One that touches the same sign of the other sort, with a backslash or without, counts too.
pub(super) fn paired(segs: &[Seg]) -> Vec<bool> {
    let runs = runs(segs);
    let mut paired = vec![false; segs.len()];
    for run in &runs {
        let partner = |other: &Run| {
            let fits = run.sign != '~' || (run.length() == other.length() && run.length() <= 2);
            let after = run.opens && other.closes && other.from > run.from;
            let before = run.closes && other.opens && other.from < run.from;
            run.sign == other.sign && fits && (after || before)
        };
        let is_mixed = segs[run.from..run.to]
            .windows(2)
            .any(|pair| pair[0] != pair[1]);
        if is_mixed || runs.iter().any(partner) {
            paired[run.from..run.to].fill(true);
        }
    }
    paired
}

/// A run of one sign.
struct Run {
    sign: char,
    from: usize,
    to: usize,
    opens: bool,
    closes: bool,
}

impl Run {
    const fn length(&self) -> usize {
        self.to - self.from
    }
}

fn runs(segs: &[Seg]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = 0;
    while from < segs.len() {
        let sign = sign(&segs[from]);
        let to = from
            + segs[from..]
                .iter()
                .take_while(|seg| self::sign(seg) == sign)
                .count();
        if matches!(sign, '*' | '_' | '~') {
            let before = from.checked_sub(1).map_or(' ', |at| self::sign(&segs[at]));
            let after = segs.get(to).map_or(' ', self::sign);
            runs.push(Run {
                sign,
                from,
                to,
                opens: !(after.is_whitespace() || sign == '_' && before.is_alphanumeric()),
                closes: !(before.is_whitespace() || sign == '_' && after.is_alphanumeric()),
            });
        }
        from = to;
    }
    runs
}

/// What a piece is to its neighbours: code, links and breaks begin and end with a mark.
const fn sign(seg: &Seg) -> char {
    match seg {
        Seg::Char(c, _) => *c,
        Seg::Code(_) => '`',
        Seg::Link { .. } => '[',
        Seg::Break => '<',
    }
}

#[cfg(test)]
mod tests {
    use super::super::inline;
    use super::paired;

    #[test]
    fn a_sign_without_a_partner_is_none() {
        for (line, wanted) in [
            ("~5 to ~10", ""),
            ("a ~ b ~ c", ""),
            ("~a~", "~~"),
            ("~a~~", ""),
            ("~~~a~~~", ""),
            ("5*3", ""),
            ("5*3*2", "**"),
            ("*a", ""),
            ("*a * b", ""),
            ("*a b*", "**"),
            ("**a*", "***"),
            ("snake_case_x", ""),
            ("_a b_", "__"),
            ("_a", ""),
            ("*[a](b)*", "**"),
            ("\\**a", "**"),
        ] {
            let segs = inline::parse(line);
            let marked = paired(&segs)
                .into_iter()
                .zip(&segs)
                .filter(|(paired, _)| *paired);
            let signs: String = marked.map(|(_, seg)| super::sign(seg)).collect();
            assert_eq!(signs, wanted, "{line}");
        }
    }
}
