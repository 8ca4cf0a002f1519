"""Tidewatch's own processes."""

import http.client
import math
import sys
from collections.abc import Mapping
from signal import SIGQUIT, SIGTERM

from devstack.directories import DataDirectory
from devstack.program import Program
from devstack.run_settings import RunSettings

_CELERY = [sys.executable, "-m", "celery", "-A", "celery_worker"]
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 where to reach who listens on all


def prepare(environment: Mapping[str, str], *, demo_accounts: bool) -> Program:
    """Migrates both databases and makes the bucket; runs to its end."""
    return _command("prepare", environment, "prepare", *(["--demo-accounts"] if demo_accounts else []))


def load_demo(environment: Mapping[str, str]) -> Program:
    """Puts the demonstration's events in; runs to its end."""
    return _command("demo", environment, "load_demo")


def processes(settings: RunSettings, data: DataDirectory, environment: Mapping[str, str]) -> list[Program]:
    """What can start together."""
    quick = ["--concurrency", "2", "--without-mingle", "--without-gossip"]
    return [
        _web(settings, environment),
        Program(
            name="writer",
            command=[sys.executable, "manage.py", "write_events"],
            environment=environment,
            is_ready=data.ready_file("writer").exists,
        ),
        Program(
            name="worker",
            command=[*_CELERY, "worker", "--loglevel", "INFO", *quick],
            environment=environment,
            is_ready=data.ready_file("worker").exists,
            # Warm: it finishes its tasks. Cold: it gives them back.
            stop_steps=((SIGTERM, 8.0), (SIGQUIT, 4.0)),
        ),
    ]


def beat(data: DataDirectory, environment: Mapping[str, str]) -> Program:
    """The schedule. It answers to nobody: alive is all there is to know of it."""
    schedule = str(data.path / "beat" / "schedule")
    return Program(
        name="beat",
        command=[*_CELERY, "beat", "--loglevel", "INFO", "--schedule", schedule],
        environment=environment,
    )


def _command(name: str, environment: Mapping[str, str], *arguments: str) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "manage.py", *arguments],
        environment=environment,
        ends=True,
        ready_seconds=math.inf,
    )


def _web(settings: RunSettings, environment: Mapping[str, str]) -> Program:
    address = ["--host", settings.host, "--port", str(settings.port)]
    capacity = ["--workers", "2", "--backpressure", "4096", "--no-ws"]
    ending = ["--respawn-failed-workers", "--workers-kill-timeout", "5"]
    return Program(
        name="web",
        command=[
            *(sys.executable, "-m", "granian", "--interface", "asginl"),
            *address,
            *capacity,
            *ending,
            "config.asgi:application",
        ],
        environment=environment,
        is_ready=lambda: _healthy(settings),
        address=settings.url,
    )


def _healthy(settings: RunSettings) -> bool:
    """GET /health, under a host name that the product lets in."""
    allowed = settings.environment.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": allowed.replace("*", "localhost")})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
