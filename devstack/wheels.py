"""Where a wheel's files are, without running any of its code."""

import importlib.util
from pathlib import Path

from devstack.errors import StackError


def directory(package: str) -> Path:
    """The package's own directory.

    Raises:
        StackError: it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise StackError(f"{package} is not installed. Install everything: make install")
    return Path(found.submodule_search_locations[0])
