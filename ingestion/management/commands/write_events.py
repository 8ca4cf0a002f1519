"""The writer process."""

import os
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ingestion.writer import Writer


class Command(BaseCommand):
    """manage.py write_events"""

    help = (
        "Take accepted events from the buffer and store them in ClickHouse, until SIGTERM. "
        "Several may run: one writes, the others stand by and take over when it dies."
    )

    # They import every view, and with them 90 MB of libraries that a writer has no use for; `prepare` runs them.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop; the batch at hand is finished first."""
        writer = Writer(
            max_rows=settings.WRITER_MAX_ROWS,
            max_wait_ms=settings.WRITER_MAX_WAIT_MS,
            lease_seconds=settings.WRITER_LEASE_SECONDS,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: writer.stop())
        if path := os.environ.get("READY_FILE"):
            Path(path).touch()
        writer.run()
