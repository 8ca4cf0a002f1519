"""What an endpoint does not take behind its `?` is refused by name, and never passed over in silence."""

import re
import uuid

import pytest

from accounts.models import User
from config.access import ACCESS
from tests.analytics.http import AsUser, errors

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]
ROOMS = re.compile(r"[A-Z]+ /api/v1/(devices|stats|data|tables)\b")
# What comes in goes round DRF; sources say which parameters they take themselves.
OTHERS = re.compile(r"POST /api/v1/stats\Z|[A-Z]+ /api/v1/tables/sources\b")
STRICT = [operation for operation in ACCESS if ROOMS.match(operation) and not OTHERS.match(operation)]


@pytest.mark.parametrize("operation", STRICT)
def test_unknown_names_are_refused(operation: str, admin: User, as_user: AsUser) -> None:
    method, _, template = operation.partition(" ")
    path = re.sub(r"{(\w+)}", str(uuid.uuid4()), template)
    for name in ("limt", "start_time"):
        answer = as_user(admin).generic(method, f"{path}?{name}=2025", "{}", content_type="application/json")
        assert (answer.status_code, errors(answer)) == (400, [("unknown_parameter", name)])


def test_the_nearest_name_is_told(admin: User, as_user: AsUser) -> None:
    answer = as_user(admin).get("/api/v1/tables?limt=5")
    assert "Known: limit, offset. Did you mean limit?" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "path", ["tables?limit=1&offset=1", "devices?limit=1&offset=1&search=x", "stats/fleet?limit=1"]
)
def test_pages_are_taken(path: str, admin: User, as_user: AsUser) -> None:
    assert as_user(admin).get(f"/api/v1/{path}").status_code == 200
