"""DELETE /auth/me: somebody erases themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.account_cache import accounts
from accounts.models import ApiKey, AuditEntry, Erasure, RefreshToken, Role, SignInAttempts, User
from accounts.models.erasure import SETTLE_AFTER
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from accounts.services.erasure_requests import LastAdmin, erasure_request_own
from accounts.services.erasures import erasures_due
from tests.accounts.passwords import PASSWORD
from tests.accounts.together import together
from tests.erasure.conftest import run
from tests.storage_app.files.uploading import uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]

ME = "/api/v1/auth/me"
AsUser = Callable[[User], APIClient]


def sign_in(user: User) -> APIClient:
    client = APIClient()
    signed_in = client.post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD})
    assert signed_in.status_code == 200
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in.json()['access']}")
    return client


def leave(client: APIClient, password: str = PASSWORD) -> Any:
    return client.delete(ME, {"password": password})


@pytest.fixture(autouse=True)
def _nobody_is_remembered() -> None:
    accounts.clear()  # ids of other tests' people come again


def test_the_account_is_closed_at_once(member: User) -> None:
    client = sign_in(member)
    answer = leave(client)
    assert answer.status_code == 202
    assert answer.json()["includes_account"]
    assert not User.objects.get(pk=member.pk).is_active
    assert not RefreshToken.objects.filter(revoked_at=None).exists()
    assert client.get(ME).status_code == 401
    assert APIClient().post("/api/v1/auth/login", {"email": member.email, "password": PASSWORD}).status_code == 401
    assert APIClient().get(answer.json()["result_url"]).json()["status"] == "pending"


def test_nothing_says_who_it_was(member: User, admin: User) -> None:
    client = sign_in(member)
    client.patch(ME, {"first_name": "Ada"})
    uploaded(client)
    api_key_create(owner=member, name="mine", scopes=["read"], origin=SYSTEM)
    LogEntry.objects.create(
        user=admin, object_id=str(member.pk), object_repr=member.username, action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(User),
    )  # fmt: skip
    leave(client, "wrong")

    receipt = run(leave(client).json()["id"])

    assert receipt.status == "succeeded"
    counts = {name: receipt.counts[name] for name in ("account", "api_keys", "refresh_tokens", "files")}
    assert counts == {"account": 1, "api_keys": 1, "refresh_tokens": 1, "files": 1}
    assert receipt.counts["audit_entries"] >= 2
    for model in (ApiKey, RefreshToken, LogEntry, SignInAttempts):
        assert not model._default_manager.exclude(pk__startswith="address:").exists(), model
    row = User.objects.values().get(pk=member.pk)
    assert not {"stranger", "stranger@example.org", "Ada"} & {str(value) for value in row.values()}
    assert "stranger" not in str(list(AuditEntry.objects.values()))
    assert not AuditEntry.objects.filter(actor_id=str(member.pk)).exclude(address=None).exists()


def test_the_names_are_free_again(member: User) -> None:
    run(leave(sign_in(member)).json()["id"])
    again = {"email": "stranger@example.org", "username": "stranger", "password": PASSWORD}
    registered = APIClient().post("/api/v1/auth/register", again)
    assert registered.status_code == 201
    assert registered.json()["user"]["id"] != member.pk


def test_it_settles_when_nothing_can_be_under_way(member: User) -> None:
    client = sign_in(member)
    erasure = run(leave(client).json()["id"])
    assert run(erasure.pk).user_id  # too early
    member.api_keys.create(name="late", prefix="tw", key_hash="x", scopes=["read"])  # as a slow request may
    Erasure.objects.update(finished_at=timezone.now() - SETTLE_AFTER - timedelta(seconds=1))
    assert erasures_due() == [erasure.pk]

    settled = run(erasure.pk)

    assert (settled.user_id, settled.status, settled.counts) == ("", "succeeded", erasure.counts)
    assert not User.objects.filter(pk=member.pk).exists()
    assert not ApiKey.objects.exists()
    assert erasures_due() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"password": "wrong"}, "incorrect"),
        ({"password": ""}, "blank"),
        ({"password": None}, "null"),
        ({"password": ["x"]}, "invalid"),
        ({"password": "a\x00"}, "null_characters_not_allowed"),
        ({"password": "x" * 1025}, "max_length"),
        ({}, "required"),
        ([], None),
    ],
)
def test_not_without_the_password(member: User, as_user: AsUser, body: Any, code: str | None) -> None:
    answer = as_user(member).delete(ME, body)
    assert answer.status_code == 400
    assert code in {None, answer.json()["errors"][0]["code"]}
    assert User.objects.get(pk=member.pk).is_active
    assert not Erasure.objects.exists()


def test_guessing_the_password_pauses(member: User, as_user: AsUser) -> None:
    statuses = [leave(as_user(member), "wrong").status_code for _ in range(12)]
    assert statuses[0] == 400
    assert statuses[-1] == 429


def test_the_last_admin_stays(admin: User) -> None:
    admin.set_password(PASSWORD)
    admin.save()
    answer = leave(sign_in(admin))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "last_admin"
    assert User.objects.get(pk=admin.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_leave_at_once_one_stays(admin: User, colleague: User) -> None:
    User.objects.filter(pk=colleague.pk).update(role=Role.ADMIN)

    def go(person: User) -> str:
        try:
            return str(erasure_request_own(user=User.objects.get(pk=person.pk), origin=SYSTEM).status)
        except LastAdmin:
            return "stays"

    assert sorted(together(lambda: go(admin), lambda: go(colleague))) == ["pending", "stays"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"actor_name": "somebody"},
        {"action": "x"},
        {"actor_name": "", "address": None, "actor_id": "7"},
        {"details": {}},
    ],
)
def test_the_audit_log_lets_nothing_else_be_changed(admin: User, as_user: AsUser, change: dict[str, Any]) -> None:
    AuditEntry.objects.create(
        actor_id="1", actor_name="admin", address="127.0.0.1", action="a", outcome="allowed", details={"a": 1}
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(**change)
