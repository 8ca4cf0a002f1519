"""Erasures whose worker died, whose stores were down, and two of them at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Erasure, User
from accounts.origin import SYSTEM
from accounts.personal_data import holders
from accounts.services import erasures
from accounts.services.erasure_requests import erasure_request
from accounts.services.erasures import erasure_run, erasures_due
from storage_app.files.errors import FileStoreUnavailable
from storage_app.files.models import StoredFile
from tests.accounts.together import together
from tests.analytics.stored import event, store
from tests.erasure.conftest import rows, run
from tests.storage_app.files.uploading import uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


def asked(user_id: str = "learner-1") -> Erasure:
    return erasure_request(user_id=user_id, includes_account=False, origin=SYSTEM)


def test_a_worker_that_died_after_any_room(stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every room is left behind once: the next worker does the rest, and the counts are those of the first look."""

    class Killed(BaseException):
        """As kill -9: nothing below it gets to run but the loss of the lock."""

    user_id = str(stranger.pk)
    erasure = asked(user_id)
    store([event(user_id, "page_viewed", f"2025-03-{day:02}T10:00:00") for day in range(1, 6)])
    real = holders()
    for name in real:
        done = list(real)[: list(real).index(name) + 1]
        until = {each: real[each] for each in done} | {"killed": _Dying(Killed)}
        monkeypatch.setattr(erasures, "holders", lambda until=until: until)
        with pytest.raises(Killed):
            erasure_run(erasure_id=erasure.pk)
        assert Erasure.objects.get().status == "running"
        assert erasures_due() == [erasure.pk]

    monkeypatch.setattr(erasures, "holders", lambda: real)
    assert run(erasure.pk).counts["events"] == 5
    assert rows() == 0


class _Dying:
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def erase(self, **_: object) -> None:
        raise self.error


def test_nothing_is_done_while_another_worker_is_at_it() -> None:
    erasure = asked()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [UUID(hex=erasure.subject[:32]).int & (2**63 - 1)])
            assert erasures_due() == []
            assert run(erasure.pk).status == "pending"
            cursor.execute("SELECT pg_advisory_unlock_all()")  # a pooled connection outlives its being closed
    finally:
        other.close()
    assert erasures_due() == [erasure.pk]
    assert run(erasure.pk).status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_one_erasure_in_two_workers_counts_once() -> None:
    erasure = asked()
    store([event("learner-1", "page_viewed", "2025-03-10T10:00:00")])
    together(*[lambda: erasure_run(erasure_id=erasure.pk)] * 2)
    assert Erasure.objects.get().counts["events"] == 1
    assert Erasure.objects.get().attempts == 1


def test_a_finished_one_is_not_done_again() -> None:
    erasure = run(asked().pk)
    store([event("learner-1", "page_viewed", "2025-03-10T10:00:00")])
    run(erasure.pk)
    assert rows() == 1


def test_a_straggler_is_found_by_the_last_look() -> None:
    store([event("learner-1", "page_viewed", "2025-03-10T10:00:00")])
    erasure = run(asked().pk)
    store([event("learner-1", "page_viewed", "2025-03-11T10:00:00")])  # an insert that was under way
    Erasure.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    settled = run(erasure.pk)
    assert (settled.user_id, settled.counts["events"]) == ("", 2)
    assert rows() == 0


def test_a_store_that_is_down_is_waited_for(stranger: User, as_user: AsUser, settings: Any) -> None:
    uploaded(as_user(stranger))
    erasure = asked(str(stranger.pk))
    there = settings.STORAGES
    default = there["default"]
    nowhere = default | {"OPTIONS": default["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}}
    settings.STORAGES = there | {"default": nowhere}

    with pytest.raises(FileStoreUnavailable):
        run(erasure.pk)

    waits = Erasure.objects.get()
    assert (waits.status, waits.error, waits.attempts) == ("running", "FileStoreUnavailable", 1)
    assert erasures_due() == []
    settings.STORAGES = there
    Erasure.objects.update(run_after=timezone.now())
    done = run(erasure.pk)
    assert (done.status, done.counts["files"], done.error) == ("succeeded", 1, "")
    assert not StoredFile.objects.exists()
