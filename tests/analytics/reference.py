"""The metrics in plain pandas, from their definitions; shares nothing with the SQL.

Each function gives the numbers of a metric by (course, person); None for all of them. Events come once
(`unique_events`), times in whole milliseconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd

Key = tuple[str | None, str | None]
Ratio = tuple[int, int]
Numbers = dict[Key, tuple[float, ...]]

TAKING_PART = {"video_played", "problem_attempted", "assignment_submitted", "forum_posted"}
ACTING = TAKING_PART | {"page_viewed", "resource_downloaded"}
POINTS = {
    "page_viewed": 1, "resource_downloaded": 1, "video_played": 2, "problem_attempted": 3, "forum_posted": 4,
    "assignment_submitted": 5,
}  # fmt: skip
HALF_AN_HOUR_MS = 30 * 60 * 1000


@dataclass(frozen=True)
class When:
    """A period and its zone."""

    start: datetime
    end: datetime
    zone: str = "UTC"


def unique_events(events: pd.DataFrame) -> pd.DataFrame:
    """Each event once: the copy that was received first."""
    return events.sort_values("received_at", kind="stable").drop_duplicates("event_id", keep="first")


def cohort(events: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """The (course_id, user_id) pairs of a period."""
    pairs = _members(events, start, end)
    return pairs[pairs["course_id"] != ""]


def completion(events: pd.DataFrame, start: datetime, end: datetime) -> dict[Key, Ratio]:
    """(completed, cohort) of each person in a course, course, person and of all."""
    events = unique_events(events)
    completed = events[(events["event_type"] == "course_completed") & (events["occurred_at"] < end)]
    pairs = set(zip(completed["course_id"], completed["user_id"], strict=True))

    answer: dict[Key, Ratio] = {}
    for course_id, user_id in cohort(events, start, end).itertuples(index=False):
        numerator = int((course_id, user_id) in pairs)
        keys: list[Key] = [(course_id, user_id), (course_id, None), (None, user_id), (None, None)]
        for key in keys:
            done, members = answer.get(key, (0, 0))
            answer[key] = (done + numerator, members + 1)
    return answer


def retention(events: pd.DataFrame, when: When) -> Numbers:
    """(active in both, active in the base)."""
    acts = events[events["event_type"].isin(ACTING)]
    base = acts[(acts["occurred_at"] >= when.start - (when.end - when.start)) & (acts["occurred_at"] < when.start)]
    period = acts[(acts["occurred_at"] >= when.start) & (acts["occurred_at"] < when.end)]
    was, stays = _pairs(base), _pairs(period)
    seen = was | stays | _pairs(_members(events, when.start, when.end))
    answer = {pair: (float(pair in was and pair in stays), float(pair in was)) for pair in seen if pair[0]}
    was_anywhere, stays_anywhere = {user for _, user in was}, {user for _, user in stays}
    overall = {
        user: (float(user in was_anywhere and user in stays_anywhere), float(user in was_anywhere))
        for user in {user for _, user in seen}
    }
    return _with_sums(answer, overall)


def engagement(events: pd.DataFrame, when: When) -> Numbers:
    """(days with an engagement event, days)."""
    inside = _inside(events, when)
    inside = inside[inside["event_type"].isin(TAKING_PART)]
    in_course = inside.groupby(["course_id", "user_id"])["day"].nunique()
    anywhere = inside.groupby("user_id")["day"].nunique()
    days = _day_count(when)
    members = _members(events, when.start, when.end)
    answer = {pair: (float(in_course.get(pair, 0)), float(days)) for pair in _pairs(members) if pair[0]}
    overall = {user: (float(anywhere.get(user, 0)), float(days)) for user in set(members["user_id"])}
    return _with_sums(answer, overall)


def activity_index(events: pd.DataFrame, when: When) -> Numbers:
    """(points, weeks); of a course weeks times people."""
    inside = _inside(events, when)
    inside = inside[inside["event_type"].isin(ACTING)]
    counts = inside.groupby(["course_id", "user_id", "event_type", "day"]).size().clip(upper=100).reset_index(name="n")
    counts["points"] = counts["n"] * counts["event_type"].map(POINTS)
    in_course = counts.groupby(["course_id", "user_id"])["points"].sum()
    anywhere = counts.groupby("user_id")["points"].sum()
    weeks = (when.end - when.start).total_seconds() / 604_800
    members = _members(events, when.start, when.end)
    answer = {pair: (float(in_course.get(pair, 0)), weeks) for pair in _pairs(members) if pair[0]}
    overall = {user: (float(anywhere.get(user, 0)), weeks) for user in set(members["user_id"])}
    both = _with_sums(answer, overall)
    return {key: pair for key, pair in both.items() if key[1] is None or pair[0]}


def times(events: pd.DataFrame, when: When) -> dict[Key, tuple[float, float, int]]:
    """(seconds, focused seconds, people with time)."""
    start, end = _ms(when.start), _ms(when.end)
    stream = _stream(events, when)
    spans: dict[tuple[str, str], list[int]] = {}
    for user_id, of_user in stream.groupby("user_id", sort=False):
        rows = list(zip(of_user["at"], of_user["event_type"], of_user["course_id"], strict=True))
        for course_id, length, focused in _spans_of_one(rows, start, end):
            total = spans.setdefault((course_id, str(user_id)), [0, 0])
            total[0] += length
            total[1] += length * focused
    for pair in _pairs(_members(events, when.start, when.end)):
        spans.setdefault(pair, [0, 0])
    answer: dict[Key, list[int]] = {}
    people: dict[str, list[int]] = {}
    for (course_id, user_id), (length, focused) in spans.items():
        _add(people.setdefault(user_id, [0, 0]), (length, focused))
        if course_id:
            answer[course_id, user_id] = [length, focused, int(length > 0)]
            _add(answer.setdefault((course_id, None), [0, 0, 0]), (length, focused, int(length > 0)))
    for user_id, (length, focused) in people.items():
        answer[None, user_id] = [length, focused, int(length > 0)]
        _add(answer.setdefault((None, None), [0, 0, 0]), (length, focused, int(length > 0)))
    return {key: (length / 1000, focused / 1000, n) for key, (length, focused, n) in answer.items()}


def _spans_of_one(rows: list[tuple[int, str, str]], start: int, end: int) -> Iterable[tuple[str, int, int]]:
    """(course, milliseconds inside, 1 if focused) of each gap that is time."""
    focused, fresh = 1, True
    for (at, kind, course_id), (after, _, _) in pairwise(rows):
        if fresh:
            focused = 1
        if kind == "page_blurred":
            focused = 0
        elif kind not in {"video_progress", "heartbeat"}:
            focused = 1
        fresh = kind == "session_ended" or after - at > HALF_AN_HOUR_MS
        inside = min(after, end) - max(at, start)
        if not fresh and inside > 0:
            yield course_id, inside, focused


def _stream(events: pd.DataFrame, when: When) -> pd.DataFrame:
    day = timedelta(hours=24)
    around = events[(events["occurred_at"] >= when.start - day) & (events["occurred_at"] < when.end + day)]
    around = around[~around["event_type"].isin(["enrolled", "unenrolled", "course_completed"])].copy()
    around["at"] = around["occurred_at"].astype("datetime64[ms, UTC]").astype("int64")
    around["rank"] = around["event_type"].map({"page_blurred": 0, "session_ended": 2}).fillna(1)
    around["text"] = around["event_id"].astype(str)
    return around.sort_values(["user_id", "at", "rank", "text"])


def _members(events: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """The cohorts; whoever did something in no course is in that of the course ''."""
    before_end = events[events["occurred_at"] < end]
    everyone = before_end[["course_id", "user_id"]].drop_duplicates()

    enrolments = before_end[before_end["event_type"].isin(["enrolled", "unenrolled"])].copy()
    enrolments["is_enrolment"] = enrolments["event_type"] == "enrolled"
    before_start = enrolments[enrolments["occurred_at"] < start].sort_values(["occurred_at", "is_enrolment"])
    last = before_start.groupby(["course_id", "user_id"], as_index=False).last()
    left = last.loc[last["event_type"] == "unenrolled", ["course_id", "user_id"]]

    since = enrolments[enrolments["is_enrolment"] & (enrolments["occurred_at"] >= start)]
    out = _pairs(left) - _pairs(since)
    is_in = [pair not in out for pair in zip(everyone["course_id"], everyone["user_id"], strict=True)]
    return everyone[is_in]


def _pairs(events: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(events["course_id"], events["user_id"], strict=True))


def _inside(events: pd.DataFrame, when: When) -> pd.DataFrame:
    inside = events[(events["occurred_at"] >= when.start) & (events["occurred_at"] < when.end)].copy()
    inside["day"] = inside["occurred_at"].dt.tz_convert(when.zone).dt.date
    return inside


def _day_count(when: When) -> int:
    bounds = pd.to_datetime([when.start, when.end - timedelta(milliseconds=1)], utc=True).tz_convert(when.zone)
    first, last = bounds[0].date(), bounds[1].date()
    return int((last - first).days) + 1


def _with_sums(
    in_courses: dict[tuple[str, str], tuple[float, float]], overall: dict[str, tuple[float, float]]
) -> Numbers:
    answer: Numbers = {pair: numbers for pair, numbers in in_courses.items()}  # noqa: C416  # of wider keys
    for (course_id, _), pair in in_courses.items():
        sums = answer.get((course_id, None), (0, 0))
        answer[course_id, None] = (sums[0] + pair[0], sums[1] + pair[1])
    for user_id, pair in overall.items():
        answer[None, user_id] = pair
        sums = answer.get((None, None), (0, 0))
        answer[None, None] = (sums[0] + pair[0], sums[1] + pair[1])
    return answer


def _add(sums: list[int], more: Iterable[int]) -> None:
    for place, number in enumerate(more):
        sums[place] += number


def _ms(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1000 + 0.5)
