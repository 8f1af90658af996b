-- Version 3. Pairs that the user holds, apart from those that the guard holds.

ALTER TABLE sync_items ADD COLUMN user_held INTEGER NOT NULL DEFAULT 0;

CREATE INDEX items_user_held ON sync_items (link, id) WHERE user_held = 1;
