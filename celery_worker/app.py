"""The Celery app: settings from Django, tasks from the apps, logs as the web's."""

import logging.config
import os
from pathlib import Path
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tidewatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="nightly_tasks")
app.autodiscover_tasks(["analytics.devices", "analytics.sources"])
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
