-- The newest summaries of runs are asked for at every start and by every prompt: among thousands of writes they are few.
CREATE INDEX history_kind ON sync_history (kind, at, id);
DROP INDEX history_runs;
