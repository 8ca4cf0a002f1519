"""Asks for analyses, runs them as a worker does, and reads what was stored."""

import uuid
from typing import Any

from accounts.models import Device, User
from analytics.devices.services import running
from tests.analytics.devices.readings import STATS
from tests.analytics.http import AsUser


def ask(as_user: AsUser, user: User, one: Device, **body: Any) -> str:
    """Ask for an analysis; gives the id of its task."""
    answer = as_user(user).post(f"{STATS}/analysis/{one.pk}/async", body)
    assert answer.status_code == 202, answer.content
    return str(answer.json()["task_id"])


def run(task_id: str) -> int | None:
    return running.device_analysis_run(task_id=uuid.UUID(task_id))


def results(as_user: AsUser, user: User, one: Device, **query: Any) -> Any:
    answer = as_user(user).get(f"{STATS}/analysis/result/{one.pk}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()
