"""How the pipeline is doing: what waits, since when, what moves, and who moves it."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.conf import settings

from ingestion import buffer
from ingestion.buffer import Kind
from ingestion.dead_letters import dead_letter_count
from ingestion.redis_store import COUNTERS, PLAN, STORED_PER_MINUTE, WRITERS, client

_WRITER_SHOWN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WriterState:
    """A writer's last word."""

    name: str
    state: str
    seconds_ago: float


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """The pipeline now. Totals count since Redis began."""

    buffered_batches: int
    buffered_events: int
    buffered_readings: int
    buffered_bytes: int
    in_flight_events: int
    in_flight_readings: int
    lag_seconds: float
    seconds_since_progress: float | None
    stored_per_second: float
    dead_letters: int
    is_stuck: bool
    totals: dict[str, int]
    refused: dict[str, int]
    readings_totals: dict[str, int]
    readings_refused: dict[str, int]
    writers: list[WriterState]

    def as_dict(self) -> dict[str, Any]:
        """For an answer."""
        return asdict(self)


def pipeline_status() -> PipelineStatus:
    """Everything at once.

    Raises:
        redis.RedisError: Redis is away.
    """
    now_ms = time.time_ns() // 1_000_000
    counters = {name.decode(): int(number) for name, number in _hash(COUNTERS).items()}
    lag_seconds = _oldest_age_seconds(now_ms)
    in_flight = _in_flight()
    progress_ms = counters.get("progress_ms")
    since_progress = (now_ms - progress_ms) / 1000 if progress_ms else None
    return PipelineStatus(
        buffered_batches=buffer.waiting(),
        buffered_events=counters.get("events", 0),
        buffered_readings=counters.get("readings", 0),
        buffered_bytes=counters.get("bytes", 0),
        in_flight_events=in_flight[Kind.EVENTS],
        in_flight_readings=in_flight[Kind.READINGS],
        lag_seconds=lag_seconds,
        seconds_since_progress=since_progress,
        stored_per_second=_stored_per_second(now_ms),
        dead_letters=dead_letter_count(),
        is_stuck=_is_stuck(lag_seconds, since_progress),
        totals=_prefixed(counters, "events_total_"),
        refused=_prefixed(counters, "events_refused_"),
        readings_totals=_prefixed(counters, "readings_total_"),
        readings_refused=_prefixed(counters, "readings_refused_"),
        writers=_writers(now_ms),
    )


def pipeline_is_stuck() -> bool:
    """Whether anything waits and nothing has moved for PIPELINE_STUCK_SECONDS.

    Raises:
        redis.RedisError: Redis is away.
    """
    now_ms = time.time_ns() // 1_000_000
    progress_ms = client().hget(COUNTERS, "progress_ms")
    return _is_stuck(_oldest_age_seconds(now_ms), (now_ms - int(progress_ms)) / 1000 if progress_ms else None)


def _is_stuck(lag_seconds: float, since_progress: float | None) -> bool:
    limit: int = settings.PIPELINE_STUCK_SECONDS
    return lag_seconds > limit and (since_progress is None or since_progress > limit)


def _oldest_age_seconds(now_ms: int) -> float:
    oldest_at = buffer.oldest_at()
    return max(0.0, now_ms / 1000 - oldest_at.timestamp()) if oldest_at else 0.0


def _in_flight() -> Counter[str]:
    """Rows by kind: a plan is of one."""
    plan: Any = client().get(PLAN)
    if not plan:
        return Counter()
    _, rows, kind = plan.decode().split()
    return Counter({kind: int(rows)})


def _stored_per_second(now_ms: int) -> float:
    """Over this minute and the one before."""
    minute, into_minute_ms = divmod(now_ms, 60_000)
    stored = client().mget(f"{STORED_PER_MINUTE}{minute}", f"{STORED_PER_MINUTE}{minute - 1}")
    return round(sum(int(number or 0) for number in stored) / (60 + into_minute_ms / 1000), 3)


def _writers(now_ms: int) -> list[WriterState]:
    found = []
    for name, raw in _hash(WRITERS).items():
        word = msgspec.json.decode(raw)
        seconds = (now_ms - word["at_ms"]) / 1000
        if seconds < _WRITER_SHOWN_SECONDS:
            found.append(WriterState(name.decode(), word["state"], round(seconds, 1)))
    return found


def _hash(key: str) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = client().hgetall(key)  # type: ignore[assignment]  # bytes, as we do not decode
    return fields


def _prefixed(counters: dict[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): number for name, number in counters.items() if name.startswith(prefix)}
