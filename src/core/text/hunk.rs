//! The smallest replacement that turns one text into another.

/// Returns the smallest stretch of whole lines whose replacement turns `old` into `new`, and
/// what replaces it. None when the texts are equal.
///
/// The first text occurs exactly once in `old` (lines around it are taken along until it does),
/// so it can be sent as Notion's `update_content`, which refuses when the page says anything else
/// meanwhile. With an empty `old` it is empty: then there is nothing to compare with.
pub fn hunk(old: &str, new: &str) -> Option<(String, String)> {
    if old == new {
        return None;
    }
    let olds: Vec<&str> = old.split_inclusive('\n').collect();
    let news: Vec<&str> = new.split_inclusive('\n').collect();
    let least = olds.len().min(news.len());
    let head = (0..least).take_while(|i| olds[*i] == news[*i]).count();
    let tail = (0..least - head)
        .take_while(|i| olds[olds.len() - 1 - i] == news[news.len() - 1 - i])
        .count();
    let (mut before, mut after) = (0, 0);
    let cut = |lines: &[&str], before: usize, after: usize| -> String {
        lines[head - before..lines.len() - (tail - after)].concat()
    };
    while !once(old, &cut(&olds, before, after)) && (before < head || after < tail) {
        if before < head && (before <= after || after == tail) {
            before += 1;
        } else {
            after += 1;
        }
    }
    while before > 0 && once(old, &cut(&olds, before - 1, after)) {
        before -= 1;
    }
    while after > 0 && once(old, &cut(&olds, before, after - 1)) {
        after -= 1;
    }
    Some((cut(&olds, before, after), cut(&news, before, after)))
}

/// Says whether the part occurs exactly once, overlapping places counted.
fn once(text: &str, part: &str) -> bool {
    if part.is_empty() {
        return false;
    }
    let Some(first) = text.find(part) else {
        return false;
    };
    let step = text[first..].chars().next().map_or(1, char::len_utf8);
    !text[first + step..].contains(part)
}
