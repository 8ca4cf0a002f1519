"""Reads of sources and of what came of them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from analytics.sources.batches import Data, Refusal
from analytics.sources.column_types import Column
from analytics.sources.converting import batch_convert, targets_of
from analytics.sources.inference import columns_infer
from analytics.sources.models import ImportedTable, Mode, Source, SourceRun
from analytics.sources.origins.limits import limits_of_test
from analytics.sources.origins.opening import source_open

TEST_BATCHES = 2
TEST_REFUSALS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SourceTest:
    """What a run would find, in its first rows."""

    columns: list[Column]
    data: list[dict[str, Any]]
    refused: list[Refusal]


def imported_tables_visible_to(user: User) -> QuerySet[ImportedTable]:
    """The imported tables this user may read."""
    return ImportedTable.objects.visible_to(user).select_related("source")


def source_list(*, viewer: User) -> QuerySet[Source]:
    """The sources this user sees, newest first, each with its newest run."""
    newest = SourceRun.objects.order_by("source_id", "-created_at").distinct("source_id")
    return Source.objects.visible_to(viewer).prefetch_related(Prefetch("runs", queryset=newest, to_attr="newest_runs"))


def source_test(*, source: Source, rows: int) -> SourceTest:
    """Fetch the first rows and see what they would become; nothing is kept.

    Raises:
        SourceFailed, NoSecretKey
    """
    with source_open(source=source, limits=limits_of_test()) as data:
        return _seen(source, data, rows)


def _seen(source: Source, data: Data, rows: int) -> SourceTest:
    key = source.key if source.mode == Mode.UPSERT else []
    wanted = [Column(each["name"], each["type"]) for each in source.columns]
    columns = wanted or columns_infer(data=data, keys=key)
    targets = targets_of(data=data, columns=columns)
    found: list[dict[str, Any]] = []
    refused: list[Refusal] = []
    for batch in islice(data.batches, TEST_BATCHES):
        converted, bad = batch_convert(batch=batch, targets=targets)
        refused += bad[: TEST_REFUSALS - len(refused)]
        for values in islice(zip(*converted, strict=True), rows - len(found)):
            shown = map(_shown, columns, values)
            found.append(dict(zip((column.name for column in columns), shown, strict=True)))
    return SourceTest(columns, found, refused)


def _shown(column: Column, value: Any) -> Any:
    """As JSON has it."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        if "DateTime64" in column.type:
            return (_EPOCH + timedelta(milliseconds=value)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return value
    return str(value)


def refused_rows_written(*, run: SourceRun) -> Iterator[bytes]:
    """The refused rows that were kept, as NDJSON."""
    for refused in run.refused.order_by("pk").iterator(chunk_size=500):
        row = asdict(Refusal(refused.line, refused.reason, refused.row))
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
