"""Dashboards made through the API."""

from collections.abc import Callable
from typing import Any, Protocol

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.analytics.http import AsUser

DASHBOARDS = "/api/v1/dashboards"
COUNT = {"function": "count"}
BY_TYPE = {"table_name": "events", "x": "event_type", "y": [COUNT]}
EVENTS = {"table_name": "events", "aggregations": [COUNT]}


class Make(Protocol):
    """Makes something through the API; gives the answer."""

    def __call__(self, *, status: int = 201, **fields: Any) -> dict[str, Any]: ...


@pytest.fixture
def client(owner: User, as_user: AsUser) -> APIClient:
    """The owner's."""
    return as_user(owner)


def posted(client: APIClient, path: str, fields: dict[str, Any], status: int) -> dict[str, Any]:
    """The answer to a POST that has this status."""
    answer = client.post(path, fields)
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def make(client: APIClient) -> Make:
    """A dashboard of the owner's."""

    def _make(*, status: int = 201, **fields: Any) -> dict[str, Any]:
        return posted(client, DASHBOARDS, {"name": "Sales", **fields}, status)

    return _make


@pytest.fixture
def board(make: Make) -> str:
    """Where an empty dashboard is that everybody sees."""
    return f"{DASHBOARDS}/{make(visibility='shared')['id']}"


@pytest.fixture
def widget(client: APIClient, board: str) -> Make:
    """A widget on that dashboard; without a query a count of events by their type."""

    def _widget(*, status: int = 201, **fields: Any) -> dict[str, Any]:
        fields = {"type": "bar", "query": BY_TYPE, **fields}
        return posted(client, f"{board}/widgets", fields, status)

    return _widget


Data = Callable[..., dict[str, Any]]


@pytest.fixture
def data(as_user: AsUser, owner: User, board: str) -> Data:
    """`data(user, start=…)`: what the dashboard shows to somebody, its widgets by their titles."""

    def _data(user: User = owner, **query: Any) -> dict[str, Any]:
        answer = as_user(user).get(f"{board}/data", query)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        return {**body, "widgets": {each["title"]: each for each in body["widgets"]}}

    return _data
