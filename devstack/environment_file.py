"""Files of NAME=value lines: .env, the secrets, the environment of a running start."""

import os
from collections.abc import Mapping
from pathlib import Path

from devstack.errors import StackError


def read(file: Path) -> dict[str, str]:
    """The values; nothing where there is no file. Comments, `export` and quotes as in a shell.

    Raises:
        StackError: a line is no NAME=value.
    """
    if not file.is_file():
        return {}
    values: dict[str, str] = {}
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise StackError(f"{file}, line {number}: expected NAME=value.")
        values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value.split(" #", maxsplit=1)[0].rstrip()


def write_private(file: Path, values: Mapping[str, str]) -> None:
    """Replace the file, readable for its owner alone, at once and whole."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.writelines(f'{name}="{value}"\n' for name, value in values.items())
    new.replace(file)
