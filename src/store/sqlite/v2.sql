-- Version 2. Errors by item and by class; a pair's key, which marks what a create makes, occurs once within a link.

CREATE INDEX errors_pair ON sync_errors (pair, class) WHERE pair IS NOT NULL;
CREATE INDEX errors_class ON sync_errors (class, last_at, id);

ALTER TABLE sync_items ADD COLUMN key TEXT;

-- A document that is damaged, or one whose key another has already, stays without: the store must open.
UPDATE sync_items SET key = json_extract(doc, '$.key')
    WHERE json_valid(doc) AND id IN (
        SELECT min(id) FROM sync_items WHERE json_valid(doc) GROUP BY link, json_extract(doc, '$.key')
    );

CREATE UNIQUE INDEX items_key ON sync_items (link, key) WHERE key IS NOT NULL;
