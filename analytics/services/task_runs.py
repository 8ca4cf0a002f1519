"""Runs kept tasks, however often they are delivered and wherever their worker died; wakes workers, calls tasks off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog
from celery import Task as Message
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.exceptions import Throttled

from analytics.kept_task import UNFINISHED, KeptTask, TaskStatus
from analytics.selectors.task_runs import PATIENCE
from storage_app import advisory_lock
from storage_app.clickhouse.errors import QueryCancelled, QueryRefused, StoreError, StoreUnavailable
from storage_app.files.errors import FileStoreUnavailable, ScannerUnavailable

logger = structlog.get_logger(__name__)

KeptTaskT = TypeVar("KeptTaskT", bound=KeptTask)


class Run(Protocol):
    """`task_run` for one kind of task."""

    def __call__(self, *, task_id: UUID) -> int | None: ...


MAX_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 60
_PASSING: dict[type[Exception], str] = {
    StoreUnavailable: "The analytics database was not available",
    FileStoreUnavailable: "The file store was not available",
    ScannerUnavailable: "The virus scanner was not available",
    Throttled: "The queries of a minute were used up",
}
"""What may be over when the task is run again; and what is said when it never was."""


def task_enqueue(*, task: KeptTask, message: Message[[str], None]) -> None:
    """Wake a worker. Without the broker the task is kept, and the next look at stranded tasks sends it."""
    try:
        message.delay(str(task.pk))
    except OperationalError as error:
        # Without the patience there is for a message under way.
        _unfinished(type(task), task.pk).update(run_after=timezone.now() - PATIENCE)
        logger.warning("task_not_enqueued", task_id=str(task.pk), reason=str(error))


def task_deliver(*, model: type[KeptTask], task_id: str, run: Run, message: Message[[str], None]) -> None:
    """Run a task; one that a store could not answer comes again later."""
    try:
        wait_seconds = run(task_id=UUID(task_id))
    except SoftTimeLimitExceeded:
        task_fail(model=model, task_id=UUID(task_id), error=f"The {model.called} took longer than is allowed.")
        return
    if wait_seconds is not None:
        message.apply_async((task_id,), countdown=wait_seconds)


def task_run(*, model: type[KeptTaskT], task_id: UUID, work: Callable[[KeptTaskT], None]) -> int | None:
    """Do a task's work; gives the seconds after which to run it again, if it must be.

    Nothing happens where another worker has the task or it has finished. `work` ends the task by storing its success.
    """
    with advisory_lock.held(task_id) as is_ours:
        task = _claim(model, task_id) if is_ours else None
        return _do(task, work) if task else None


def task_advance(*, task: KeptTask, succeeded: bool, **progress: Any) -> bool:
    """Note what is stored, and at the end the success. False: the task was cancelled meanwhile."""
    task.status = TaskStatus.SUCCEEDED if succeeded else TaskStatus.RUNNING
    finished_at = timezone.now() if succeeded else None
    noted = _unfinished(type(task), task.pk).update(status=task.status, finished_at=finished_at, **progress)
    return bool(noted)


def task_cancel(*, task: KeptTask, reason: str = "") -> bool:
    """Call off a task that has not finished; what it has stored stays. False: it had finished."""
    unfinished = _unfinished(type(task), task.pk)
    return bool(unfinished.update(status=TaskStatus.CANCELLED, error=reason, finished_at=timezone.now()))


def task_fail(*, model: type[KeptTask], task_id: UUID, error: str) -> None:
    """End an unfinished task with a reason its caller can read; what it has stored stays."""
    _unfinished(model, task_id).update(status=TaskStatus.FAILED, error=error, finished_at=timezone.now())
    logger.warning("task_failed", kind=model.__name__, task_id=str(task_id), error=error)


def _unfinished(model: type[KeptTask], task_id: UUID) -> QuerySet[KeptTask]:
    return model._default_manager.filter(pk=task_id, status__in=UNFINISHED)


def _claim(model: type[KeptTaskT], task_id: UUID) -> KeptTaskT | None:
    claimed = _unfinished(model, task_id).update(
        status=TaskStatus.RUNNING, started_at=Coalesce("started_at", Now()), attempts=F("attempts") + 1
    )
    if not claimed:
        return None
    task: KeptTaskT = model._default_manager.get(pk=task_id)
    if task.attempts > MAX_ATTEMPTS:
        task_fail(model=model, task_id=task_id, error=f"The {model.called} was interrupted {MAX_ATTEMPTS} times.")
        return None
    return task


def _do(task: KeptTaskT, work: Callable[[KeptTaskT], None]) -> int | None:
    try:
        work(task)
    except tuple(_PASSING) as passing:
        return _postpone(task, passing)
    except QueryRefused as refused:
        task_fail(model=type(task), task_id=task.pk, error=refused.detail)
    except QueryCancelled:
        task_fail(model=type(task), task_id=task.pk, error="Its query was stopped.")  # unless it was called off
    except StoreError:
        logger.exception("task_defect", kind=type(task).__name__, task_id=str(task.pk))
        error = f"The {task.called} failed. The log has the reason under this task's id."
        task_fail(model=type(task), task_id=task.pk, error=error)
    return None


def _postpone(task: KeptTask, error: Exception) -> int | None:
    """Hand the task back, to be run again; after the last attempt it has failed."""
    logger.warning("task_put_off", kind=type(task).__name__, task_id=str(task.pk), reason=str(error))
    if task.attempts >= MAX_ATTEMPTS:
        told = next(words for kind, words in _PASSING.items() if isinstance(error, kind))
        task_fail(model=type(task), task_id=task.pk, error=f"{told}, {MAX_ATTEMPTS} times in a row.")
        return None
    wait_seconds: int = min(FIRST_WAIT_SECONDS * 2 ** (task.attempts - 1), LONGEST_WAIT_SECONDS)
    _unfinished(type(task), task.pk).update(
        status=TaskStatus.PENDING, run_after=timezone.now() + timedelta(seconds=wait_seconds)
    )
    return wait_seconds
