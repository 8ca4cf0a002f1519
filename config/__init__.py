"""The project: settings, URLs, errors, health, logging."""

# Shared tasks belong to this app in every process that knows the settings, or they would go to Celery's default broker.
from celery_worker import app as celery_app

__all__ = ["celery_app"]
