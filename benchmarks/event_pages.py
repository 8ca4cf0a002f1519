"""Pages of GET /events, from the newest to the oldest, through the whole web application."""

import secrets
import time
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client

URL = "/api/v1/events"
_STOPS = 12
_EMAIL = "reader@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What the pages of a list cost; the worst is of those at any depth."""

    name: str
    events: int
    first_seconds: float
    worst_seconds: float

    @property
    def more_seconds(self) -> float:
        """What the worst page costs more than the first."""
        return self.worst_seconds - self.first_seconds


class EventPages:
    """A teacher who reads the stream."""

    def __init__(self, *, rounds: int) -> None:
        self._rounds = rounds
        password = secrets.token_urlsafe()
        get_user_model().objects.create_user(email=_EMAIL, username="reader", password=password, role="teacher")
        self._client = Client(SERVER_NAME="127.0.0.1")
        body = {"email": _EMAIL, "password": password}
        answer = self._client.post("/api/v1/auth/login", body, content_type="application/json")
        self._headers = {"Authorization": f"Bearer {answer.json()['access']}"}

    def by_cursor(self, **parameters: str) -> Walk:
        """Pages all the way down, at a dozen depths."""
        count = self._get(limit="1", **parameters)["count"]
        cursors = self._cursors(parameters)
        stops = [cursors[len(cursors) * number // _STOPS] for number in range(1, _STOPS)] + [cursors[-1]]
        return self._walk("cursor", count, parameters, [{"cursor": each} for each in ["", *stops]])

    def by_offset(self, **parameters: str) -> Walk:
        """The same depths by offset, each page with its count."""
        count = self._get(limit="1", **parameters)["count"]
        offsets = [count * number // _STOPS for number in range(_STOPS)] + [max(0, count - 50)]
        return self._walk("offset", count, parameters, [{"offset": str(each)} for each in offsets])

    def _walk(self, how: str, count: int, parameters: dict[str, str], pages: list[dict[str, str]]) -> Walk:
        seconds = [self._seconds({**parameters, **page}) for page in pages]
        name = " and ".join(f"{key} {value}" for key, value in parameters.items()) or "everything"
        return Walk(name=f"{name}, {how}", events=count, first_seconds=seconds[0], worst_seconds=max(seconds[1:]))

    def _cursors(self, parameters: dict[str, str]) -> list[str]:
        cursors = [""]
        while following := self._get(limit="1000", cursor=cursors[-1], **parameters)["next"]:
            cursors += parse_qs(urlsplit(following).query)["cursor"]
        return cursors

    def _seconds(self, parameters: dict[str, str]) -> float:
        rounds = []
        for _ in range(self._rounds):
            started = time.perf_counter()
            self._get(**parameters)
            rounds.append(time.perf_counter() - started)
        return median(rounds)

    def _get(self, **parameters: str) -> dict[str, Any]:
        answer = self._client.get(URL, parameters, headers=self._headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} for {parameters}: {answer.content!r}")
        body: dict[str, Any] = answer.json()
        return body
