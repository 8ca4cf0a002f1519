"""Erasures asked for and done, and a list of erased people that is empty again for the next test."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from accounts.models import Erasure, User
from accounts.origin import SYSTEM
from accounts.services.erasure_requests import erasure_request
from accounts.services.erasures import erasure_run
from ingestion import erasure as events_erasure
from ingestion.schemas import StoredEvent
from storage_app.clickhouse import gateway
from tests.accounts.passwords import PASSWORD

Erase = Callable[..., Erasure]


@pytest.fixture(autouse=True)
def _quick_hashing(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.passwords.QuickArgon2Hasher"]


@pytest.fixture(autouse=True)
def _nobody_stays_erased(request: pytest.FixtureRequest, _clean_clickhouse: None) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("clickhouse"):
        gateway.execute("TRUNCATE TABLE erased_people")


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No writer comes while a test waits for one."""
    monkeypatch.setattr(events_erasure, "WAIT_SECONDS", 0)


@pytest.fixture
def member(stranger: User) -> User:
    """The stranger, with the password PASSWORD."""
    stranger.set_password(PASSWORD)
    stranger.save()
    return stranger


@pytest.fixture
def erase(db: None) -> Erase:
    """`erase("learner-1")` asks for an erasure and does it."""

    def ask_and_run(user_id: str, *, account: bool = False) -> Erasure:
        asked = erasure_request(user_id=user_id, includes_account=account, origin=SYSTEM)
        return run(asked.pk)

    return ask_and_run


def run(erasure_id: UUID | str) -> Erasure:
    """One attempt, as a worker makes it."""
    erasure_run(erasure_id=UUID(str(erasure_id)))
    return Erasure.objects.get(pk=erasure_id)


def rows(table: str = "events", **equal: Any) -> int:
    """Rows as they lie in a table, copies and all."""
    where = " AND ".join(f"{name} = {{{name}:String}}" for name in equal) or "1"
    return int(gateway.query(f"SELECT count() FROM {table} WHERE {where}", equal)[0][0])  # noqa: S608  # names of ours


def stored(user_id: str, *, occurred_at_ms: int = 1_000_000_000_000) -> StoredEvent:
    """An event as it lies in the buffer."""
    return StoredEvent(uuid4(), user_id, "c", "page_viewed", "", occurred_at_ms, "{}")
