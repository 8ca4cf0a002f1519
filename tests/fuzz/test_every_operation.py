"""Whatever is sent to any endpoint by anybody: no 500, and no status that the OpenAPI document does not name."""

import os
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from accounts.tokens import access_token_sign
from config.access import ACCESS, Who
from dashboards.models import Dashboard, Widget
from tests.accounts.passwords import PASSWORD
from tests.fuzz.calls import operations, try_out

# `make fuzz` asks for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
COUNT = {"table_name": "events", "aggregations": [{"function": "count"}]}
pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.django_db,
    pytest.mark.redis,
    pytest.mark.clickhouse,
    pytest.mark.s3,
]


@pytest.fixture
def callers(stranger: User, owner: User, admin: User, settings: Settings) -> dict[str, str]:
    """Each kind of caller's Authorization header."""
    settings.METRICS_WAIT_SECONDS = 0
    settings.PASSWORD_HASHERS = ["tests.accounts.passwords.QuickArgon2Hasher"]
    people = {Who.STUDENT: stranger, Who.TEACHER: owner, Who.ADMIN: admin}
    for user in people.values():
        user.set_password(PASSWORD)
        user.save()
    keys = {
        who: api_key_create(owner=admin, name=scope, scopes=[scope], origin=SYSTEM).text
        for who, scope in ((Who.READ_KEY, "read"), (Who.INGEST_KEY, "ingest"))
    }
    return {
        Who.NOBODY: "",
        **{who: f"Bearer {access_token_sign(user=user)}" for who, user in people.items()},
        **{who: f"Api-Key {key}" for who, key in keys.items()},
    }


@pytest.fixture(scope="module")
def document(django_db_setup: None) -> dict[str, Any]:
    """The operations."""
    return operations()


@pytest.mark.parametrize("name", ACCESS)
def test_every_operation(name: str, callers: dict[str, str], document: dict[str, Any], owner: User) -> None:
    dashboard = Dashboard.objects.create(owner=owner, name="Sales", visibility="shared")
    widget = Widget.objects.create(dashboard=dashboard, type="number", query=COUNT)
    ids = {"user_id": owner.pk, "course_id": "course-1", "dashboard_id": dashboard.pk, "widget_id": widget.pk}
    allowed = {who: header for who, header in callers.items() if who in ACCESS[name]}
    # Who is refused is refused before anything is looked at: one of them is enough.
    refused = {who: header for who, header in callers.items() if who not in ACCESS[name]}
    try_out(document[name], allowed | dict(list(refused.items())[:1]), ids, examples=EXAMPLES)
