"""The Celery app: settings from Django, tasks from the apps, the schedule from one table, logs as the web's."""

import logging.config
import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django_structlog.celery.steps import DjangoStructLogInitStep

from celery_worker.schedule import schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tidewatch")
try:
    app.config_from_object(settings, namespace="CELERY")
    app.conf.beat_schedule = schedule()
except ImproperlyConfigured as error:
    sys.exit(f"Configuration error: {error}")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Celery would configure its own, and its lines would lack the request's id."""
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_ready.connect
def say_ready(**_: Any) -> None:
    """Whoever started the worker may wait for this file."""
    if path := os.environ.get("READY_FILE"):
        Path(path).touch()
