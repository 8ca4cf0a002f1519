"""The run: both tables as inserted, then after the night's merge, then GET /events."""

from dataclasses import dataclass

from benchmarks.dedup_questions import PERSON, course_month, every_byte, everything, others, pages
from benchmarks.dedup_tables import CLEAN, Sample, clean_compact, merges_allowed, part_count, tables_filled
from benchmarks.event_pages import EventPages, Walk
from benchmarks.interleaved import Question, Timing, measure
from ingestion.selectors.events import EventFilter
from ingestion.services import events_compact

CURRENT_AT_MOST = 2.2
CLOSED_AT_MOST = 1.3
_LARGEST_COURSE = "course-0"
_BUSIEST_PERSON = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found."""

    rows: int
    weeks: int
    rounds: int
    parts: str
    timings: list[Timing]
    walks: list[Walk]


def run(*, rows: int, weeks: int = 60, rounds: int = 5) -> Outcome:
    """Fill both tables, measure, and empty them.

    Raises:
        RuntimeError: there are events already.
    """
    sample = Sample.of(rows=rows, weeks=weeks)
    with tables_filled(sample):
        timings = [measure(_current("current course-month, nothing merged", sample), rounds=rounds)]
        before = _parts(sample)
        with merges_allowed(sample):
            events_compact()
            clean_compact(sample)
        timings += [measure(question, rounds=rounds) for question in _questions(sample)]
        timings.append(measure(every_byte(), rounds=1))
        return Outcome(
            rows=rows,
            weeks=weeks,
            rounds=rounds,
            parts=f"{before} as inserted, {_parts(sample)} after the night",
            timings=timings,
            walks=_walks(rounds=rounds),
        )


def _questions(sample: Sample) -> list[Question]:
    lists = [
        ("newest of everything", "1", EventFilter()),
        ("a course", "course_id = {course_id:String}", EventFilter(course_id=_LARGEST_COURSE)),
        ("a person", "user_id = {user_id:String}", EventFilter(user_id=PERSON)),
        ("the busiest person", "user_id = {user_id:String}", EventFilter(user_id=_BUSIEST_PERSON)),
    ]
    return [
        _current("current course-month, open week unmerged", sample),
        course_month("closed course-month", sample.weeks_before(12, 8), at_most=CLOSED_AT_MOST),
        everything(),
        *others(sample),
        *(question for name, where, event_filter in lists for question in pages(name, where, event_filter)),
    ]


def _current(name: str, sample: Sample) -> Question:
    return course_month(name, sample.weeks_before(4, 0), at_most=CURRENT_AT_MOST)


def _parts(sample: Sample) -> str:
    since = sample.weeks_before(4, 0).start
    return f"{part_count('events', since=since)} parts against {part_count(CLEAN, since=since)} in the last four weeks"


def _walks(*, rounds: int) -> list[Walk]:
    reader = EventPages(rounds=rounds)
    lists = [{"course_id": _LARGEST_COURSE}, {"user_id": _BUSIEST_PERSON}, {"user_id": PERSON}]
    return [walk for each in lists for walk in (reader.by_cursor(**each), reader.by_offset(**each))]
