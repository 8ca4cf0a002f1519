"""Pages of lists that are no querysets."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ingestion.dead_letters import KeptLetter, dead_letter_count, dead_letters
from ingestion.selectors.events import Event, EventList, Position
from ingestion.serializers import EventSerializer


class CursorPage:
    """A page of a walk through the events: {"next", "previous": null, "results"}, without a count."""

    def __init__(self, request: Request, events: EventList, *, limit: int) -> None:
        self._request, self._events, self._limit = request, events, limit

    def response(self) -> Response:
        """The page; `next` is null after the oldest event."""
        position = _position(self._request.query_params["cursor"])
        found = self._events.after(position, limit=self._limit + 1)
        page = found[: self._limit]
        following = self._link(page[-1]) if len(found) > self._limit else None
        return Response({"next": following, "previous": None, "results": EventSerializer(page, many=True).data})

    def _link(self, last: Event) -> str:
        return replace_query_param(self._request.build_absolute_uri(), "cursor", _cursor(last))


class DeadLetterList:
    """Dead letters, newest first; asked like a queryset, by `count()` and by slice."""

    def count(self) -> int:
        """How many there are."""
        return dead_letter_count()

    def __getitem__(self, page: slice) -> Sequence[KeptLetter]:
        """The letters of one page."""
        return list(islice(dead_letters(), page.start, page.stop))


def _cursor(event: Event) -> str:
    milliseconds = round(event["occurred_at"].timestamp() * 1000)
    return base64.urlsafe_b64encode(f"{milliseconds} {event['event_id']}".encode()).decode()


def _position(cursor: str) -> Position | None:
    if not cursor:
        return None
    try:
        milliseconds, event_id = base64.urlsafe_b64decode(cursor.encode()).decode().split()
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC), UUID(event_id)
    except (ValueError, binascii.Error, OverflowError, OSError):
        raise ValidationError({"cursor": "This is no cursor of ours: begin with an empty one."}) from None
