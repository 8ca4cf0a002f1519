"""The metrics in plain pandas, from their definitions; shares nothing with the SQL."""

from datetime import datetime

import pandas as pd

Key = tuple[str | None, str | None]
Ratio = tuple[int, int]


def unique_events(events: pd.DataFrame) -> pd.DataFrame:
    """Each event once: the copy that was received first."""
    return events.sort_values("received_at", kind="stable").drop_duplicates("event_id", keep="first")


def cohort(events: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """The (course_id, user_id) pairs of a period."""
    before_end = events[(events["occurred_at"] < end) & (events["course_id"] != "")]
    everyone = before_end[["course_id", "user_id"]].drop_duplicates()

    enrolments = before_end[before_end["event_type"].isin(["enrolled", "unenrolled"])].copy()
    enrolments["is_enrolment"] = enrolments["event_type"] == "enrolled"
    before_start = enrolments[enrolments["occurred_at"] < start].sort_values(["occurred_at", "is_enrolment"])
    last = before_start.groupby(["course_id", "user_id"], as_index=False).last()
    left = last.loc[last["event_type"] == "unenrolled", ["course_id", "user_id"]]

    since = enrolments[enrolments["is_enrolment"] & (enrolments["occurred_at"] >= start)]
    came_back = set(zip(since["course_id"], since["user_id"], strict=True))
    out = set(zip(left["course_id"], left["user_id"], strict=True)) - came_back
    is_in = [pair not in out for pair in zip(everyone["course_id"], everyone["user_id"], strict=True)]
    return everyone[is_in]


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
