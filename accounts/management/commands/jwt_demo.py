"""Shows how a client works with the API, request by request."""

import json
import sys
import time
import uuid
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError

_STORED_SECONDS = 10
"""An accepted event can be read after about half a second."""


class Command(BaseCommand):
    """manage.py jwt_demo"""

    help = "Register, sign in, refresh, send events, read them back; print each request and its answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and as whom events are read."""
        parser.add_argument("--url", default="http://127.0.0.1:8000")
        parser.add_argument("--reader", default="teacher", help="who reads the events: name and password (development)")

    def handle(self, *args: Any, **options: Any) -> None:
        """One client's life."""
        with httpx.Client(base_url=f"{options['url'].rstrip('/')}/api/v1", timeout=30) as self.http:
            try:
                self._walk(options["reader"])
            except httpx.TransportError as error:
                raise CommandError(f"{options['url']} does not answer ({error}). Is `make run` running?") from None

    def _walk(self, reader: str) -> None:
        person = {"email": f"demo-{uuid.uuid4().hex[:8]}@example.org", "password": f"demo {uuid.uuid4().hex}"}
        self._call("POST", "/auth/register", body=person)
        student = self._call("POST", "/auth/login", body=person)
        student |= self._call("POST", "/auth/refresh", body={"refresh": student["refresh"]})
        event = {"event_id": str(uuid.uuid4()), "event_type": "page_viewed", "course_id": "demo"}
        event["occurred_at"] = datetime.now(UTC).isoformat()
        self._call("POST", "/events", body={"events": [event]}, token=student["access"])
        teacher = self._call("POST", "/auth/login", body={"username": reader, "password": reader})
        mine = f"/events?user_id={student['user']['id']}"
        self._wait_until_stored(mine, token=teacher["access"])
        self._call("GET", mine, token=teacher["access"])
        self._call("POST", "/auth/logout", body={"refresh": student["refresh"]})

    def _wait_until_stored(self, path: str, *, token: str) -> None:
        deadline = time.monotonic() + _STORED_SECONDS
        while time.monotonic() < deadline:
            if self.http.get(path, headers={"Authorization": f"Bearer {token}"}).json().get("count"):
                return
            time.sleep(0.2)

    def _call(self, method: str, path: str, *, body: Any = None, token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.stdout.write(f"\n{method} /api/v1{path}" + (f"\nAuthorization: Bearer {token[:12]}…" if token else ""))
        if body is not None:
            self.stdout.write(_shown(body))
        answer = self.http.request(method, path, json=body, headers=headers)
        self.stdout.write(f"→ {answer.status_code}" + (f"\n{_shown(answer.json())}" if answer.content else ""))
        if not answer.is_success:
            sys.exit(1)
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told


def _shown(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
