"""Walking through the events by cursor."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.ingestion.events import event

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

AsUser = Callable[[User], APIClient]
URL = "/api/v1/events"


def walk(client: APIClient, **parameters: Any) -> list[list[str]]:
    """Every page's event ids."""
    pages = []
    answer = client.get(URL, {"cursor": "", **parameters})
    while True:
        assert answer.status_code == 200, answer.content
        body = answer.json()
        pages.append([found["event_id"] for found in body["results"]])
        if body["next"] is None:
            return pages
        parts = urlsplit(body["next"])
        answer = client.get(f"{parts.path}?{parts.query}")


@pytest.mark.parametrize("limit", [1, 3, 7, 20, 21, 1000])
def test_every_event_once_in_order(limit: int, as_user: AsUser, owner: User, drain: Callable[[], None]) -> None:
    client = as_user(owner)
    moments = ["2025-03-10T10:00:00Z"] * 5 + ["2025-03-10T10:00:00.001Z"] * 5  # ties
    moments += [f"20{year:02}-06-01T00:00:00Z" for year in range(1, 11)]
    sent = [event(occurred_at=moment) for moment in moments]
    client.post(URL, {"events": sent}, format="json")
    drain()
    pages = walk(client, limit=limit)
    assert all(len(page) == limit for page in pages[:-1])
    walked = [event_id for page in pages for event_id in page]
    listed = [found["event_id"] for found in client.get(URL, {"limit": 1000}).json()["results"]]
    assert walked == listed
    assert sorted(walked) == sorted(found["event_id"] for found in sent)


def test_filters_hold_on_every_page(as_user: AsUser, owner: User, drain: Callable[[], None]) -> None:
    client = as_user(owner)
    sent = [event(user_id=f"u{n % 2}", occurred_at=f"2025-03-10T10:00:{n:02}Z") for n in range(10)]
    client.post(URL, {"events": sent}, format="json")
    drain()
    walked = [event_id for page in walk(client, limit=2, user_id="u1") for event_id in page]
    assert walked == [found["event_id"] for found in reversed(sent) if found["user_id"] == "u1"]


def test_nothing_to_walk(as_user: AsUser, owner: User) -> None:
    assert walk(as_user(owner)) == [[]]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "YWJj", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5IDEyMw==", "\x00", "é" * 50])
def test_no_cursor_of_ours(cursor: str, as_user: AsUser, owner: User) -> None:
    answer = as_user(owner).get(URL, {"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "cursor"
