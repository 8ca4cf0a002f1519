"""Who holds data on people, and how it is erased and exported.

Each room registers itself when the program starts (`AppConfig.ready`), so that accounts need not know the rooms above.
A new place that holds something on a person needs a holder, or belongs into one: docs/personal-data.md.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

import msgspec
from django.conf import settings

from accounts.models import User

_CHUNK_BYTES = 64 * 1024
_BIGINT_MAX = 2**63 - 1
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, by the id their events carry; with their account, where that id is an account's."""

    user_id: str
    account: User | None


class NotYet(Exception):
    """Something of the person's is on its way and cannot be erased before it has arrived."""


class Found(Protocol):
    """Told before anything goes: how much there is, by place."""

    def __call__(self, **counts: int) -> None: ...


class Eraser(Protocol):
    """Erases what a room holds. Done again, after whatever interrupted it, it erases the rest.

    `asked_at` is when the erasure was asked for: what a person does later under the same id is not its business.
    """

    def __call__(self, *, person: Person, asked_at: datetime, found: Found) -> None: ...


class ExportFile(NamedTuple):
    """A file of an export: its path there, and its bytes as they come."""

    name: str
    chunks: Iterable[bytes]


class Exporter(Protocol):
    """Gives what a room holds."""

    def __call__(self, *, person: Person) -> Iterable[ExportFile]: ...


@dataclass(frozen=True, slots=True)
class Holder:
    """A room that holds data on people."""

    erase: Eraser
    export: Exporter


_holders: dict[str, Holder] = {}


def register(name: str, *, erase: Eraser, export: Exporter) -> None:
    """Called once by each room, as it starts."""
    _holders[name] = Holder(erase=erase, export=export)


def holders() -> Mapping[str, Holder]:
    """All of them, by name."""
    return _holders


def person_find(*, user_id: str) -> Person:
    """The person with this id. Only an account's id as it is written is its own: "007" is somebody else."""
    is_number = user_id.isascii() and user_id.isdecimal() and user_id == str(int(user_id[:20]))
    is_account = is_number and int(user_id) <= _BIGINT_MAX
    return Person(user_id=user_id, account=User.objects.filter(pk=user_id).first() if is_account else None)


def subject_hash(user_id: str) -> str:
    """What is kept of an erased person: a hash that nobody makes again without ERASURE_KEY."""
    # BLAKE2's own keyed mode: the writer asks for everybody it meets, and HMAC takes three times as long.
    return hashlib.blake2b(user_id.encode(), key=_key(settings.ERASURE_KEY), digest_size=32).hexdigest()


@cache
def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()  # BLAKE2 takes at most 64 bytes


def ndjson(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Rows as lines of JSON, some 64 KiB at a time."""
    lines = bytearray()
    for row in rows:
        lines += _encode(row) + b"\n"
        if len(lines) >= _CHUNK_BYTES:
            yield bytes(lines)
            lines.clear()
    yield bytes(lines)
