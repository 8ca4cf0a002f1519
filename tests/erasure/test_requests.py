"""Who may ask for erasures, and what is refused."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Erasure, User
from accounts.services.erasures import erasures_due
from accounts.tasks import erasure_run
from tests.erasure.conftest import run

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

EVENTS = "/api/v1/events"
ERASURES = "/api/v1/erasures"
AsUser = Callable[[User], APIClient]


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("", "user_id"),
        ("user_id=", "user_id"),
        ("user_id=a%00b", "user_id"),
        ("user_id=" + "a" * 129, "user_id"),
        ("user_id=a&user_id=b", "user_id"),
        ("user_id=a&course_id=c", "course_id"),
        ("user_id=a&start=2025-01-01", "start"),
        ("user_id=a&account=perhaps", "account"),
    ],
)
def test_what_is_refused(admin: User, as_user: AsUser, query: str, attr: str) -> None:
    answer = as_user(admin).delete(f"{EVENTS}?{query}")
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("user_id", ["a b", " a", "ä☃", 'a",', "-1", "/", "9" * 128])
def test_ids_as_events_carry_them(admin: User, as_user: AsUser, user_id: str) -> None:
    client = as_user(admin)
    client.delete(EVENTS, QUERY_STRING=f"user_id={quote(user_id, safe='')}")
    assert Erasure.objects.get().user_id == user_id


def test_only_admins(owner: User, stranger: User, as_user: AsUser) -> None:
    for person in (owner, stranger):
        assert as_user(person).delete(f"{EVENTS}?user_id=a").status_code == 403
        assert as_user(person).get(ERASURES).status_code == 403
    assert APIClient().delete(f"{EVENTS}?user_id=a").status_code == 401


def test_an_account_is_closed_at_once_when_it_is_asked_for(admin: User, owner: User, as_user: AsUser) -> None:
    answer = as_user(admin).delete(f"{EVENTS}?user_id={owner.pk}&account=true")
    assert answer.json()["includes_account"]
    assert not User.objects.get(pk=owner.pk).is_active


def test_nobody_erases_their_own_account_this_way(admin: User, as_user: AsUser) -> None:
    answer = as_user(admin).delete(f"{EVENTS}?user_id={admin.pk}&account=true")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "account"
    assert User.objects.get(pk=admin.pk).is_active


def test_the_receipt_needs_no_account_and_names_nobody(admin: User, as_user: AsUser) -> None:
    receipt = as_user(admin).delete(f"{EVENTS}?user_id=learner-1").json()
    shown: dict[str, Any] = APIClient().get(receipt["result_url"]).json()
    assert shown == receipt
    assert "learner-1" not in str(shown)
    assert APIClient().get(f"{ERASURES}/{uuid4()}").status_code == 404
    assert APIClient().get(f"{ERASURES}/1").status_code == 404


def test_the_list(admin: User, as_user: AsUser) -> None:
    client = as_user(admin)
    first, second = (client.delete(f"{EVENTS}?user_id=learner-{n}").json()["id"] for n in (1, 2))
    run(first)

    def listed(**parameters: str) -> list[str]:
        return [each["id"] for each in client.get(ERASURES, parameters).json()["results"]]

    assert listed() == [second, first]
    assert listed(user_id="learner-1") == [first]
    assert listed(status="pending") == [second]
    assert client.get(ERASURES, {"status": "lost"}).status_code == 400


def test_the_audit_log_has_it(admin: User, as_user: AsUser) -> None:
    receipt = as_user(admin).delete(f"{EVENTS}?user_id=learner-1").json()
    run(receipt["id"])
    asked = AuditEntry.objects.get(action="erasure.request")
    assert (asked.actor_id, asked.object_type, asked.object_id) == (str(admin.pk), "person", "learner-1")
    assert AuditEntry.objects.get(action="erasure.finish").details["counts"]["events"] == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_broker_it_is_taken_up_later(admin: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError  # the broker is every test's Redis

    monkeypatch.setattr(erasure_run, "delay", away)
    receipt = as_user(admin).delete(f"{EVENTS}?user_id=learner-1")
    assert receipt.status_code == 202
    assert [str(each) for each in erasures_due()] == [receipt.json()["id"]]


def test_the_document_has_the_password(client: Client) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/api/v1/auth/me"]["delete"]
    assert "OwnErasureRequest" in str(operation["requestBody"])
    assert {"202", "400", "401", "403", "429", "503"} <= operation["responses"].keys()


def test_the_admin_shows_receipts_and_no_ids(admin: User, client: Client) -> None:
    erasure = Erasure.objects.create(subject="0" * 64, user_id="learner-1")
    client.force_login(admin)
    page = client.get(f"/admin/accounts/erasure/{erasure.pk}/change/")
    assert page.status_code == 200
    assert b"learner-1" not in page.content
    assert client.get("/admin/accounts/erasure/").status_code == 200
