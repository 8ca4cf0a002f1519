"""What a device sent in the last day, as a small picture for the admin: one query, one inline SVG."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from storage_app.clickhouse import gateway

PERIOD = timedelta(hours=24)
_STEPS = 96
_WIDTH, _HEIGHT = 480, 80
_COLOURS = {"x": "#2563eb", "y": "#16a34a", "z": "#dc2626"}
_QUERY = """
SELECT
    intDiv(toUnixTimestamp64Milli(ts) - toUnixTimestamp64Milli({start:DateTime64(3, 'UTC')}), {step_ms:UInt64}) AS step,
    avg(x), avg(y), avg(z)
FROM device_readings
WHERE device_id = {device_id:UUID} AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY step
ORDER BY step
"""

Row = tuple[int, float, float, float]


def device_chart(*, device_id: UUID, now: datetime) -> SafeString | str:
    """The means of each axis over the last 24 hours; steps without readings are gaps."""
    step_ms = int(PERIOD / timedelta(milliseconds=1)) // _STEPS
    bounds = {"device_id": device_id, "start": now - PERIOD, "end": now, "step_ms": step_ms}
    rows: Sequence[Any] = gateway.query(_QUERY, bounds, timeout_seconds=5)
    if not rows:
        return "No readings in the last 24 hours."
    values = [value for row in rows for value in row[1:]]
    low, high = min(values), max(values)
    lines = [
        (_path(rows, axis, low, (high - low) or 1.0), colour, name)
        for axis, (name, colour) in enumerate(_COLOURS.items(), 1)
    ]
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="x, y and z over 24 hours">{}</svg>'
        "<div>{} to {}, {}</div>",
        *(_WIDTH, _HEIGHT, _WIDTH, _HEIGHT),
        format_html_join("", '<path d="{}" stroke="{}" fill="none"><title>{}</title></path>', lines),
        *(f"{low:g}", f"{high:g}"),
        format_html_join(", ", '<span style="color: {}">{}</span>', [(colour, name) for _, colour, name in lines]),
    )


def _path(rows: Sequence[Row], axis: int, low: float, extent: float) -> str:
    parts, before = [], None
    for row in rows:
        across = (row[0] + 0.5) / _STEPS * _WIDTH
        down = (1 - (row[axis] / extent - low / extent)) * (_HEIGHT - 4) + 2
        follows = before is not None and row[0] == before + 1
        # A step that stands alone is a dot.
        parts.append(f"{'L' if follows else 'M'}{across:.1f} {down:.1f}" + ("" if follows else "h1"))
        before = row[0]
    return "".join(parts)
