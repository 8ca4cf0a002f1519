"""The questions to ClickHouse about readings, as text. Every value in them is bound."""

from collections.abc import Iterable

AXES = ("x", "y", "z")


def _of_each_axis(columns: str) -> str:
    return ", ".join(columns.replace("?", axis) for axis in AXES)


# The two readings in the middle, which are one where the count is odd: their mean is the median exactly as numpy and
# pandas have it. quantileExactInclusive adds half of their difference instead, and is now and then one bit off. The
# first level is so little below a half that it gives the lower of the two, for any number of readings below 10^11.
_MIDDLE = "quantilesExact(0.499999999999, 0.5)(?)"
_BOUNDS = {"start": "ts >= {start:DateTime64(3, 'UTC')}", "end": "ts < {end:DateTime64(3, 'UTC')}"}
_WITHIN = " AND ".join(_BOUNDS.values())

_ANALYSIS = f"""
SELECT device_id, count(), {_of_each_axis("min(?), max(?), sumKahan(?), " + _MIDDLE)}
FROM device_readings
WHERE {{}}
GROUP BY device_id
"""  # noqa: S608  # of fixed pieces


def analysis(bounds: Iterable[str]) -> str:
    """A row a device that has readings, bounded by `start`, `end`, both or neither.

    Without a bound their times are not read: a seventh of the time for 20,000 readings.
    """
    return _ANALYSIS.format(" AND ".join(["device_id IN {devices:Array(UUID)}", *(_BOUNDS[name] for name in bounds)]))


SPAN = "SELECT min(ts), max(ts) FROM device_readings WHERE device_id = {device:UUID} HAVING count() > 0"

SERIES = f"""
SELECT
    roundDown(toUnixTimestamp64Milli(ts), {{bounds:Array(Int64)}}) AS bound,
    count(), {_of_each_axis("min(?), avg(?), max(?)")}
FROM device_readings
WHERE device_id = {{device:UUID}} AND {_WITHIN}
GROUP BY bound
"""  # noqa: S608  # of fixed pieces
"""A row an interval that has readings; `bounds` are the intervals' starts in milliseconds since 1970."""

# Whole hours from their sums, what is left at both ends from the readings themselves.
FLEET = f"""
SELECT device_id, sum(readings), {_of_each_axis("min(?_min), max(?_max), sumKahanMerge(?_sum)")}
FROM
(
    SELECT device_id, readings, {_of_each_axis("?_min, ?_max, ?_sum")}
    FROM device_hours
    WHERE device_id IN {{devices:Array(UUID)}}
        AND hour >= {{first_hour:DateTime64(3, 'UTC')}} AND hour < {{last_hour:DateTime64(3, 'UTC')}}
    UNION ALL
    SELECT
        device_id, count(), {_of_each_axis("min(?) AS ?_min, max(?) AS ?_max, sumKahanState(?) AS ?_sum")}
    FROM device_readings
    WHERE device_id IN {{devices:Array(UUID)}} AND {_WITHIN}
        AND (ts < {{first_hour:DateTime64(3, 'UTC')}} OR ts >= {{last_hour:DateTime64(3, 'UTC')}})
    GROUP BY device_id
)
GROUP BY device_id
"""  # noqa: S608  # of fixed pieces
"""A row a device that has readings. `first_hour` is after `last_hour` in a period that holds no whole hour."""
