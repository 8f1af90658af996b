-- Version 1. `doc` is the whole document as JSON; the other columns are what queries ask for, derived from it.

CREATE TABLE sync_items (
    id TEXT NOT NULL PRIMARY KEY,
    link TEXT NOT NULL,
    kind TEXT NOT NULL,
    rev INTEGER NOT NULL,
    github_node TEXT,
    notion_node TEXT,
    life TEXT NOT NULL,
    dirty_since INTEGER,
    -- The later of next_try and quiet_until.
    ready_at INTEGER NOT NULL,
    has_intent INTEGER NOT NULL,
    conflicted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    troubled INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;

-- Within a link an object occurs once, whatever its kind: no two pairs for one issue, none for one page.
CREATE UNIQUE INDEX items_github ON sync_items (link, github_node) WHERE github_node IS NOT NULL;
CREATE UNIQUE INDEX items_notion ON sync_items (link, notion_node) WHERE notion_node IS NOT NULL;

CREATE INDEX items_all ON sync_items (link, id);
CREATE INDEX items_life ON sync_items (link, life, dirty_since);
CREATE INDEX items_due ON sync_items (link, dirty_since, id, ready_at)
    WHERE dirty_since IS NOT NULL AND has_intent = 0 AND life <> 'tombstone';
CREATE INDEX items_wake ON sync_items (link, ready_at)
    WHERE dirty_since IS NOT NULL AND has_intent = 0 AND life <> 'tombstone';
CREATE INDEX items_conflicted ON sync_items (link, id) WHERE conflicted = 1;
CREATE INDEX items_held ON sync_items (link, id) WHERE held = 1;
CREATE INDEX items_in_doubt ON sync_items (link, id) WHERE has_intent = 1;
CREATE INDEX items_troubled ON sync_items (link, id) WHERE troubled = 1;

CREATE TABLE sync_history (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    link TEXT NOT NULL,
    pair TEXT,
    doc TEXT NOT NULL
) STRICT;

CREATE INDEX history_at ON sync_history (at, id);
CREATE INDEX history_pair ON sync_history (pair, at, id) WHERE pair IS NOT NULL;
CREATE INDEX history_outcome ON sync_history (outcome, at, id);

CREATE TABLE sync_errors (
    id TEXT NOT NULL PRIMARY KEY,
    link TEXT NOT NULL,
    scope TEXT NOT NULL,
    class TEXT NOT NULL,
    pair TEXT,
    last_at INTEGER NOT NULL,
    resolved_at INTEGER,
    doc TEXT NOT NULL
) STRICT;

CREATE INDEX errors_at ON sync_errors (last_at, id);
CREATE INDEX errors_open ON sync_errors (last_at, id) WHERE resolved_at IS NULL;

CREATE TABLE cursors (
    name TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL,
    fence INTEGER NOT NULL
) STRICT;
