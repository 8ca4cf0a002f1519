"""The right to write: one writer holds it, the others stand by. docs/adr/0003."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ingestion.buffer import Entry
from ingestion.redis_store import COUNTERS, DEAD_LETTERS, LEASE, PLAN, STORED_PER_MINUTE, STREAM, WINDOW, client, script
from ingestion.window import Change

LedgerLines = Mapping[tuple[str, str], int]
"""{(key of the hour, "source:count"): number}"""


class LeaseLost(Exception):
    """Another writer has taken over; what this one planned is that one's now."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be stored, why, and where it came from."""

    event: bytes
    reason: str
    received_ms: int
    source: str


class Lease:
    """Held by whoever took it until it is released, or not renewed for `seconds`."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._token = secrets.token_hex(16)

    def acquire(self) -> bool:
        """Take the lease if nobody holds it."""
        return bool(client().set(LEASE, self._token, nx=True, px=self.seconds * 1000))

    def renew(self) -> bool:
        """Hold it for another `seconds`; False when it is another's by now."""
        return bool(script("renew")(keys=[LEASE], args=[self._token, self.seconds * 1000]))

    def release(self) -> None:
        """Give it back, so that the next writer need not wait for it to run out."""
        script("release")(keys=[LEASE], args=[self._token])

    def plan(self, entries: Sequence[Entry]) -> None:
        """Write down that the next insert takes these entries: all of their kind up to the last of them.

        Raises:
            LeaseLost: the lease is another's.
        """
        if not script("plan")(keys=[LEASE, PLAN], args=[self._token, _plan(entries)]):
            raise LeaseLost

    def commit(
        self, entries: Sequence[Entry], ledger: LedgerLines, dead: Sequence[DeadLetter] = (), *, window: Change
    ) -> None:
        """The entries of the plan are stored (but for the dead letters): forget both, remember their ids, at once.

        Done a second time, because Redis' answer was lost on its way, it changes nothing.

        Raises:
            LeaseLost: the lease is another's, who will find the plan and finish it; or Redis keeps another window
                than this writer holds.
        """
        now_ms = time.time_ns() // 1_000_000
        done = {
            "entries": [entry.id for entry in entries],
            "bytes": sum(len(entry.compressed) for entry in entries),
            "kind": str(entries[0].kind),
            "rows": sum(entry.count for entry in entries),
            "now_ms": now_ms,
            "ledger": [(key, field, number) for (key, field), number in ledger.items()],
            "plan": _plan(entries),
            "held": window.held_blobs,
            "forgotten": window.dropped_blobs,
        }
        letters: list[bytes | str | int] = []
        for letter in dead:
            letters += (letter.event, letter.reason, letter.received_ms, letter.source)
        keys = [LEASE, PLAN, STREAM, COUNTERS, DEAD_LETTERS, f"{STORED_PER_MINUTE}{now_ms // 60_000}", WINDOW]
        if not script("commit")(keys=keys, args=[self._token, msgspec.msgpack.encode(done), window.blob, *letters]):
            raise LeaseLost


def _plan(entries: Sequence[Entry]) -> str:
    return f"{entries[-1].id} {sum(entry.count for entry in entries)} {entries[-1].kind}"
