//! Tables: GitHub's rows of pipes and Notion's (or anybody's) `<table>`.

use super::inline::trim;

/// Splits a row at its pipes; an escaped pipe belongs to its cell. None without a pipe.
pub(super) fn cells(line: &str) -> Option<Vec<String>> {
    let line = trim(line);
    let mut cells = vec![String::new()];
    let mut pipes = 0;
    let mut escaped = false;
    for c in line.chars() {
        if c == '|' && !escaped {
            pipes += 1;
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            if c == '|' {
                cell.pop();
            }
            cell.push(c);
        }
        escaped = c == '\\';
    }
    if pipes == 0 {
        return None;
    }
    if line.starts_with('|') {
        cells.remove(0);
    }
    if cells.len() > 1 && cells.last().is_some_and(|cell| trim(cell).is_empty()) {
        cells.pop();
    }
    Some(cells.iter().map(|cell| trim(cell).to_owned()).collect())
}

/// Returns the number of columns when the line is the rule under a table's head.
pub(super) fn delimiter(line: &str) -> Option<usize> {
    let cells = cells(line)?;
    let dashes = |cell: &String| {
        let cell = cell.strip_prefix(':').unwrap_or(cell);
        let cell = cell.strip_suffix(':').unwrap_or(cell);
        !cell.is_empty() && cell.chars().all(|c| c == '-')
    };
    cells.iter().all(dashes).then_some(cells.len())
}

/// Makes every pipe in a cell an escaped one.
pub(super) fn pipe_safe(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for c in cell.chars() {
        if c == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Reads the text of one `<table>` into rows of equal length. None when it holds anything
/// but rows and cells of one paragraph each.
pub(super) fn html_rows(text: &str) -> Option<Vec<Vec<String>>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut rest = trim_lines(text);
    let mut seen_table = false;
    while !rest.is_empty() {
        let tag = rest.strip_prefix('<')?;
        let end = tag.find('>')?;
        let (name, after) = (tag_name(&tag[..end]), trim_lines(&tag[end + 1..]));
        match name.as_str() {
            "table" if !seen_table => seen_table = true,
            "/table" if seen_table && after.is_empty() => {
                rows.retain(|row| !row.is_empty());
                return squared(rows);
            }
            "thead" | "/thead" | "tbody" | "/tbody" | "colgroup" | "/colgroup" | "col" | "/tr" => {}
            "tr" => rows.push(Vec::new()),
            "td" | "th" => {
                let (cell, tail) = cell_text(after, &lower[text.len() - after.len()..], &name)?;
                rows.last_mut()?.push(cell);
                rest = trim_lines(tail);
                continue;
            }
            _ => return None,
        }
        rest = after;
    }
    None
}

fn trim_lines(text: &str) -> &str {
    text.trim_start_matches(|c| c == '\n' || super::inline::is_space(c))
}

fn tag_name(tag: &str) -> String {
    let end = tag
        .char_indices()
        .skip(1)
        .find(|(_, c)| !c.is_ascii_alphanumeric());
    tag[..end.map_or(tag.len(), |(at, _)| at)].to_ascii_lowercase()
}

fn cell_text<'a>(text: &'a str, lower: &str, name: &str) -> Option<(String, &'a str)> {
    let close = format!("</{name}>");
    let mut from = 0;
    let end = loop {
        let at = from + lower[from..].find(&close)?;
        let slashes = lower[..at].chars().rev().take_while(|c| *c == '\\').count();
        if slashes % 2 == 0 {
            break at;
        }
        from = at + close.len();
    };
    let (inner, plain) = (&text[..end], &lower[..end]);
    let nested = ["<td", "<th", "<tr", "<table"].iter().any(|tag| {
        plain
            .match_indices(tag)
            .any(|(at, _)| !plain[..at].ends_with('\\'))
    });
    let lines: Vec<&str> = inner
        .split('\n')
        .map(trim)
        .filter(|line| !line.is_empty())
        .collect();
    let code = lines.len() > 1 && lines.iter().any(|line| super::leaf::fence(line).is_some());
    if nested || code {
        return None;
    }
    Some((lines.join("<br>"), &text[end + close.len()..]))
}

/// Gives all rows the same number of cells.
pub(super) fn squared(mut rows: Vec<Vec<String>>) -> Option<Vec<Vec<String>>> {
    let width = rows.iter().map(Vec::len).max()?;
    for row in &mut rows {
        row.resize(width, String::new());
    }
    Some(rows)
}
