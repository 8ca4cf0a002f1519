"""Drops what killed runs have left, and forgets old runs."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from analytics.kept_task import UNFINISHED
from analytics.sources.models import SourceRun
from analytics.sources.tables import BESIDE_PREFIX, beside_names, table_drop


def source_tables_clean_up() -> int:
    """Drop tables beside the real ones that no unfinished run is at work on; gives how many."""
    names = beside_names()  # before the question for runs: a run that begins later is no leftover
    working = {run_id.hex for run_id in SourceRun.objects.filter(status__in=UNFINISHED).values_list("pk", flat=True)}
    leftover = [name for name in names if name.removeprefix(BESIDE_PREFIX)[:32] not in working]
    for name in leftover:
        table_drop(table=name)
    return len(leftover)


def source_runs_delete_expired() -> int:
    """Forget what finished more than SOURCES_RUN_DAYS ago, with its refused rows; gives how many."""
    expired = timezone.now() - timedelta(days=settings.SOURCES_RUN_DAYS)
    _, deleted = SourceRun.objects.filter(finished_at__lt=expired).delete()
    return deleted.get(SourceRun._meta.label, 0)
