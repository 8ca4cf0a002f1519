"""Runs a source: fetches its data, loads them beside the real table, and puts them in its place at the end."""

import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from analytics.kept_task import TaskStatus
from analytics.services.task_runs import task_advance, task_fail, task_run
from analytics.sources.batches import Data, Refusal
from analytics.sources.column_types import Column
from analytics.sources.converting import Target, batch_convert, targets_of
from analytics.sources.errors import LimitExceeded, SourceFailed
from analytics.sources.inference import columns_infer, not_nullable
from analytics.sources.models import ImportedTable, Mode, RefusedRow, Source, SourceRun
from analytics.sources.origins.limits import limits_of_run
from analytics.sources.origins.opening import source_open
from analytics.sources.secrets import NoSecretKey
from analytics.sources.tables import Beside, rows_without_key, stored_name, table_columns
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

INSERT_ROWS = 65_536
INSERT_VALUES = 1_000_000
NOTE_SECONDS = 1.0
"""How often progress is noted, and a cancellation seen."""


class _CalledOff(Exception):
    """The run was cancelled, or its source deleted."""


def source_run(*, task_id: UUID) -> int | None:
    """Run it; gives the seconds after which to run it again, if it must be."""
    return task_run(model=SourceRun, task_id=task_id, work=_import)


def _import(run: SourceRun) -> None:
    try:
        _Import(run).do()
    except _CalledOff:
        logger.info("source_run_called_off", run_id=str(run.pk))
    except (SourceFailed, NoSecretKey) as error:
        task_fail(model=SourceRun, task_id=run.pk, error=str(error.detail))


class _Import:
    """One attempt of a run."""

    def __init__(self, run: SourceRun) -> None:
        self.run = run
        self.source: Source = run.source
        self.target = stored_name(self.source.table_name)
        self.noted_at = 0.0
        run.bytes_read = run.rows_read = run.rows_written = run.rows_refused = 0

    def do(self) -> None:
        """From the data to the table."""
        beside = self._beside([])
        if beside.is_in_place():  # an earlier attempt got so far, and died before it could say so
            self.run.refresh_from_db()
            self._finish(table_columns(table=self.target))
            return
        self.run.refused.all().delete()
        try:
            with source_open(source=self.source, limits=limits_of_run(on_bytes=self._on_bytes)) as data:
                columns = self._columns(data)
                beside = self._beside(columns)
                beside.create()
                self._load(data, targets_of(data=data, columns=columns), beside)
            self._check()
            beside.complete()
            self._note(always=True)
            self._take_place(beside)
        finally:
            _drop(beside)

    def _beside(self, columns: list[Column]) -> Beside:
        key = self.source.key if self.source.mode == Mode.UPSERT else []
        return Beside(
            run_id=self.run.pk,
            attempt=self.run.attempts,
            target=self.target,
            mode=self.source.mode,
            columns=columns,
            key=key,
        )

    def _columns(self, data: Data) -> list[Column]:
        """Those that were set, those of the table that rows are added to, or what the data look like."""
        there = table_columns(table=self.target) if self.source.mode != Mode.REPLACE else []
        key = frozenset(self.source.key if self.source.mode == Mode.UPSERT else [])
        wanted = [Column(each["name"], each["type"]) for each in self.source.columns]
        columns = there or wanted or columns_infer(data=data, keys=key)
        names = [column.name for column in columns]
        expected = [column.name for column in wanted] or data.names
        if sorted(names) != sorted(expected):
            raise SourceFailed("The data have other columns than the table that they go to.", code="columns_differ")
        if lacking := key - set(names):
            raise SourceFailed(f"The data have no column {min(lacking)!r}, which is the key.", code="columns_differ")
        self._check_table(there, wanted, key)
        return [Column(each.name, not_nullable(each.type)) if each.name in key else each for each in columns]

    def _check_table(self, there: list[Column], wanted: list[Column], key: frozenset[str]) -> None:
        """Its columns are of the types that are set now, and each of its rows has a key.

        Raises:
            SourceFailed
        """
        types = {column.name: column.type for column in wanted}
        for column in there:
            if not_nullable(types.get(column.name, column.type)) != not_nullable(column.type):
                detail = f"The table's column {column.name!r} is {column.type}; only mode replace changes that."
                raise SourceFailed(detail, code="columns_differ")
        may_lack = [column.name for column in there if column.name in key and column.type.startswith("Nullable(")]
        if may_lack and (rows := rows_without_key(table=self.target, key=may_lack)):
            raise SourceFailed(f"{rows:,} of the table's rows lack a part of the key.", code="columns_differ")

    def _load(self, data: Data, targets: list[Target], beside: Beside) -> None:
        waiting: list[list[Any]] = [[] for _ in targets]
        insert_rows = max(1, min(INSERT_ROWS, INSERT_VALUES // len(targets)))
        for batch in data.batches:
            columns, refused = batch_convert(batch=batch, targets=targets)
            for kept, more in zip(waiting, columns, strict=True):
                kept.extend(more)
            self._count(len(columns[0]), refused)
            if len(waiting[0]) >= insert_rows:
                beside.insert(waiting)
                waiting = [[] for _ in targets]
            self._note()
        if waiting[0]:
            beside.insert(waiting)

    def _count(self, written: int, refused: list[Refusal]) -> None:
        run = self.run
        room = max(0, settings.SOURCES_REFUSED_KEPT - run.rows_refused)
        kept = (RefusedRow(run=run, line=each.line, reason=each.reason, row=each.row) for each in refused[:room])
        RefusedRow.objects.bulk_create(kept, batch_size=500)
        run.rows_read += written + len(refused)
        run.rows_written += written
        run.rows_refused += len(refused)
        if run.rows_read > settings.SOURCES_MAX_ROWS:
            raise LimitExceeded(f"It has more than {settings.SOURCES_MAX_ROWS:,} rows.")

    def _on_bytes(self, size: int) -> None:
        self.run.bytes_read = size
        self._note()

    def _note(self, *, always: bool = False) -> None:
        if not always and time.monotonic() - self.noted_at < NOTE_SECONDS:
            return
        self.noted_at = time.monotonic()
        if not task_advance(task=self.run, succeeded=False, **self._progress()):
            raise _CalledOff

    def _progress(self) -> dict[str, int]:
        run = self.run
        return {
            "bytes_read": run.bytes_read,
            "rows_read": run.rows_read,
            "rows_written": run.rows_written,
            "rows_refused": run.rows_refused,
        }

    def _check(self) -> None:
        run, percent = self.run, settings.SOURCES_REFUSED_PERCENT
        if run.rows_refused * 100 > percent * run.rows_read:
            self._note(always=True)
            detail = f"{run.rows_refused:,} of {run.rows_read:,} rows are refused, more than {percent} %."
            raise SourceFailed(detail, code="too_many_refused")

    def _take_place(self, beside: Beside) -> None:
        """The exchange, and the run's success; a cancellation comes before both or after both."""
        with transaction.atomic():
            ours = SourceRun.objects.select_for_update().filter(
                pk=self.run.pk, status=TaskStatus.RUNNING, attempts=self.run.attempts
            )
            if not ours.exists():
                raise _CalledOff
            beside.take_place()
            self._finish(beside.columns)

    def _finish(self, columns: list[Column]) -> None:
        ImportedTable.objects.update_or_create(
            source=self.source,
            defaults={
                "name": self.source.table_name,
                "stored_as": self.target,
                "columns": [{"name": column.name, "type": column.type} for column in columns],
            },
        )
        task_advance(task=self.run, succeeded=True, **self._progress())


def _drop(beside: Beside) -> None:
    # Not being able to is no failure of the run: sources_clean_up drops what is left.
    with suppress(StoreError):
        beside.drop()
