"""What all widgets of a dashboard have in common when somebody looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from analytics.selectors.figures import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who looks, from when to when, in which zone, at which rows; `name` is for cancelling, `fresh` asks anew."""

    viewer: User
    span: Span
    zone: str
    filters: Mapping[str, Any]
    name: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class WidgetData:
    """What a widget shows, as JSON, and how long ago the store was asked (None: just now).

    `span` is the part of the dashboard's period that restricts it; None: nothing does.
    """

    body: bytes
    span: Span | None = None
    age_seconds: int | None = None
