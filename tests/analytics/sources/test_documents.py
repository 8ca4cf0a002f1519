"""docs/sources.md: its examples work, and it names every setting and every type."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from analytics.sources.configs import ConfigKind
from tests.analytics.http import AsUser
from tests.analytics.sources.conftest import SOURCES
from tests.analytics.sources.stored import upload

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/sources.md").read_text()
EXAMPLES = re.findall(r"```json\n(?:POST [^\n]*\n)?(.*?)```", PAGE, re.DOTALL)


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_are_taken(owner: User, as_user: AsUser, example: str) -> None:
    upload(as_user, owner, "My Cities.csv", b"a\n1\n")
    body: Any = json.loads(example)
    answer = as_user(owner).post(SOURCES, body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["table_name"] == body.get("table_name", "my_cities")


def test_it_names_everything() -> None:
    assert len(EXAMPLES) == 2
    settings = re.findall(r"^#(SOURCES_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    left_out = {"SOURCES_MAX_ROWS", "SOURCES_RUN_DAYS"}
    assert [name for name in settings if name not in PAGE and name not in left_out] == []
    for kind, serializer in ConfigKind.serializers.items():
        assert f"| `{kind}` |" in PAGE
        assert [name for name in serializer().fields if f"`{name}" not in PAGE] == []
