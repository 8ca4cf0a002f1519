"""The pipeline in the admin."""

import time
import uuid

import pytest
from django.test import Client

from accounts.models import User
from ingestion import buffer
from ingestion.redis_store import DEAD_LETTERS, client
from ingestion.services import ledger_save

pytestmark = [pytest.mark.django_db, pytest.mark.redis]

LEDGER = "/admin/ingestion/ledgerhour/"
LETTERS = f"{LEDGER}dead-letters/"


@pytest.fixture
def browser(admin: User) -> Client:
    signed_in = Client()
    signed_in.force_login(admin)
    return signed_in


def bury(reason: str) -> str:
    event = f'["{uuid.uuid4()}","u","c","t","",1,"{{}}"]'
    received_ms = time.time_ns() // 1_000_000
    letter_id = client().xadd(
        DEAD_LETTERS, {"event": event, "reason": reason, "received_ms": received_ms, "source": "test"}
    )
    assert isinstance(letter_id, bytes)
    return letter_id.decode()


def test_the_ledger_is_shown_and_not_changed(browser: Client) -> None:
    buffer.add(b"[]", count=3, received_ms=time.time_ns() // 1_000_000, source="somebody")
    ledger_save()
    page = browser.get(LEDGER).content.decode()
    assert "somebody" in page
    assert browser.get(f"{LEDGER}add/").status_code == 403


def test_dead_letters_are_put_back(browser: Client) -> None:
    first, _ = bury("the <first> reason"), bury("the second reason")
    page = browser.get(LETTERS).content.decode()
    assert "the &lt;first&gt; reason" in page
    assert "2 events could not be stored" in page
    browser.post(LETTERS, {"replay": "chosen", "ids": [first]})
    assert (client().xlen(DEAD_LETTERS), buffer.waiting()) == (1, 1)
    browser.post(LETTERS, {"replay": "all"})
    assert (client().xlen(DEAD_LETTERS), buffer.waiting()) == (0, 2)


def test_not_for_teachers(owner: User) -> None:
    teacher = Client()
    teacher.force_login(owner)
    assert teacher.get(LEDGER).status_code == 302
