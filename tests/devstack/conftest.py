"""A data directory for the launcher's parts."""

from pathlib import Path

import pytest

from devstack.directories import DataDirectory


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    made = DataDirectory(tmp_path / "data")
    made.make()
    return made
