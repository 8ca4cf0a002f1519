"""What the tests of devices share."""

import pytest

from accounts.models import Device, User
from tests.analytics.devices.readings import device


@pytest.fixture
def sensor(owner: User) -> Device:
    """A device of the owner's."""
    return device(owner, "sensor")


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken: the test runs the task itself."""
    monkeypatch.setattr("analytics.devices.tasks.device_analysis_run.delay", lambda task_id: None)
