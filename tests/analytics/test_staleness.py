"""Stored results show when later events would change them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import pytest

from accounts.models import User
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreUnavailable
from tests.analytics.conftest import Calculate
from tests.analytics.http import BEFORE, INSIDE, WEEK, AsUser
from tests.analytics.stored import event, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.mark.parametrize(
    ("late", "stale"),
    [
        (("1", "page_viewed", INSIDE), True),
        (("9", "page_viewed", "2025-03-16T23:59:59.999"), True),
        (("9", "page_viewed", "1960-01-01"), True),
        (("1", "page_viewed", "2025-03-17T00:00:00.000"), False),
        (("1", "page_viewed", INSIDE, "other"), False),
        (("1", "page_viewed", INSIDE, ""), False),
    ],
)
def test_a_late_event_makes_a_course_stale_until_it_is_calculated_again(
    owner: User, as_user: AsUser, calculate: Calculate, late: tuple[str, ...], stale: bool
) -> None:
    store([event("1", "enrolled", BEFORE)])
    calculate("c")

    def is_stale() -> bool | None:
        answer = as_user(owner).get("/api/v1/analytics/course/c", WEEK).json()
        found: bool | None = answer["metrics"]["completion"]["stale"]
        return found

    assert is_stale() is False
    store([event(*late, received_at=moment("2025-06-01"))])
    assert is_stale() is stale
    calculate("c")
    assert is_stale() is False


def test_a_resend_makes_nothing_stale(owner: User, as_user: AsUser, calculate: Calculate) -> None:
    first = event("1", "enrolled", BEFORE)
    store([first])
    calculate("c")
    store([first._replace(received_at=moment("2025-06-01"))])
    answer = as_user(owner).get("/api/v1/analytics/course/c", WEEK).json()
    assert answer["metrics"]["completion"]["stale"] is False


@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_under_way_during_the_calculation_makes_it_stale(
    owner: User, as_user: AsUser, calculate: Calculate
) -> None:
    newest = event("1", "enrolled", BEFORE, received_at=moment("2025-03-20"))
    store([newest])
    sleep(0.1)  # when an insert began is known to some milliseconds, and what was stored in them counts as later
    begun = Event()

    def insert_slowly() -> None:
        """Received before the newest that is stored, and seen seconds after its insert begins."""
        begun.set()
        gateway.execute(_SLOW_INSERT, {"occurred": moment(INSIDE), "received": moment("2025-03-15")})

    def is_stale() -> tuple[bool | None, bool | None]:
        course = as_user(owner).get("/api/v1/analytics/course/c", WEEK).json()["metrics"]["completion"]
        person = as_user(owner).get("/api/v1/metrics/user/1").json()["results"]
        return course["stale"], next(result["stale"] for result in person if result["course_id"] == "c")

    with ThreadPoolExecutor(1) as threads:
        insert = threads.submit(insert_slowly)
        begun.wait()
        while not gateway.query(_INSERTS):
            assert not insert.done()
        calculate("c")
        assert not insert.done()
        assert is_stale() == (False, False)
        insert.result()
    assert is_stale() == (True, True)
    calculate("c")
    assert is_stale() == (False, False)


_SLOW_INSERT = """
INSERT INTO events (event_id, user_id, course_id, event_type, session_id, occurred_at, received_at, properties)
SELECT generateUUIDv4(), '1', 'c', 'course_completed', '', {occurred:DateTime64(3)}, {received:DateTime64(3)}, '{}'
FROM numbers(6) WHERE NOT sleepEachRow(1) AND number = 0
"""
_INSERTS = "SELECT 1 FROM system.processes WHERE query_kind = 'Insert' AND current_database = currentDatabase()"


def test_a_late_event_makes_its_own_person_stale(owner: User, as_user: AsUser, calculate: Calculate) -> None:
    store([event("1", "enrolled", BEFORE), event("1", "enrolled", BEFORE, "k"), event("2", "enrolled", BEFORE)])
    calculate()
    late = moment("2025-06-01")
    store([event("1", "course_completed", INSIDE, received_at=late)])
    store([event("2", "page_viewed", INSIDE, "", received_at=late)])

    def flags(user_id: str) -> dict[str | None, bool]:
        results = as_user(owner).get(f"/api/v1/metrics/user/{user_id}").json()["results"]
        return {result["course_id"]: result["stale"] for result in results}

    assert flags("1") == {None: True, "c": True, "k": False}
    assert flags("2") == {None: False, "c": False}


def test_without_the_event_store_results_are_answered_and_their_age_is_unknown(
    owner: User, as_user: AsUser, calculate: Calculate, monkeypatch: pytest.MonkeyPatch
) -> None:
    store([event("1", "enrolled", BEFORE)])
    calculate("c")

    def unavailable(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("not available")

    monkeypatch.setattr("analytics.selectors.events.gateway.query", unavailable)
    client = as_user(owner)
    course = client.get("/api/v1/analytics/course/c", WEEK)
    assert course.status_code == 200
    assert course.json()["metrics"]["completion"]["stale"] is None
    assert client.get("/api/v1/metrics/user/1").json()["results"][0]["stale"] is None
    assert client.get("/api/v1/analytics/course/other", WEEK).status_code == 503
