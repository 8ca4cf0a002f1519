"""Every endpoint, called by every kind of caller and with every bad token, does what config/access.py says."""

import re
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.origin import SYSTEM
from accounts.services.api_keys import api_key_create
from accounts.tokens import access_token_sign, refresh_token_sign
from config.access import ACCESS, EVERYBODY, Who
from tests.accounts.forgery import FORGERIES, forge

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.s3]


def call(operation: str, authorization: str) -> int:
    """The status of a call that would change nothing if it got in: no body, ids of nothing."""
    method, _, template = operation.partition(" ")
    client = APIClient(raise_request_exception=False)
    if authorization:
        client.credentials(HTTP_AUTHORIZATION=authorization)
    answer = client.generic(method, re.sub(r"{(\w+)}", _id_of_nothing, template), "{}", content_type="application/json")
    status: int = answer.status_code
    if status in {401, 403, 404}:
        assert answer.json()["errors"][0]["detail"]
    return status


def _id_of_nothing(parameter: re.Match[str]) -> str:
    return "0" if parameter[1] in {"user_id", "course_id", "source_id"} else str(uuid.uuid4())


@pytest.fixture
def headers(stranger: User, owner: User, admin: User) -> dict[Who, str]:
    """Each caller's Authorization header; the keys are an admin's, which opens no more."""
    people = {Who.STUDENT: stranger, Who.TEACHER: owner, Who.ADMIN: admin}
    keys = {
        who: api_key_create(owner=admin, name=scope, scopes=[scope], origin=SYSTEM).text
        for who, scope in ((Who.READ_KEY, "read"), (Who.INGEST_KEY, "ingest"))
    }
    return {
        Who.NOBODY: "",
        **{who: f"Bearer {access_token_sign(user=user)}" for who, user in people.items()},
        **{who: f"Api-Key {key}" for who, key in keys.items()},
    }


def test_the_table_has_every_endpoint_and_no_other() -> None:
    document: dict[str, Any] = APIClient().get("/openapi.json").json()
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert operations.keys() == ACCESS.keys()
    for name, operation in operations.items():
        assert operation["x-allowed-callers"] == sorted(ACCESS[name])
        secured = {next(iter(way)) for way in operation.get("security", [])}
        assert ("bearer" in secured) == (Who.NOBODY not in ACCESS[name]), name
        keys = ACCESS[name] & {Who.READ_KEY, Who.INGEST_KEY}
        assert ("apiKey" in secured) == bool(keys and ACCESS[name] != EVERYBODY), name


@pytest.mark.parametrize("operation", ACCESS)
def test_every_caller(operation: str, headers: dict[Who, str]) -> None:
    for who, authorization in headers.items():
        status = call(operation, authorization)
        allowed = who in ACCESS[operation]
        refusal = 401 if who == Who.NOBODY else 403
        # Signing in without anything is a 400, so that 401 always means the caller.
        assert (status not in {401, 403}) if allowed else (status == refusal), f"{who}: {status}"
        assert status < 500, f"{who}: {status}"


@pytest.mark.parametrize("operation", [name for name, who in ACCESS.items() if who != EVERYBODY])
def test_every_bad_token(operation: str, admin: User) -> None:
    good = access_token_sign(user=admin)
    bad = {kind: forge(kind, good) for kind in FORGERIES if kind != "not ascii"}
    bad |= {"a refresh token": refresh_token_sign(user=admin).text, "an API key's": "tw_00000000_" + "a" * 43}
    for kind, token in bad.items():
        assert call(operation, f"Bearer {token}") == 401, kind
    for token in (good, bad["an API key's"]):
        assert call(operation, f"Api-Key {token}") == 401

    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert call(operation, f"Bearer {good}") == 401


@pytest.mark.parametrize("operation", [name for name, who in ACCESS.items() if who == EVERYBODY])
def test_bad_tokens_do_not_hinder_who_needs_none(operation: str) -> None:
    assert call(operation, "Bearer not.a.token") not in {401, 403}
