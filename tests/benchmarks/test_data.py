"""`make bench-data` with few events: both sides see the same. How fast they are is the benchmark's matter."""

import json
from functools import partial

import pytest

from benchmarks.data.caller import Caller, answers_forget
from benchmarks.data.questions import bare_ask, bare_driver, questions_measure, questions_told, statements_of
from benchmarks.data.shapes import SHAPES, events_fill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis, pytest.mark.clickhouse]


def test_it_works() -> None:
    events_fill(count=20_000)
    caller = Caller()
    told = questions_told(questions_measure(caller, rounds=2))
    assert [line.split(" | ")[0].removeprefix("| ") for line in told.splitlines()[2:22]] == list(SHAPES)
    with bare_driver() as driver:
        for shape in ("rows: newest of a course", "numbers: types of everything"):
            rows = bare_ask(driver, statements_of(partial(caller.ask, shape, fresh=True)))[-1]
            shown = json.loads(caller.ask(shape, fresh=True))["data"]
            assert rows
            assert [tuple(row.values())[-1] for row in shown] == [row[-1] for row in rows], shape


def test_ways_of_asking() -> None:
    events_fill(count=1_000)
    caller, shape = Caller(), "numbers: types of everything"
    answers = [json.loads(caller.ask(shape, fresh=fresh)) for fresh in (True, False, False)]
    assert [answer["cached"] for answer in answers] == [False, False, True]
    answers_forget()
    assert json.loads(caller.ask(shape, fresh=False))["cached"] is False
