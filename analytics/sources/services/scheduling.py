"""Starts runs, because somebody asks or because a schedule says so: one at a time for each source."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Role
from analytics.kept_task import UNFINISHED, TaskStatus
from analytics.sources.models import Source, SourceRun
from analytics.sources.schedules import schedule_next

# Sources of somebody who may no longer have any rest until an admin has seen to them.
_MAY_RUN = Q(owner=None) | Q(owner__is_active=True, owner__role__in=[Role.TEACHER, Role.ADMIN])


def source_run_create(*, source: Source, requested_by_id: int | None) -> tuple[SourceRun, bool]:
    """A run of this source, and whether it is new: one that has not finished is joined."""
    return SourceRun.objects.get_or_create(
        source=source,
        status__in=UNFINISHED,
        defaults={"requested_by_id": requested_by_id, "run_after": timezone.now(), "status": TaskStatus.PENDING},
    )


def source_runs_create_due(*, now: datetime) -> list[SourceRun]:
    """New runs for the sources that are due; each is due once, whoever else asks at the same moment.

    What was missed while nobody looked is made up for by one run. A source whose last run has not finished waits for
    its next time.
    """
    with transaction.atomic():
        due = list(
            Source.objects.select_for_update(of=("self",), skip_locked=True).filter(_MAY_RUN, next_run_at__lte=now)
        )
        created = [source_run_create(source=source, requested_by_id=source.owner_id) for source in due]
        for source in due:
            source.next_run_at = schedule_next(source.schedule, after=now)
            source.save(update_fields=["next_run_at"])
    return [run for run, is_new in created if is_new]
