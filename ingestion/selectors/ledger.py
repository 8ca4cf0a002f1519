"""The ledger, from PostgreSQL."""

from datetime import datetime

from django.db.models import QuerySet

from ingestion.models import LedgerHour


def ledger_list(*, start: datetime | None = None, end: datetime | None = None) -> QuerySet[LedgerHour]:
    """The hours of a period, newest first, as they were last saved."""
    hours = LedgerHour.objects.all()
    if start:
        hours = hours.filter(hour__gte=start)
    return hours.filter(hour__lt=end) if end else hours
