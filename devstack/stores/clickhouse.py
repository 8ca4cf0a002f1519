"""ClickHouse 26.7 from the library of @chdb/lib: its configuration, and whether it answers."""

import hashlib
import os
import socket
import sys
import uuid
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

from devstack.directories import ROOT
from devstack.errors import StackError
from devstack.ports import LOOPBACK
from devstack.program import Program
from devstack.stores.site import READY_SECONDS, LocalStore, Site

LIBRARY = ROOT / "devstack" / "node_modules" / "@chdb" / "lib-linux-x64-gnu" / "libchdb.so"
_CONFIGURATION = Path(__file__).parent / "clickhouse_configuration"
_READER = ROOT / "deploy" / "clickhouse" / "reader.xml"
_START = "CREATE DATABASE IF NOT EXISTS tidewatch;\nSYSTEM START LISTEN TCP;\nSYSTEM START LISTEN HTTP;\n"
# Without it the system database, and with it the query log, would live in memory.
_SYSTEM_DATABASE = "ATTACH DATABASE _ UUID '{id}' ENGINE = Atomic\n"


def make(site: Site) -> LocalStore:
    """The server: users `tidewatch` (reads, writes, makes tables and databases) and `tidewatch_reader` (reads)."""
    if not LIBRARY.is_file():
        raise StackError("ClickHouse is not installed. Install it: make install")
    configuration = _write_configuration(site)
    address = f"{LOOPBACK}:{site.ports['clickhouse']}"
    files = (LIBRARY, configuration / "config.xml", configuration / "start.sql")
    program = Program(
        name="clickhouse",
        command=[sys.executable, "-m", "devstack.stores.clickhouse_server", *map(str, files)],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "TZ": "UTC",
            "CLICKHOUSE_READER_PASSWORD": site.secrets.CLICKHOUSE_READER_PASSWORD,
        },
        is_ready=lambda: _answers(site.ports["clickhouse"], site.secrets.CLICKHOUSE_PASSWORD),
        ready_seconds=READY_SECONDS,
        address=address,
    )
    environment = {
        "CLICKHOUSE_URL": f"clickhouse://tidewatch:{site.secrets.CLICKHOUSE_PASSWORD}@{address}/tidewatch",
        "CLICKHOUSE_READER_URL": (
            f"clickhouse://tidewatch_reader:{site.secrets.CLICKHOUSE_READER_PASSWORD}@{address}/tidewatch"
        ),
        "CLICKHOUSE_HTTP_URL": f"http://{LOOPBACK}:{site.ports['clickhouse_http']}",
    }
    return LocalStore(program, environment)


def _write_configuration(site: Site) -> Path:
    """Anew at each start; gives the directory of the files."""
    home = site.data.store("clickhouse")
    directory = home / "configuration"
    for part in (directory / "users.d", home / "data" / "metadata"):
        part.mkdir(parents=True, exist_ok=True)
    values = {
        "host": LOOPBACK,
        "port": str(site.ports["clickhouse"]),
        "http_port": str(site.ports["clickhouse_http"]),
        "data": str(home / "data"),
        "users": str(directory / "users.xml"),
        "memory_bytes": str(_memory_bytes()),
        "password_sha256": hashlib.sha256(site.secrets.CLICKHOUSE_PASSWORD.encode()).hexdigest(),
    }
    for name in ("config.xml", "users.xml"):
        template = Template((_CONFIGURATION / name).read_text())
        (directory / name).write_text(template.substitute({key: escape(value) for key, value in values.items()}))
    # The reader is the one that a server of one's own gets; but tests have databases of their own.
    reader = _READER.read_text().replace("ON tidewatch.*", "ON tidewatch*.*")
    (directory / "users.d" / "reader.xml").write_text(reader)
    (directory / "start.sql").write_text(_START)
    system = home / "data" / "metadata" / "system.sql"
    if not system.exists():
        system.write_text(_SYSTEM_DATABASE.format(id=uuid.uuid4()))
    return directory


def _memory_bytes() -> int:
    """Half of the machine's: the rest is for everybody else."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _answers(port: int, password: str) -> bool:
    """Says hello in the native protocol; ready is who lets `tidewatch` in."""
    hello = (
        _number(0)
        + _text("devstack")
        + b"".join(_number(part) for part in (1, 0, 54_000))  # version and protocol revision of the client
        + b"".join(_text(part) for part in ("tidewatch", "tidewatch", password))
    )
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(hello)
            return connection.recv(1024).startswith(b"\x00")
    except OSError:
        return False


def _number(value: int) -> bytes:
    """As the protocol's VarUInt: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _text(value: str) -> bytes:
    return _number(len(value.encode())) + value.encode()
