-- What each device measured in each hour, kept up to date by every insert into device_readings: a fleet's figures without
-- reading its readings. No medians: they cannot be added up. The table starts empty because device_readings does.
CREATE TABLE IF NOT EXISTS device_hours
(
    device_id UUID,
    hour      DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    readings  SimpleAggregateFunction(sum, UInt64),
    x_min     SimpleAggregateFunction(min, Float64),
    x_max     SimpleAggregateFunction(max, Float64),
    x_sum     AggregateFunction(sumKahan, Float64),
    y_min     SimpleAggregateFunction(min, Float64),
    y_max     SimpleAggregateFunction(max, Float64),
    y_sum     AggregateFunction(sumKahan, Float64),
    z_min     SimpleAggregateFunction(min, Float64),
    z_max     SimpleAggregateFunction(max, Float64),
    z_sum     AggregateFunction(sumKahan, Float64)
)
ENGINE = AggregatingMergeTree
ORDER BY (device_id, hour)
-- An insert into device_readings that is repeated under its token must not count twice here either.
SETTINGS non_replicated_deduplication_window = 10000;

-- Arithmetic, because toStartOfHour gives a DateTime, which holds neither 1969 nor 2107.
CREATE MATERIALIZED VIEW IF NOT EXISTS device_hours_fill TO device_hours AS
SELECT
    device_id,
    fromUnixTimestamp64Milli(
        toUnixTimestamp64Milli(ts) - positiveModulo(toUnixTimestamp64Milli(ts), 3600000), 'UTC'
    ) AS hour,
    count() AS readings,
    min(x) AS x_min, max(x) AS x_max, sumKahanState(x) AS x_sum,
    min(y) AS y_min, max(y) AS y_max, sumKahanState(y) AS y_sum,
    min(z) AS z_min, max(z) AS z_max, sumKahanState(z) AS z_sum
FROM device_readings
GROUP BY device_id, hour;
