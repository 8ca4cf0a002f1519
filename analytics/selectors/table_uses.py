"""Who uses a table: asked before one is deleted. Rooms above analytics register themselves as they start."""

from typing import Protocol

from accounts.models import User


class UsesFinder(Protocol):
    """Finds what uses a table in a room, a sentence each. What the viewer does not see is counted and not named."""

    def __call__(self, *, viewer: User, table_name: str) -> list[str]: ...


_finders: dict[str, UsesFinder] = {}


def register(name: str, *, find: UsesFinder) -> None:
    """Called once by each room, as it starts."""
    _finders[name] = find


def table_uses(*, viewer: User, table_name: str) -> list[str]:
    """What uses this table, in all rooms."""
    return [use for find in _finders.values() for use in find(viewer=viewer, table_name=table_name)]
