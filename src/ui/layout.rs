//! Where things are: one pure function of the terminal's size.

use ratatui::layout::Rect;

/// The panes of the dashboard.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// Memory, CPU, budgets.
    System,
    /// What runs and what waits.
    #[default]
    Queue,
    /// What happened.
    History,
    /// What waits for a choice.
    Conflicts,
    /// The log.
    Log,
}

impl Pane {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::System,
        Self::Queue,
        Self::History,
        Self::Conflicts,
        Self::Log,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Queue => "Queue",
            Self::History => "History",
            Self::Conflicts => "Conflicts",
            Self::Log => "Log",
        }
    }

    /// Its number key.
    pub const fn number(self) -> usize {
        self as usize + 1
    }
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// By the terminal's size.
    #[default]
    Auto,
    /// One column.
    Narrow,
    /// Two columns above, one below.
    Normal,
    /// Three columns.
    Wide,
}

/// The smallest terminal that is drawn on.
pub const LEAST: (u16, u16) = (60, 16);

/// Whether a terminal is too small to draw on.
pub const fn is_too_small(size: Rect) -> bool {
    size.width < LEAST.0 || size.height < LEAST.1
}

impl Plan {
    /// The plan for a size: below 100 columns narrow, from 180 on wide.
    #[must_use]
    pub const fn for_width(self, width: u16) -> Self {
        match self {
            Self::Auto => match width {
                0..100 => Self::Narrow,
                100..180 => Self::Normal,
                _ => Self::Wide,
            },
            chosen => chosen,
        }
    }
}

/// Where everything of a screen is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The header line.
    pub header: Rect,
    /// The tab line, where there is one.
    pub tabs: Option<Rect>,
    /// The machine in one line, where its pane has no room.
    pub strip: Option<Rect>,
    /// The panes that are drawn.
    pub panes: Vec<(Pane, Rect)>,
    /// The preview of the marked conflict, where there is room.
    pub preview: Option<Rect>,
    /// Everything between header and message line, for screens that need all of it.
    pub body: Rect,
    /// The message line.
    pub message: Rect,
    /// The footer.
    pub footer: Rect,
}

/// What decides about places, besides the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The pane that has the keys.
    pub focus: Pane,
    /// Whether it fills the screen.
    pub zoomed: bool,
    /// Whether the log is shown where there is a choice.
    pub with_log: bool,
    /// How the screen is divided.
    pub plan: Plan,
}

fn rows(area: Rect, from: u16, count: u16) -> Rect {
    let from = from.min(area.height);
    Rect::new(
        area.x,
        area.y + from,
        area.width,
        count.min(area.height - from),
    )
}

/// Divides a column of `area` among panes: each gets its share of rows, the last one the rest.
fn stack(area: Rect, shares: &[(Pane, u16)]) -> Vec<(Pane, Rect)> {
    let mut from = 0;
    let last = shares.len().saturating_sub(1);
    let mut places = Vec::new();
    for (at, (pane, height)) in shares.iter().enumerate() {
        let height = if at == last {
            area.height - from
        } else {
            *height
        };
        places.push((*pane, rows(area, from, height)));
        from = (from + height).min(area.height);
    }
    places
}

/// The plan that there is room for: panes beside and below each other need columns and rows, whatever was chosen.
const fn fitting(plan: Plan, size: Rect) -> Plan {
    match plan.for_width(size.width) {
        Plan::Wide if size.width >= 150 => Plan::Wide,
        Plan::Wide | Plan::Normal if size.width >= 80 && size.height >= 23 => Plan::Normal,
        _ => Plan::Narrow,
    }
}

/// Where everything of the dashboard is.
pub fn places(size: Rect, wish: Wish) -> Places {
    let plan = fitting(wish.plan, size);
    let mut places = Places {
        header: rows(size, 0, 1),
        message: rows(size, size.height.saturating_sub(2), 1),
        footer: rows(size, size.height.saturating_sub(1), 1),
        body: rows(size, 1, size.height.saturating_sub(3)),
        ..Places::default()
    };
    if wish.zoomed {
        let body = places.body;
        // A list of conflicts is seldom long: what the marked one says has the rest.
        let list = match (wish.focus, body.height) {
            (Pane::Conflicts, 16..) => body.height / 2,
            _ => body.height,
        };
        places.panes = vec![(wish.focus, rows(body, 0, list))];
        if list < body.height {
            places.preview = Some(rows(body, list, body.height - list));
        }
        return places;
    }
    match plan {
        Plan::Narrow | Plan::Auto => narrow(&mut places, wish),
        Plan::Normal => normal(&mut places, wish),
        Plan::Wide => wide(&mut places),
    }
    places
}

fn narrow(places: &mut Places, wish: Wish) {
    let body = places.body;
    places.tabs = Some(rows(body, 0, 1));
    places.strip = Some(rows(body, 1, 1));
    let rest = rows(body, 2, body.height.saturating_sub(2));
    if matches!(wish.focus, Pane::System | Pane::Log) {
        places.strip = None;
        places.panes = vec![(wish.focus, rows(body, 1, body.height))];
        return;
    }
    // The focused one of the three gets the room that is left.
    let small = if rest.height >= 18 { 5 } else { 3 };
    let history = if rest.height >= 18 { 6 } else { 3 };
    let share = |pane: Pane, least: u16| {
        let others: u16 = [
            (Pane::Queue, small + 1),
            (Pane::Conflicts, small),
            (Pane::History, history),
        ]
        .iter()
        .filter(|(other, _)| *other != pane)
        .map(|(_, height)| height)
        .sum();
        if wish.focus == pane {
            rest.height.saturating_sub(others)
        } else {
            least
        }
    };
    places.panes = stack(
        rest,
        &[
            (Pane::Queue, share(Pane::Queue, small + 1)),
            (Pane::Conflicts, share(Pane::Conflicts, small)),
            (Pane::History, history),
        ],
    );
}

fn normal(places: &mut Places, wish: Wish) {
    let body = places.body;
    let top = match body.height {
        0..20 => 7,
        20..28 => 9,
        28..45 => 13,
        _ => 16,
    };
    let conflicts = match body.height {
        0..20 => 4,
        20..28 => 6,
        _ => 8,
    };
    let left = 41.min(body.width / 2);
    let upper = rows(body, 0, top);
    let system = Rect::new(upper.x, upper.y, left, upper.height);
    let queue = Rect::new(upper.x + left, upper.y, upper.width - left, upper.height);
    places.panes = vec![(Pane::System, system), (Pane::Queue, queue)];
    let lower = rows(body, top, body.height.saturating_sub(top));
    let rest = lower.height.saturating_sub(conflicts);
    let mut shares = vec![(Pane::Conflicts, conflicts), (Pane::History, rest)];
    if wish.focus == Pane::Log || (wish.with_log && rest >= 6) {
        let log = (rest / 2).max(3);
        shares = vec![
            (Pane::Conflicts, conflicts),
            (Pane::History, rest - log.min(rest)),
            (Pane::Log, log),
        ];
    }
    places.panes.extend(stack(lower, &shares));
}

fn wide(places: &mut Places) {
    let body = places.body;
    let left = 56;
    let right = 60;
    let middle = body.width.saturating_sub(left + right);
    let column = |x: u16, width: u16| Rect::new(body.x + x, body.y, width, body.height);
    places.panes = vec![(Pane::System, column(0, left))];
    let queue = (body.height / 3).max(7);
    places.panes.extend(stack(
        column(left, middle),
        &[(Pane::Queue, queue), (Pane::History, 0)],
    ));
    let conflicts = (body.height / 5).max(5);
    let preview = (body.height / 3).max(5);
    let column = column(left + middle, right);
    places
        .panes
        .push((Pane::Conflicts, rows(column, 0, conflicts)));
    places.preview = Some(rows(column, conflicts, preview));
    let log = conflicts + preview;
    places.panes.push((
        Pane::Log,
        rows(column, log, column.height.saturating_sub(log)),
    ));
}
