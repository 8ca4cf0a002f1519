"""manage.py jwt_demo against a running Tidewatch, and no secret in its logs."""

import re

import pytest

from tests.stack.conftest import Running

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_it_works(running: Running) -> None:
    shown = running.manage("jwt_demo", "--url", running.url)

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert '"count": 1' in shown.stdout
    assert re.findall(r"→ (\d+)", shown.stdout) == ["201", "200", "200", "202", "200", "200", "204"]


def test_the_logs_hold_no_secret(running: Running) -> None:
    running.client().get("/auth/me")
    logs = "".join(file.read_text(errors="replace") for file in (running.data_dir / "log").glob("*.log"))
    secrets = re.findall(
        r"^\w*(?:KEY|PASSWORD)\w*=(.{12,})$", (running.data_dir / "secrets.env").read_text(), re.MULTILINE
    )

    assert len(secrets) > 3
    assert "request_finished" in logs
    assert not [secret for secret in secrets if secret.strip("'\"") in logs]
    assert not re.search(r"eyJ[\w-]{10,}\.[\w-]{10,}\.", logs)
    assert not re.search(r"tw_[0-9a-f]{8}_[\w-]{20,}", logs)
