"""`devstack run`: the stores and Tidewatch, until somebody asks it to end."""

import errno
from collections.abc import Mapping

from devstack import credentials, environment_file, leftovers, lock, ports, product
from devstack.directories import DataDirectory
from devstack.errors import StackError, StopRequested
from devstack.guardian import Guardian
from devstack.output import say
from devstack.run_settings import RunSettings
from devstack.signals import SignalInbox
from devstack.stores import local
from devstack.supervisor import Supervisor


def run(settings: RunSettings) -> None:
    """Returns when everything is stopped.

    Raises:
        StackError: something did not start.
    """
    data = DataDirectory(settings.data_directory)
    data.make()
    try:
        with SignalInbox() as inbox, lock.only_start(data, inbox.pause):
            leftovers.stop(data.processes)  # first: they may hold the port
            _check_port(settings)
            _supervise(settings, data, inbox)
    except StopRequested:
        say("stopped")


def _check_port(settings: RunSettings) -> None:
    try:
        ports.check_free(settings.host, settings.port)
    except OSError as error:
        advice = "Stop what uses it, or choose" if error.errno == errno.EADDRINUSE else "Choose"
        raise StackError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            f"{advice} another: make run HOST=127.0.0.1 PORT=8001"
        ) from error


def _supervise(settings: RunSettings, data: DataDirectory, inbox: SignalInbox) -> None:
    guardian = Guardian(data)
    supervisor = Supervisor(data, inbox, guardian)
    try:
        environment = _start_stores(settings, data, supervisor)
        _start_product(settings, data, supervisor, environment)
        say(f"ready {settings.url}")
        supervisor.watch()
    except StopRequested:
        say("stopping")
        raise
    finally:
        supervisor.stop()
        guardian.release()


def _start_stores(settings: RunSettings, data: DataDirectory, supervisor: Supervisor) -> dict[str, str]:
    """Gives the product's environment."""
    brought = local.brought_by_user(settings.environment)
    for store, name in brought.items():
        say(f"{store:<12} yours, by {name}")
    stores = local.make(data, durable=True, leave_out=brought)
    defaults = _defaults(settings, data)
    addresses = {name: value for store in stores for name, value in store.environment.items()}
    environment = defaults | dict(settings.environment) | addresses
    # For `devstack manage`, which finds the rest as this start did.
    environment_file.write_private(data.environment, {name: environment[name] for name in defaults | addresses})
    supervisor.start([store.program for store in stores])
    return environment


def _defaults(settings: RunSettings, data: DataDirectory) -> dict[str, str]:
    """What the product needs and the user may set."""
    secrets = credentials.load_or_make(data.secrets)
    return {
        "ALLOWED_HOSTS": f"localhost,127.0.0.1,[::1],{settings.host}",
        "ENVIRONMENT": settings.environment["ENVIRONMENT"],
        "TIDEWATCH_URL": settings.url,
        "SECRET_KEY": secrets.SECRET_KEY,
        "JWT_SECRET_KEY": secrets.JWT_SECRET_KEY,
        "SOURCES_SECRET_KEYS": secrets.SOURCES_SECRET_KEYS,
        "PYTHONUNBUFFERED": "1",
    }


def _start_product(
    settings: RunSettings, data: DataDirectory, supervisor: Supervisor, environment: Mapping[str, str]
) -> None:
    brought = local.brought_by_user(settings.environment)
    demo_accounts = settings.development and settings.loopback and "postgresql" not in brought
    supervisor.start([product.prepare(environment, demo_accounts=demo_accounts)])
    demo = [product.load_demo(environment)] if demo_accounts and settings.demo else []
    supervisor.start(product.processes(settings, data, environment) + demo)
    supervisor.start([product.beat(data, environment)])  # last: nobody waits for it, and starting costs the others time
    if demo_accounts:
        say("development on loopback: accounts admin/admin, teacher/teacher, student/student")
    else:
        say("no demonstration accounts or data: those are for development on loopback, in a database of our own")
