-- What devices measured. Identical readings are real and all count: nothing is merged away, and a resend is recognised
-- before it comes here. Float64, because Float32 changes medians; ZSTD alone is smaller than Gorilla on these.
CREATE TABLE IF NOT EXISTS device_readings
(
    device_id   UUID,
    ts          DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    x           Float64 CODEC(ZSTD(1)),
    y           Float64 CODEC(ZSTD(1)),
    z           Float64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (device_id, ts)
-- How many of the latest blocks a repeated insert_deduplication_token is looked for in.
SETTINGS non_replicated_deduplication_window = 10000;
