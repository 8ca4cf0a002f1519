"""The nightly run: starts when it is due, plans its tasks, ends when they have.

    pending → running (its tasks are known) → succeeded | failed

Nothing of it lives outside the database, so that whichever process dies, the next look takes it up again.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.metrics.period import EARLIEST, Period
from analytics.metrics.registry import METRICS, metrics_together
from analytics.models import UNFINISHED, MetricTask, NightlyRun, TaskStatus
from analytics.selectors.events import course_count, events_seen_through, events_stored_since
from analytics.selectors.stale_periods import StalePeriod, stale_period_list
from analytics.services.metric_tasks import metric_task_create
from storage_app import advisory_lock
from storage_app.clickhouse.errors import StoreError

logger = structlog.get_logger(__name__)

LENGTHS_DAYS = (1, 7, 28)
# The first run ever waits for its hour; later ones are made up for when nobody was there at theirs.
FIRST_RUN_PATIENCE = timedelta(minutes=5)
_TENDING = UUID("0d2f7a52-6a53-4b0e-9f4a-6a0f2d1c7e11")


def nightly_run_create(*, now: datetime, requested_by_id: int | None = None, by_hand: bool = False) -> NightlyRun:
    """A run for the day before `now`, or the one that is under way."""
    zone = settings.NIGHTLY_METRICS_TIMEZONE
    day = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    run, _ = NightlyRun.objects.get_or_create(
        timezone=zone,
        status__in=UNFINISHED,
        defaults={"day": day, "by_hand": by_hand, "requested_by_id": requested_by_id, "status": TaskStatus.PENDING},
    )
    return run


def nightly_runs_tend(*, now: datetime) -> None:
    """Start the run that is due, plan the one that has started, end the one whose tasks have ended."""
    with advisory_lock.held(_TENDING) as is_ours:
        if not is_ours:
            return
        if _is_due(now):
            nightly_run_create(now=now)
        for run in NightlyRun.objects.filter(status__in=UNFINISHED):
            if run.status == TaskStatus.PENDING:
                _plan_or_wait(run)
            elif not run.tasks.filter(status__in=UNFINISHED).exists():
                _finish(run)


def _is_due(now: datetime) -> bool:
    at = settings.NIGHTLY_METRICS_AT
    if at is None:
        return False
    local = now.astimezone(ZoneInfo(settings.NIGHTLY_METRICS_TIMEZONE))
    due = datetime.combine(local.date(), at, tzinfo=local.tzinfo).astimezone(UTC)
    if now < due:
        return False
    scheduled = NightlyRun.objects.filter(by_hand=False, timezone=settings.NIGHTLY_METRICS_TIMEZONE)
    if not scheduled.exists():
        return now < due + FIRST_RUN_PATIENCE
    return not scheduled.filter(day__gte=local.date() - timedelta(days=1)).exists()


def _plan_or_wait(run: NightlyRun) -> None:
    try:
        _plan(run)
    except StoreError as error:
        logger.warning("nightly_run_waits_for_store", run=run.pk, reason=str(error))


def _plan(run: NightlyRun) -> None:
    seen_through = events_seen_through()
    arrivals = events_stored_since(since=_checked_through() or EARLIEST)
    nightly = _periods(run.day, run.timezone)
    # A nightly period of every course is calculated again anyway.
    stale = [each for each in stale_period_list(arrivals=arrivals) if each.course_id or each.period not in nightly]
    courses = course_count()
    with transaction.atomic():
        if not NightlyRun.objects.select_for_update().filter(pk=run.pk, status=TaskStatus.PENDING).exists():
            return
        groups = [[metric.key for metric in group] for group in metrics_together(METRICS)]
        tasks = [_task(metrics, period, None) for period in nightly for metrics in groups]
        tasks += [_task(metrics, period, course_id) for (period, course_id), metrics in _grouped(stale).items()]
        run.tasks.set(tasks)
        run.courses = courses
        run.repaired = len(stale)
        run.checked_through = seen_through
        run.status = TaskStatus.RUNNING
        run.save()
    logger.info("nightly_run_planned", run=run.pk, day=str(run.day), tasks=len(tasks), stale=len(stale))


def _checked_through() -> datetime | None:
    succeeded = NightlyRun.objects.filter(status=TaskStatus.SUCCEEDED, checked_through__isnull=False)
    return succeeded.order_by("-checked_through").values_list("checked_through", flat=True).first()


def _periods(day: date, zone: str) -> list[Period]:
    """Those that end with `day`, in local days."""

    def midnight(of: date) -> datetime:
        return datetime(of.year, of.month, of.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    end = day + timedelta(days=1)
    return [Period(midnight(end - timedelta(days=length)), midnight(end), zone) for length in LENGTHS_DAYS]


def _grouped(stale: list[StalePeriod]) -> dict[tuple[Period, str | None], list[str]]:
    metrics: dict[tuple[Period, str | None], list[str]] = defaultdict(list)
    for each in stale:
        metrics[each.period, each.course_id].append(each.metric)
    return metrics


def _task(metrics: list[str], period: Period, course_id: str | None) -> MetricTask:
    return metric_task_create(requested_by_id=None, period=period, metrics=metrics, course_id=course_id)


def _finish(run: NightlyRun) -> None:
    tasks = list(run.tasks.order_by("created_at"))
    results = sum(rows for task in tasks for scopes in task.rows.values() for rows in scopes.values())
    failures = [
        f"{task}, from {task.start:%Y-%m-%d} to {task.end:%Y-%m-%d}. {task.error}".strip()
        for task in tasks
        if task.status != TaskStatus.SUCCEEDED
    ]
    # Only who finds it running ends it: whoever comes second changes nothing.
    is_ours = NightlyRun.objects.filter(pk=run.pk, status=TaskStatus.RUNNING).update(
        results=results,
        failures=failures,
        status=TaskStatus.FAILED if failures else TaskStatus.SUCCEEDED,
        finished_at=timezone.now(),
    )
    if is_ours:
        logger.info("nightly_run_finished", run=run.pk, day=str(run.day), results=results, failures=len(failures))
