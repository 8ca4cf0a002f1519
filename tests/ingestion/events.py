"""Events as a client sends them."""

import uuid
from typing import Any


def event(**changes: Any) -> dict[str, Any]:
    """A good event, with changes; a field changed to `...` is left out."""
    whole = {
        "event_id": str(uuid.uuid4()),
        "user_id": "learner-1",
        "event_type": "page_viewed",
        "occurred_at": "2025-03-10T10:00:00.123Z",
        "course_id": "course-1",
        "session_id": "session-1",
        "properties": {"item_id": "intro"},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}
