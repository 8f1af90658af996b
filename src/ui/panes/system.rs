//! Memory, swap and CPU with their thresholds, what this program costs, and what is left of the services' limits.

use crate::core::Side;
use crate::engine::face::LinkState;
use crate::ui::app::App;
use crate::ui::canvas::{Canvas, ink};
use crate::ui::data::Sample;
use crate::ui::layout::Pane;
use crate::ui::state::budget;
use crate::ui::text::{ago, bytes, countdown, thousands, width};
use crate::ui::theme::Meaning;

/// Columns of a bar in the pane.
const BAR: usize = 18;
/// Columns of the bar of a service's limit, at most.
const LIMIT_BAR: usize = 12;

/// Draws the machine in one line.
pub fn strip(app: &App, canvas: &mut Canvas<'_>) {
    let Some(sample) = app.data.samples.back() else {
        canvas.put(1, 0, "measuring memory and CPU …", Meaning::Dim);
        return;
    };
    let facts = &app.data.facts;
    let x = canvas.put(1, 0, sample.memory_name(), Meaning::Dim) + 1;
    let x = canvas.bar(x, 0, 10, sample.memory_part(), Some(facts.memory_limit));
    let x = canvas.put(
        x,
        0,
        &format!(" {:>3.0}%", sample.memory_part() * 100.0),
        Meaning::Text,
    );
    let x = canvas.put(x + 2, 0, "cpu ", Meaning::Dim);
    let x = canvas.bar(x, 0, 10, sample.cpu, Some(facts.cpu_limit));
    let x = canvas.put(
        x,
        0,
        &format!(" {:>3.0}%", sample.cpu * 100.0),
        Meaning::Text,
    );
    let own = format!(
        "own {} {:.1}%",
        bytes(sample.own_memory),
        sample.own_cpu * 100.0
    );
    let end = canvas.put_right(canvas.columns().saturating_sub(1), 0, &own, Meaning::Dim);
    let room = end.saturating_sub(x + 3);
    let loads: Vec<f64> = app.data.samples.iter().map(|sample| sample.cpu).collect();
    if room >= 8 {
        canvas.spark(x + 2, 0, room, &loads);
    }
}

/// Draws the pane.
pub fn view(app: &App, canvas: &mut Canvas<'_>, focused: bool) {
    let title = format!("{} {}", Pane::System.number(), Pane::System.name());
    let span = app.data.samples.len();
    let right = if span < 2 {
        String::new()
    } else {
        format!("{span}s")
    };
    let mut inner = canvas.frame(&title, &right, focused);
    let Some(sample) = app.data.samples.back().copied() else {
        inner.put(1, 0, "Measuring memory and CPU …", Meaning::Dim);
        return;
    };
    let mut y = meters(app, &mut inner, &sample);
    // Charts go first where there is little room.
    let others = 4;
    if inner.rows() >= y + others + 7 {
        y = chart(app, &mut inner, y + 1);
    } else if inner.rows() >= y + others + 3 {
        y = sparks(app, &mut inner, y + 1);
    }
    if inner.rows() > y + others {
        y += 1;
    }
    y = costs(&mut inner, y, &sample);
    for side in Side::BOTH {
        y = limits(app, &mut inner, y, side);
    }
    if inner.rows() > y + 6 {
        about(app, &mut inner, y + 1);
    }
}

fn meters(app: &App, canvas: &mut Canvas<'_>, sample: &Sample) -> usize {
    let facts = &app.data.facts;
    let gauge = |(used, all): (u64, u64)| format!("{}/{}", bytes(used), bytes(all));
    let mut rows = vec![
        (
            sample.memory_name(),
            sample.memory_part(),
            Some(facts.memory_limit),
            gauge(sample.memory),
        ),
        (
            "cpu",
            sample.cpu,
            Some(facts.cpu_limit),
            format!("{:.0}% of {}", sample.cpu * 100.0, sample.cores),
        ),
    ];
    if sample.swap.1 > 0 {
        rows.insert(1, ("swap", sample.swap_part(), None, gauge(sample.swap)));
    }
    let count = rows.len();
    let bar = BAR.min(canvas.columns().saturating_sub(20)).max(8);
    for (y, (name, part, limit, text)) in rows.into_iter().enumerate() {
        canvas.put(1, y, name, Meaning::Dim);
        let x = canvas.bar(6, y, bar, part, limit);
        let over = limit.is_some_and(|limit| part > limit);
        canvas.put(
            x + 1,
            y,
            &text,
            if over { Meaning::Warn } else { Meaning::Text },
        );
    }
    count
}

fn sparks(app: &App, canvas: &mut Canvas<'_>, y: usize) -> usize {
    let room = canvas.columns().saturating_sub(8);
    let series: [(&str, Vec<f64>); 2] = [
        (
            "cpu",
            app.data.samples.iter().map(|sample| sample.cpu).collect(),
        ),
        (
            "mem",
            app.data.samples.iter().map(Sample::memory_part).collect(),
        ),
    ];
    for (row, (name, values)) in series.iter().enumerate() {
        canvas.put(1, y + row, name, Meaning::Dim);
        canvas.spark(6, y + row, room, values);
    }
    y + 2
}

/// CPU over time, five rows high, with the threshold drawn in.
fn chart(app: &App, canvas: &mut Canvas<'_>, top: usize) -> usize {
    // The pane has other things to say below; what is left over is the chart's.
    let rows = (canvas.rows() / 5).clamp(5, 10);
    let room = canvas.columns().saturating_sub(8);
    let values: Vec<f64> = app.data.samples.iter().map(|sample| sample.cpu).collect();
    let shown = &values[values.len().saturating_sub(room)..];
    let glyphs = canvas.glyphs();
    let limit = app.data.facts.cpu_limit;
    for row in 0..rows {
        let floor = (rows - 1 - row) as f64 / rows as f64;
        let label = match row {
            0 => "cpu%",
            _ => "",
        };
        canvas.put(1, top + row, label, Meaning::Dim);
        let is_limit = floor <= limit && limit < floor + 1.0 / rows as f64;
        if is_limit {
            canvas.put(6, top + row, &glyphs.dash.repeat(room), Meaning::Warn);
        }
        for (at, value) in shown.iter().enumerate() {
            let above = (value - floor) * rows as f64;
            if above > 0.0 {
                let steps = (above.min(1.0) * 7.0).round();
                let index = (0..8).find(|n| f64::from(*n) >= steps).unwrap_or(7);
                let glyph = glyphs.spark[usize::try_from(index).unwrap_or(7)];
                canvas.put(6 + room - shown.len() + at, top + row, glyph, Meaning::Bar);
            }
        }
    }
    canvas.put(1, top + rows, "mem", Meaning::Dim);
    let memory: Vec<f64> = app.data.samples.iter().map(Sample::memory_part).collect();
    canvas.spark(6, top + rows, room, &memory);
    top + rows + 1
}

fn costs(canvas: &mut Canvas<'_>, y: usize, sample: &Sample) -> usize {
    let own = format!(
        "{} memory  {:.1}% cpu",
        bytes(sample.own_memory),
        sample.own_cpu * 100.0
    );
    let room = canvas.columns().saturating_sub(1);
    canvas.line(
        1,
        y,
        room,
        &[ink("own  ", Meaning::Dim), ink(own, Meaning::Text)],
    );
    y + 1
}

fn limits(app: &App, canvas: &mut Canvas<'_>, y: usize, side: Side) -> usize {
    let name = match side {
        Side::Github => "GitHub",
        Side::Notion => "Notion",
    };
    canvas.put(1, y, name, Meaning::Dim);
    let budgets = || {
        app.data
            .links()
            .iter()
            .map(|link| link.budgets[side as usize])
    };
    let Some((left, all)) = budget(&app.data, side) else {
        let made: u64 = budgets().map(|budget| budget.made).sum();
        let text = match made {
            1 => "1 request, no limit known".to_owned(),
            made => format!("{} requests, no limit known", thousands(made)),
        };
        canvas.put(8, y, &text, Meaning::Dim);
        return y + 1;
    };
    let resets = budgets()
        .filter_map(|budget| budget.resets_at)
        .filter(|at| *at > app.data.now)
        .min()
        .map_or_else(String::new, |at| {
            format!("  {}", countdown(at.since(app.data.now)))
        });
    // What is left counts only after a pause that the service asked for.
    let is_asked = budgets()
        .any(|budget| budget.asked && budget.resets_at.is_some_and(|at| at > app.data.now));
    let text = if is_asked {
        format!("asked to wait{resets}")
    } else {
        let (left, all) = (thousands(left.into()), thousands(all.into()));
        format!("{left}/{all}{resets}")
    };
    // The numbers say more than the bar: it has what they leave.
    let room = canvas.columns().saturating_sub(8 + 2 + width(&text));
    let part = f64::from(left) / f64::from(all.max(1));
    let x = match room.min(LIMIT_BAR) {
        0..4 => 7,
        bar => canvas.bar(8, y, bar, part, None),
    };
    canvas.put(x + 1, y, &text, Meaning::Text);
    y + 1
}

/// How many items of a link stand where, in lines that fit. The words and the numbers are those of `status`.
fn standings(link: &LinkState, columns: usize) -> Vec<String> {
    let counts = &link.counts;
    let refused = link.aside().saturating_sub(counts.parked);
    let always = [(counts.active, "linked"), (counts.queued_only(), "queued")];
    let if_any = [
        (counts.conflicted, "in conflict"),
        (counts.held, "held"),
        (counts.held_by_user, "held by you"),
        (counts.in_doubt, "unclear"),
        (counts.parked, "set aside"),
        (refused, "refused"),
    ];
    let if_any = if_any.into_iter().filter(|(items, _)| *items > 0);
    let mut lines: Vec<String> = Vec::new();
    for (items, what) in always.into_iter().chain(if_any) {
        let told = format!("{} {what}", thousands(items));
        match lines.last_mut() {
            Some(last) if width(last) + 2 + width(&told) <= columns => {
                last.push_str("  ");
                last.push_str(&told);
            }
            _ => lines.push(told),
        }
    }
    lines
}

/// What is linked, and how it stands, where there is room.
fn about(app: &App, canvas: &mut Canvas<'_>, top: usize) {
    let mut y = top;
    for link in app.data.links() {
        canvas.put(1, y, &link.name, Meaning::Title);
        y += 1;
        for line in standings(link, canvas.columns().saturating_sub(4)) {
            canvas.put(3, y, &line, Meaning::Text);
            y += 1;
        }
        if let Some((at, report)) = &link.last {
            let ago = ago(app.data.now.since(*at));
            let text = format!(
                "last run {ago}: {} to GitHub, {} to Notion",
                report.writes.github, report.writes.notion,
            );
            canvas.put(3, y, &text, Meaning::Dim);
            y += 1;
        }
        let facts = app.data.facts.links.iter();
        for (_, lines) in facts.filter(|(name, _)| *name == link.name) {
            for (what, text) in lines {
                canvas.put(3, y, what, Meaning::Dim);
                canvas.put(11, y, text, Meaning::Text);
                y += 1;
            }
        }
        y += 1;
    }
}
