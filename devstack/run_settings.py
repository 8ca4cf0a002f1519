"""What `devstack run` reads from the environment and from .env."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack import environment_file
from devstack.directories import ROOT
from devstack.errors import StackError

_YES_AND_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True)
class RunSettings:
    """HOST, PORT, DATA_DIR, DEMO, and everything that the product will read for itself."""

    host: str
    port: int
    data_directory: Path
    demo: bool
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where the product is found, as given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def development(self) -> bool:
        """ENVIRONMENT is development, which it is here unless said otherwise."""
        return self.environment["ENVIRONMENT"] == "development"

    @property
    def loopback(self) -> bool:
        """Only this machine can reach it."""
        address = socket.getaddrinfo(self.host, None)[0][4][0]
        return ipaddress.ip_address(address).is_loopback


def read(environment: Mapping[str, str], env_file: Path) -> RunSettings:
    """Real variables win over the file's, an empty one counts as missing.

    Raises:
        StackError: a senseless value, by its name.
    """
    values = environment_file.read(env_file) | {name: value for name, value in environment.items() if value}
    values.setdefault("ENVIRONMENT", "development")
    return RunSettings(
        host=_host(values.get("HOST", "127.0.0.1")),
        port=_port(values.get("PORT", "8000")),
        data_directory=_directory(values.get("DATA_DIR", str(ROOT / ".local"))),
        demo=_flag("DEMO", values.get("DEMO", "1")),
        environment=values,
    )


def _directory(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _host(text: str) -> str:
    try:
        socket.getaddrinfo(text, None)
    except (OSError, UnicodeError) as error:
        raise StackError(f"HOST must be an address or name of this machine, not {text!r}.") from error
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StackError(f"PORT must be a whole number between 1 and 65535, not {text!r}.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in _YES_AND_NO:
        raise StackError(f"{name} must be 1 or 0, not {text!r}.")
    return _YES_AND_NO[text.lower()]
