-- The raw stream. An event is its event_id; of several copies, the one received first stands: read with FINAL.
-- The key holds no event_id before the time, so that a course's month and a person's day are read in one piece;
-- plain occurred_at in it is what lets FINAL skip the weeks a query does not ask for.
CREATE TABLE IF NOT EXISTS events
(
    event_id    UUID,
    user_id     String,
    course_id   String,                          -- '' is no course
    event_type  LowCardinality(String),
    session_id  String,
    occurred_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    properties  String CODEC(ZSTD(1)),           -- JSON, as text: what came in comes out
    -- ReplacingMergeTree keeps the highest, so the earliest must be the highest.
    ver         Int64 MATERIALIZED 9223372036854775807 - toUnixTimestamp64Milli(received_at),

    INDEX event_id_bloom event_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX occurred_at_minmax occurred_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toMonday(occurred_at)
ORDER BY (course_id, toDate(occurred_at), user_id, occurred_at, event_id)
-- How many of the latest blocks a repeated insert_deduplication_token is looked for in.
SETTINGS non_replicated_deduplication_window = 10000;
