"""What can be wrong with a question, told to whoever asked."""

from collections.abc import Iterable
from difflib import get_close_matches

_COMPARED_LENGTH = 128


class QueryProblem(Exception):
    """The question cannot be asked: `attr` is the path of the part that is wrong, `code` says how."""

    def __init__(self, code: str, detail: str, attr: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.attr = attr


def unknown(kind: str, name: str, known: Iterable[str], *, attr: str) -> QueryProblem:
    """The problem of a name that is not among `known`, with the nearest one that is."""
    nearest = {each.lower(): each for each in known}
    # Comparing is quadratic in the length.
    matches = get_close_matches(name[:_COMPARED_LENGTH].lower(), nearest, n=1)
    hint = f" Did you mean {nearest[matches[0]]}?" if matches else ""
    return QueryProblem(f"unknown_{kind}", f"There is no {kind} {name[:_COMPARED_LENGTH]!r}.{hint}", attr)
