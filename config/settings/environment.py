"""Reads the environment. A missing or senseless value stops the start and names itself."""

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
# Real environment variables win over the file.
env.read_env(BASE_DIR / env.str("ENV_FILE", ".env"), overwrite=False)


def refuse(name: str, why: str) -> ImproperlyConfigured:
    """The error for a setting `name` that cannot be used; raise it."""
    return ImproperlyConfigured(f"{name} {why}. See .env.example.")


def required(name: str) -> str:
    """The text of `name`; it must be there and not be empty."""
    value: str = env.str(name, "")
    if not value:
        raise refuse(name, "is not set")
    return value


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """The whole number of `name`, within low..high."""
    text = env.str(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise refuse(name, f"must be a whole number, not {text!r}") from None
    if not low <= value <= high:
        raise refuse(name, f"must be between {low} and {high}, not {value}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Yes or no."""
    text = env.str(name, str(default)).lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise refuse(name, f"must be true or false, not {text!r}")


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """One of `options`."""
    value: str = env.str(name, default)
    if value not in options:
        raise refuse(name, f"must be one of {', '.join(options)}, not {value!r}")
    return value


def url(name: str, text: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address; its scheme is one of `schemes` and it names a host."""
    parts = urlsplit(text)
    try:
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        port_is_number = False
    if parts.scheme not in schemes or not parts.hostname or not port_is_number:
        raise refuse(name, f"must look like {schemes[0]}://host:port, with one of the schemes {', '.join(schemes)}")
    return parts
