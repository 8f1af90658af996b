//! Everything a person can do, in one closed table: it feeds dispatch, footer, help, palette and the key list.

/// Where a key has a meaning. The more particular place goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// On every screen, unless a more particular place gives the key another meaning.
    Everywhere,
    /// A pane of the dashboard.
    System,
    /// A pane of the dashboard.
    Queue,
    /// A pane of the dashboard.
    History,
    /// A pane of the dashboard.
    Conflicts,
    /// A pane of the dashboard.
    Log,
    /// The conflict resolver.
    Resolver,
    /// The plan.
    Plan,
    /// One record of the history.
    Record,
    /// One item.
    Item,
    /// A question that stops the syncing.
    Halt,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 11] = [
        Self::Everywhere,
        Self::System,
        Self::Queue,
        Self::History,
        Self::Conflicts,
        Self::Log,
        Self::Resolver,
        Self::Plan,
        Self::Record,
        Self::Item,
        Self::Halt,
    ];

    /// Its name, for people and for `[keys.NAME]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::System => "system",
            Self::Queue => "queue",
            Self::History => "history",
            Self::Conflicts => "conflicts",
            Self::Log => "log",
            Self::Resolver => "resolver",
            Self::Plan => "plan",
            Self::Record => "record",
            Self::Item => "item",
            Self::Halt => "halt",
        }
    }
}

/// What an action has to do with, for help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving about.
    Move,
    /// The engine.
    Engine,
    /// The marked item.
    Item,
    /// A conflict, a plan.
    Decide,
    /// The program.
    Program,
}

impl Group {
    /// Every group, in the order of help.
    pub const ALL: [Self; 5] = [
        Self::Move,
        Self::Engine,
        Self::Item,
        Self::Decide,
        Self::Program,
    ];

    /// Its heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Engine => "Engine",
            Self::Item => "Item",
            Self::Decide => "Decide",
            Self::Program => "Program",
        }
    }
}

macro_rules! actions {
    ($($variant:ident, $name:literal, $group:ident, $short:literal, $says:literal, $writes:literal;)*) => {
        /// One thing a person can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $says] $variant,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in `[keys]`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One or two words, for the footer.
            pub const fn short(self) -> &'static str {
                match self { $(Self::$variant => $short,)* }
            }

            /// One sentence, for help and palette.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)* }
            }

            /// What it has to do with.
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// Whether it makes the engine do something; off in read-only mode.
            pub const fn writes(self) -> bool {
                match self { $(Self::$variant => $writes,)* }
            }
        }
    };
}

actions! {
    Down, "down", Move, "down", "Move down", false;
    Up, "up", Move, "up", "Move up", false;
    Top, "top", Move, "first", "Go to the first row", false;
    Bottom, "bottom", Move, "last", "Go to the last row", false;
    HalfDown, "half-page-down", Move, "half page down", "Move half a page down", false;
    HalfUp, "half-page-up", Move, "half page up", "Move half a page up", false;
    PageDown, "page-down", Move, "page down", "Move a page down", false;
    PageUp, "page-up", Move, "page up", "Move a page up", false;
    NextPane, "next-pane", Move, "pane", "Go to the next pane", false;
    PrevPane, "previous-pane", Move, "pane back", "Go to the previous pane", false;
    GoSystem, "go-system", Move, "System", "Go to the System pane", false;
    GoQueue, "go-queue", Move, "Queue", "Go to the Queue pane", false;
    GoHistory, "go-history", Move, "History", "Go to the History pane", false;
    GoConflicts, "go-conflicts", Move, "Conflicts", "Go to the Conflicts pane", false;
    GoLog, "go-log", Move, "Log", "Go to the Log pane", false;
    Open, "open", Move, "open", "Open what is marked", false;
    Back, "back", Move, "back", "Go back, clear the filter, dismiss a message", false;
    Filter, "filter", Move, "filter", "Filter this list: by words, !word, field:value", false;
    NextHit, "next-hit", Move, "next hit", "Go to the next hit of the filter", false;
    PrevHit, "previous-hit", Move, "previous hit", "Go to the previous hit of the filter", false;

    Pause, "pause", Engine, "pause", "Pause or resume writing", true;
    SyncAll, "sync-all", Engine, "sync", "Sync everything now", true;
    SyncItem, "sync-item", Engine, "sync item", "Sync this item now", true;
    MakePlan, "plan", Engine, "plan", "Plan a sync without writing", false;
    AnswerHalt, "answer-halt", Engine, "held", "Look at what the guard holds", false;

    Retry, "retry", Item, "retry", "Try this item again now", true;
    RetryAll, "retry-all", Item, "retry all", "Try every deferred item again now", true;
    Hold, "hold", Item, "hold", "Hold this item, so that nothing of it is written, or release it", true;
    HoldAll, "hold-all", Item, "hold all", "Hold or release the items marked in the queue, or all of it", true;
    ShowItem, "show-item", Item, "why", "Show this item's timeline: why it is, or is not, in step", false;
    OpenGithub, "browse-github", Item, "GitHub", "Open on GitHub in the browser", false;
    OpenNotion, "browse-notion", Item, "Notion", "Open in Notion in the browser", false;
    YankUrl, "yank-url", Item, "yank", "Copy the address", false;
    YankGithub, "yank-github", Item, "GitHub URL", "Copy the address on GitHub", false;
    YankNotion, "yank-notion", Item, "Notion URL", "Copy the address in Notion", false;
    YankName, "yank-name", Item, "number", "Copy the item's name (owner/repo#12)", false;
    YankTitle, "yank-title", Item, "title", "Copy the title", false;
    YankMarkdown, "yank-markdown", Item, "Markdown link", "Copy a Markdown link", false;
    YankError, "yank-error", Item, "last error", "Copy the last error", false;
    YankJson, "yank-json", Item, "JSON", "Copy as JSON", false;
    Mark, "mark", Item, "mark", "Mark or unmark this row", false;

    TakeGithub, "take-github", Decide, "GitHub", "Take GitHub's value", false;
    TakeNotion, "take-notion", Decide, "Notion", "Take Notion's value", false;
    TakeBase, "take-base", Decide, "base", "Take the value of the last agreement", false;
    Edit, "edit", Decide, "edit", "Write your own value in $EDITOR", false;
    Union, "union", Decide, "union", "Take both sides' names", false;
    AllGithub, "all-github", Decide, "all GitHub", "Everything to GitHub's values", false;
    AllNotion, "all-notion", Decide, "all Notion", "Everything to Notion's values", false;
    NextHunk, "next-hunk", Decide, "next hunk", "Go to the next clashing place of a text", false;
    PrevHunk, "previous-hunk", Decide, "previous hunk", "Go to the previous clashing place of a text", false;
    Next, "next", Decide, "next", "Go to the next one", false;
    Prev, "previous", Decide, "previous", "Go to the previous one", false;
    Apply, "apply", Decide, "apply", "Apply: write what the preview shows", true;
    Defer, "defer", Decide, "defer", "Put this conflict aside for a day, or until a side changes", true;
    Undo, "undo", Decide, "undo", "Undo the last choice; in the history, plan the reverse of a written change", false;
    Redo, "redo", Decide, "redo", "Do the undone choice again", false;
    ToggleStep, "toggle-step", Decide, "on/off", "Switch this step on or off", false;
    ToggleSteps, "toggle-steps", Decide, "all", "Switch all steps on or off", false;
    OnlyRemovals, "only-removals", Decide, "removals", "Show only steps that remove something", false;
    SavePlan, "save-plan", Decide, "save", "Write the plan as JSON into a file", false;
    OnlyFailed, "only-failed", Decide, "failed", "Show only what failed", false;
    LogLevel, "log-level", Decide, "level", "Show more or less of the log", false;

    Zoom, "zoom", Program, "zoom", "Let this pane fill the screen, or not", false;
    ToggleLog, "toggle-log", Program, "log", "Show or hide the log", false;
    ToggleTimes, "toggle-times", Program, "times", "Show times as times of day or as ages", false;
    ToggleMouse, "toggle-mouse", Program, "mouse", "Switch the mouse on or off", false;
    ViewStyle, "view-style", Program, "view", "Show differences side by side, as words, or raw", false;
    Wrap, "wrap", Program, "wrap", "Wrap long lines, or not", false;
    Help, "help", Program, "help", "Show the keys that work here", false;
    Palette, "palette", Program, "palette", "Find an action by its words", false;
    Doctor, "doctor", Program, "doctor", "Doctor: check everything that a sync needs, and what to do", false;
    Redraw, "redraw", Program, "redraw", "Draw the screen anew", false;
    Suspend, "suspend", Program, "suspend", "Suspend the program (fg brings it back)", false;
    Quit, "quit", Program, "quit", "Quit; the write in flight is finished first", false;
    QuitNow, "quit-now", Program, "quit now", "Quit at once", false;
}

impl Action {
    /// The action of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
    }
}

/// The keys as they are delivered: place, key or two keys one after the other, action.
pub const DEFAULT_KEYS: &[(Place, &str, Action)] = &[
    (Place::Everywhere, "j", Action::Down),
    (Place::Everywhere, "Down", Action::Down),
    (Place::Everywhere, "k", Action::Up),
    (Place::Everywhere, "Up", Action::Up),
    (Place::Everywhere, "g", Action::Top),
    (Place::Everywhere, "Home", Action::Top),
    (Place::Everywhere, "G", Action::Bottom),
    (Place::Everywhere, "End", Action::Bottom),
    (Place::Everywhere, "ctrl-d", Action::HalfDown),
    (Place::Everywhere, "ctrl-u", Action::HalfUp),
    (Place::Everywhere, "PageDown", Action::PageDown),
    (Place::Everywhere, "PageUp", Action::PageUp),
    (Place::Everywhere, "Tab", Action::NextPane),
    (Place::Everywhere, "shift-Tab", Action::PrevPane),
    (Place::Everywhere, "1", Action::GoSystem),
    (Place::Everywhere, "2", Action::GoQueue),
    (Place::Everywhere, "3", Action::GoHistory),
    (Place::Everywhere, "4", Action::GoConflicts),
    (Place::Everywhere, "5", Action::GoLog),
    (Place::Everywhere, "Enter", Action::Open),
    (Place::Everywhere, "Esc", Action::Back),
    (Place::Everywhere, "/", Action::Filter),
    (Place::Everywhere, "n", Action::NextHit),
    (Place::Everywhere, "N", Action::PrevHit),
    (Place::Everywhere, "p", Action::Pause),
    (Place::Everywhere, "S", Action::SyncAll),
    (Place::Everywhere, "s", Action::SyncItem),
    (Place::Everywhere, "d", Action::MakePlan),
    (Place::Everywhere, "H", Action::AnswerHalt),
    (Place::Everywhere, "i", Action::ShowItem),
    (Place::Everywhere, "o", Action::OpenGithub),
    (Place::Everywhere, "O", Action::OpenNotion),
    (Place::Everywhere, "y y", Action::YankUrl),
    (Place::Everywhere, "y u", Action::YankGithub),
    (Place::Everywhere, "y n", Action::YankNotion),
    (Place::Everywhere, "y i", Action::YankName),
    (Place::Everywhere, "y t", Action::YankTitle),
    (Place::Everywhere, "y m", Action::YankMarkdown),
    (Place::Everywhere, "y e", Action::YankError),
    (Place::Everywhere, "y j", Action::YankJson),
    (Place::Everywhere, "Y", Action::YankJson),
    (Place::Everywhere, "Space", Action::Mark),
    (Place::Everywhere, "u", Action::Undo),
    (Place::Everywhere, "ctrl-r", Action::Redo),
    (Place::Everywhere, "z", Action::Zoom),
    (Place::Everywhere, "L", Action::ToggleLog),
    (Place::Everywhere, "T", Action::ToggleTimes),
    (Place::Everywhere, "M", Action::ToggleMouse),
    (Place::Everywhere, "v", Action::ViewStyle),
    (Place::Everywhere, "w", Action::Wrap),
    (Place::Everywhere, "?", Action::Help),
    (Place::Everywhere, "F1", Action::Help),
    (Place::Everywhere, ":", Action::Palette),
    (Place::Everywhere, "ctrl-p", Action::Palette),
    (Place::Everywhere, "!", Action::Doctor),
    (Place::Everywhere, "ctrl-l", Action::Redraw),
    (Place::Everywhere, "ctrl-z", Action::Suspend),
    (Place::Everywhere, "q", Action::Quit),
    (Place::Everywhere, "ctrl-c", Action::QuitNow),
    (Place::Queue, "r", Action::Retry),
    (Place::Queue, "R", Action::RetryAll),
    (Place::Queue, "x", Action::Hold),
    (Place::Queue, "X", Action::HoldAll),
    (Place::Record, "r", Action::Retry),
    (Place::Record, "x", Action::Hold),
    (Place::Record, "X", Action::HoldAll),
    (Place::Item, "r", Action::Retry),
    (Place::Item, "x", Action::Hold),
    (Place::History, "f", Action::OnlyFailed),
    (Place::Log, "f", Action::LogLevel),
    (Place::Conflicts, "<", Action::AllGithub),
    (Place::Conflicts, ">", Action::AllNotion),
    (Place::Conflicts, "D", Action::Defer),
    (Place::Resolver, "h", Action::TakeGithub),
    (Place::Resolver, "Left", Action::TakeGithub),
    (Place::Resolver, "l", Action::TakeNotion),
    (Place::Resolver, "Right", Action::TakeNotion),
    (Place::Resolver, "b", Action::TakeBase),
    (Place::Resolver, "e", Action::Edit),
    (Place::Resolver, "m", Action::Union),
    (Place::Resolver, "<", Action::AllGithub),
    (Place::Resolver, ">", Action::AllNotion),
    (Place::Resolver, "J", Action::NextHunk),
    (Place::Resolver, "K", Action::PrevHunk),
    (Place::Resolver, "]", Action::Next),
    (Place::Resolver, "[", Action::Prev),
    (Place::Resolver, "Enter", Action::Apply),
    (Place::Resolver, "D", Action::Defer),
    (Place::Record, "]", Action::Next),
    (Place::Record, "[", Action::Prev),
    (Place::Record, "Enter", Action::Apply),
    (Place::Plan, "Space", Action::ToggleStep),
    (Place::Plan, "a", Action::ToggleSteps),
    (Place::Plan, "f", Action::OnlyRemovals),
    (Place::Plan, "W", Action::SavePlan),
    (Place::Plan, "Enter", Action::Apply),
    (Place::Halt, "Enter", Action::Apply),
    (Place::Halt, "]", Action::Next),
    (Place::Halt, "[", Action::Prev),
];
