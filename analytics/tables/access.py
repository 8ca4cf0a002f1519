"""Which tables there are, and which of their rows a caller sees. Every question goes through here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from accounts.models import Device, Role, User
from accounts.selectors import visible_courses
from analytics.query.problems import unknown
from analytics.query.tables import Policy
from analytics.sources.models import ImportedTable
from analytics.sources.selectors import imported_tables_visible_to


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table as it is known before its columns are looked up."""

    name: str
    stored_as: str
    policy: Callable[[User], Policy | None]
    """Which of its rows somebody sees; None: every row. Asked only of a table that is read."""
    description: str = ""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    final: bool = False
    time_column: str | None = None
    order: tuple[str, ...] = ()
    json_columns: frozenset[str] = frozenset()
    is_swapped: bool = False
    """Whether another table, with other columns, may take its place at any moment."""


def _events_policy(user: User) -> Policy | None:
    if user.role == Role.ADMIN:
        return None
    if user.role != Role.TEACHER:
        return Policy("user_id = {policy_user:String}", {"policy_user": str(user.pk)})
    courses = visible_courses(user)
    if courses is None:
        return None
    return Policy("course_id IN {policy_courses:Array(String)}", {"policy_courses": sorted(courses)})


def _readings_policy(user: User) -> Policy | None:
    if user.role == Role.ADMIN:
        return None
    ids = list(Device.objects.visible_to(user).order_by("pk").values_list("pk", flat=True))
    return Policy("device_id IN {policy_devices:Array(UUID)}", {"policy_devices": ids})


_EVENTS = TableSource(
    name="events",
    stored_as="events",
    policy=_events_policy,
    description="What somebody did, when, and in which course.",
    descriptions={
        "event_id": "The client's id of the event; sending it again counts once.",
        "user_id": "Who did it.",
        "course_id": "In which course; empty: in none.",
        "event_type": "What was done.",
        "session_id": "In which session; empty: in none.",
        "occurred_at": "When, by the client.",
        "received_at": "When, by us.",
        "properties": "What else the client said, as JSON; paths lead into it: properties.browser.",
    },
    final=True,
    time_column="occurred_at",
    order=("event_id",),
    json_columns=frozenset({"properties"}),
)
_DEVICE_READINGS = TableSource(
    name="device_readings",
    stored_as="device_readings",
    policy=_readings_policy,
    description="What devices measured.",
    descriptions={
        "device_id": "Which device.",
        "ts": "When, by the device.",
        "received_at": "When, by us.",
        "x": "The first axis.",
        "y": "The second axis.",
        "z": "The third axis.",
    },
    time_column="ts",
    order=("device_id", "received_at", "x", "y", "z"),
)
_BUILT_IN: dict[str, TableSource] = {source.name: source for source in (_EVENTS, _DEVICE_READINGS)}


def readable_tables(user: User) -> dict[str, TableSource]:
    """The tables this user may read, by name, each with the rule of which rows they see of it."""
    imported = {table.name: _imported(table) for table in imported_tables_visible_to(user)}
    return imported | _BUILT_IN


def time_column_of(name: str) -> str | None:
    """The time of a table of our own; an imported one has none that could be known."""
    source = _BUILT_IN.get(name)
    return source.time_column if source else None


def table_source_find(*, user: User, name: str) -> TableSource:
    """One of them. Our own are known without asking PostgreSQL, which every question would pay for.

    Raises:
        QueryProblem: there is no such table, or not for this user.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    # PostgreSQL's texts cannot hold a NUL, so that no table has one in its name.
    imported = None if "\0" in name else imported_tables_visible_to(user).filter(name=name).first()
    if imported is None:
        raise unknown("table", name, readable_tables(user), attr="table_name")
    return _imported(imported)


def _imported(table: ImportedTable) -> TableSource:
    """Whoever may read it sees all of it."""
    return TableSource(
        name=table.name,
        stored_as=table.stored_as,
        policy=lambda _: None,
        description=f"Imported by the source {table.source.name}.",
        order=tuple(column["name"] for column in table.columns),
        is_swapped=True,
    )
