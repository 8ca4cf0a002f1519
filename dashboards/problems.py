"""What can be wrong with a widget."""

from collections.abc import Iterator
from contextlib import contextmanager

from analytics.selectors.questions import QueryProblem

PLACES = (
    ("filters.groups.0", "dashboard.filters"),
    ("filters.groups.1", "query.filters"),
    ("filters.conditions", "dashboard.period"),
    ("time_field", "options.time_field"),
    ("start", "dashboard.period.start"),
    ("end", "dashboard.period.end"),
)
"""Where parts of a question come from, which is put together from those of a widget and those of its dashboard."""


class WidgetProblem(Exception):
    """A widget that cannot be asked: `attr` is the path of the part that is wrong, `code` says how."""

    def __init__(self, code: str, detail: str, attr: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.attr = attr


@contextmanager
def problems_placed() -> Iterator[None]:
    """Tells of a question's problems by their place in the widget."""
    try:
        yield
    except QueryProblem as error:
        raise WidgetProblem(error.code, error.detail, _place(error.attr)) from None


def _place(attr: str) -> str:
    for begin, place in PLACES:
        if attr == begin or attr.startswith(f"{begin}."):
            return place + attr.removeprefix(begin)
    return "query" if attr == "body" else f"query.{attr}"
