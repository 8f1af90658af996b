-- Version 4. What becomes old: records that hold values, and summaries of runs.

ALTER TABLE sync_history ADD COLUMN valued INTEGER NOT NULL DEFAULT 0;

-- A document that is damaged stays as it is.
UPDATE sync_history SET valued = 1 WHERE json_valid(doc) AND json_array_length(doc, '$.changes') > 0;

CREATE INDEX history_values ON sync_history (at) WHERE valued = 1;
CREATE INDEX history_runs ON sync_history (at) WHERE kind = 'run';
