-- When a row was stored, by this server's clock: the order in which events become visible, which received_at is not.
-- Rows from before count as stored when they were received; only then is it the clock.
ALTER TABLE events ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') MATERIALIZED received_at CODEC(Delta(8), ZSTD(1));
ALTER TABLE events MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 1;
ALTER TABLE events MODIFY COLUMN stored_at DateTime64(3, 'UTC') MATERIALIZED now64(3, 'UTC') CODEC(Delta(8), ZSTD(1));
ALTER TABLE events ADD INDEX IF NOT EXISTS stored_at_minmax stored_at TYPE minmax GRANULARITY 1;
ALTER TABLE events MATERIALIZE INDEX stored_at_minmax;
