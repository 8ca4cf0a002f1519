"""The audit log: what gets into it, who reads it, and that nobody changes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Outcome, Role, User
from accounts.services import audit
from accounts.tasks import audit_entries_delete_old
from tests.accounts.passwords import PASSWORD

URL = "/api/v1/audit"
AsUser = Callable[[User], APIClient]
Login = Callable[[], dict[str, Any]]
pytestmark = pytest.mark.django_db


def last() -> AuditEntry:
    return AuditEntry.objects.order_by("pk").reverse()[0]


def told(entry: AuditEntry) -> tuple[str, str, str, str]:
    return entry.action, entry.outcome, entry.actor_name, entry.object_id


def test_it_says_who_what_and_from_where(client: APIClient, member: User) -> None:
    client.post(
        "/api/v1/auth/login",
        {"email": member.email, "password": PASSWORD},
        headers={"X-Request-ID": "find-me"},
        REMOTE_ADDR="192.0.2.7",
    )

    entry = last()
    assert told(entry) == ("auth.login", "allowed", "stranger", str(member.pk))
    assert (entry.actor_id, entry.actor_kind) == (str(member.pk), "user")
    assert (entry.address, entry.request_id) == ("192.0.2.7", "find-me")


@pytest.mark.parametrize(("name", "known"), [("stranger@example.org", True), ("correct horse battery", False)])
def test_a_refused_sign_in_names_only_who_exists(client: APIClient, member: User, name: str, known: bool) -> None:
    client.post("/api/v1/auth/login", {"email": name, "password": "wrong horse"})

    assert told(last()) == ("auth.login", "refused", "", str(member.pk) if known else "")
    assert name not in str(AuditEntry.objects.values()) or known


def test_what_is_done_to_accounts(
    client: APIClient, admin: User, owner: User, login: Login, as_user: AsUser, member: User
) -> None:
    tokens = login()
    client.post("/api/v1/auth/refresh", {"refresh": tokens["refresh"]})
    client.post("/api/v1/auth/refresh", {"refresh": tokens["refresh"]})
    assert last().action == "auth.refresh_reused"
    client.post("/api/v1/auth/logout", {"refresh": tokens["refresh"]})
    assert last().action == "auth.logout"
    client.post("/api/v1/auth/register", {"email": "new@example.org", "password": PASSWORD})
    assert last().action == "auth.register"

    key = as_user(owner).post("/api/v1/api-keys", {"name": "x", "scopes": ["read"]}).json()
    assert told(last()) == ("api_key.create", "allowed", "owner", key["id"])
    as_user(admin).delete(f"/api/v1/api-keys/{key['id']}")
    assert told(last()) == ("api_key.revoke", "allowed", "admin", key["id"])
    as_user(admin).patch(f"/api/v1/users/{owner.pk}", {"role": "student"})
    assert told(last()) == ("user.change", "allowed", "admin", str(owner.pk))
    assert last().details == {"before": {"role": "teacher"}, "after": {"role": "student"}}

    written = str(list(AuditEntry.objects.values()))
    for secret in (PASSWORD, key["key"], tokens["refresh"], tokens["access"]):
        assert secret not in written


def test_a_refusal_of_somebody_known(stranger: User, as_user: AsUser) -> None:
    as_user(stranger).get("/api/v1/users?search=x")

    assert told(last()) == ("GET /api/v1/users", "refused", "stranger", "/api/v1/users")


def test_changes_in_every_app(owner: User, as_user: AsUser) -> None:
    as_user(owner).patch("/api/v1/auth/me", {"first_name": "Ada"})
    assert not AuditEntry.objects.exists()  # a name is no matter of access

    as_user(owner).post("/api/v1/metrics/calculate", {"start": "2025-01-01", "end": "2025-02-01"})
    assert told(last()) == ("POST /api/v1/metrics/calculate", "refused", "owner", "/api/v1/metrics/calculate")


def test_nobody_leaves_no_trace_but_signing_in(client: APIClient) -> None:
    client.get("/api/v1/users")

    assert not AuditEntry.objects.exists()


def test_the_admins_pages(member: User) -> None:
    User.objects.update(role=Role.ADMIN)
    pages = Client()
    pages.post("/admin/login/", {"username": "stranger", "password": "wrong horse"})
    assert told(last())[:2] == ("auth.login", "refused")
    pages.post("/admin/login/", {"username": "stranger", "password": PASSWORD})
    assert told(last()) == ("admin.login", "allowed", "stranger", str(member.pk))

    form = {"email": "ada@example.org", "username": "ada", "role": "student", "usable_password": "false"}
    pages.post("/admin/accounts/user/add/", form)
    assert told(last()) == ("admin.add", "allowed", "stranger", str(User.objects.get(username="ada").pk))

    page = "/admin/accounts/auditentry/"
    for path in (page, f"{page}?q=ada", f"{page}{last().pk}/change/"):
        assert pages.get(path).status_code == 200, path
    assert pages.get(f"{page}add/").status_code == 403
    assert pages.post(f"{page}{last().pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_it(client: APIClient, member: User, change: str) -> None:
    client.post("/api/v1/auth/login", {"email": member.email, "password": PASSWORD})
    entries = AuditEntry.objects.all()

    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        entries.update(action="nothing") if change == "update" else entries.delete()

    assert last().action == "auth.login"


def entry(days_ago: float) -> AuditEntry:
    moment = timezone.now() - timedelta(days=days_ago)
    return AuditEntry.objects.create(at=moment, action="something", outcome=Outcome.ALLOWED)


def test_old_lines_go_and_that_is_written_down(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "DELETE_CHUNK", 2)
    settings.AUDIT_RETENTION_DAYS = 60
    young = [entry(59.9), entry(0)]
    for days in (60.1, 61, 200, 400, 4000):
        entry(days)

    assert audit_entries_delete_old() == 5

    assert set(AuditEntry.objects.filter(action="something")) == set(young)
    assert (last().action, last().actor_kind, last().details["deleted"]) == ("audit.expire", "system", 5)
    assert audit_entries_delete_old() == 0
    assert AuditEntry.objects.count() == 3
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()  # the way is closed again


def test_kept_for_ever(settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 0
    entry(10_000)
    assert audit_entries_delete_old() == 0
    assert AuditEntry.objects.count() == 1


def test_no_line_of_the_last_month_goes_by_any_setting(settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 1
    entry(2)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        audit_entries_delete_old()
    assert AuditEntry.objects.count() == 1


def test_an_admin_reads_it(client: APIClient, member: User, admin: User, as_user: AsUser) -> None:
    for password in ("wrong horse", PASSWORD):
        client.post("/api/v1/auth/login", {"email": member.email, "password": password})

    def count(query: str) -> int:
        response = as_user(admin).get(f"{URL}?{query}")
        assert response.status_code == 200, response.content
        return int(response.json()["count"])

    assert count("") == 2
    assert count("outcome=refused") == 1
    assert count(f"actor_id={member.pk}&action=auth.login") == 1
    assert count("end=2020-01-01T00:00:00Z") == 0
    assert count("start=2020-01-01T00:00:00Z&limit=1") == 2


@pytest.mark.parametrize("query", ["outcome=perhaps", "start=soon", "actor_id=%00", "action=%00", "limit=0"])
def test_senseless_filters(admin: User, as_user: AsUser, query: str) -> None:
    assert as_user(admin).get(f"{URL}?{query}").status_code == 400


def test_nobody_else_reads_it(owner: User, stranger: User, as_user: AsUser, client: APIClient) -> None:
    assert [as_user(person).get(URL).status_code for person in (owner, stranger)] == [403, 403]
    assert client.get(URL).status_code == 401
