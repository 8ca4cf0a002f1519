"""Growing pauses between wrong passwords (docs/adr/0010).

A try is counted before the password is looked at, so that many at once are not all let through, and taken back
when it was right.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import Throttled

from accounts.models import SignInAttempts

FORGET_AFTER = timedelta(hours=1)
TRUST_FOR = timedelta(days=30)
DELETE_CHUNK = 1000


class SignInPaused(Throttled):
    """Too many wrong passwords: the next try may come in `wait` seconds."""

    default_detail = "Too many attempts to sign in."


@dataclass(frozen=True, slots=True)
class Rule:
    """After `free` tries each further one costs twice the pause of the one before, up to `longest` seconds."""

    free: int
    longest: int

    def pause(self, count: int) -> timedelta:
        """The pause after the try of this number."""
        return timedelta(seconds=min(self.longest, 2 ** min(count - self.free - 1, 20)) if count > self.free else 0)


# One guesser at one account waits long. Guessers from many addresses slow an account down, but a minute at most, and
# not for an address its owner has signed in from. An address that tries many accounts waits long as well.
RULES = {
    "pair": Rule(free=10, longest=900),
    "account": Rule(free=30, longest=60),
    "address": Rule(free=100, longest=900),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that has been counted: the key of its row for each rule."""

    keys: dict[str, str]


def sign_in_attempt_begin(*, account: str, address: str | None) -> Attempt:
    """Count a try. `account` is the id of an account, or the name that was given where there is no such account.

    Raises:
        SignInPaused: not yet. Such a try does not count.
    """
    # A hash: whatever was typed fits, and a password typed into the wrong field is not written down.
    who = hashlib.sha256(account.lower().encode()).hexdigest()
    keys = {"pair": f"pair:{who}:{address}", "account": f"account:{who}", "address": f"address:{address}"}
    now = timezone.now()
    with transaction.atomic():
        rows = _lock(keys, now)
        if waits := [wait for wait in (_wait(rows, rule, now) for rule in RULES) if wait > timedelta()]:
            raise SignInPaused(math.ceil(max(waits).total_seconds()))
        for rule, row in rows.items():
            row.count = row.count + 1 if row.last_at > now - FORGET_AFTER else 1
            pause = RULES[rule].pause(row.count)
            # None and not `now`: whoever waited for the lock has an earlier `now`, and would take it for a pause.
            row.last_at, row.blocked_until = now, now + pause if pause else None
            row.save(update_fields=["count", "last_at", "blocked_until"])
    return Attempt(keys=keys)


def sign_in_attempt_succeed(*, attempt: Attempt) -> None:
    """The password was right: take the try back, and forget what else this address tried on this account."""
    now = timezone.now()
    with transaction.atomic():
        for rule, row in _lock(attempt.keys, now).items():
            row.count = 0 if rule == "pair" else max(0, row.count - 1)
            row.succeeded_at = now
            if row.count <= RULES[rule].free:
                row.blocked_until = None
            row.save(update_fields=["count", "succeeded_at", "blocked_until"])


def sign_in_attempt_withdraw(*, attempt: Attempt) -> None:
    """It was no wrong try, and no success either: the password was right, the code of the second factor is to come."""
    with transaction.atomic():
        for rule, row in _lock(attempt.keys, timezone.now()).items():
            row.count = max(0, row.count - 1)
            if row.count <= RULES[rule].free:
                row.blocked_until = None
            row.save(update_fields=["count", "blocked_until"])


def sign_in_attempts_delete_old() -> int:
    """Delete what no rule asks for any more, 1,000 rows at a time; gives their number."""
    old = SignInAttempts.objects.filter(last_at__lt=timezone.now() - TRUST_FOR).order_by("last_at")
    total = 0
    while chunk := list(old.values_list("pk", flat=True)[:DELETE_CHUNK]):
        total += SignInAttempts.objects.filter(pk__in=chunk).delete()[0]
    return total


def _lock(keys: dict[str, str], now: datetime) -> dict[str, SignInAttempts]:
    """The rows, made where missing, locked in one order."""
    SignInAttempts.objects.bulk_create(
        [SignInAttempts(key=key, last_at=now) for key in sorted(keys.values())], ignore_conflicts=True
    )
    locked = SignInAttempts.objects.select_for_update().filter(key__in=keys.values()).order_by("key")
    rows = {row.key: row for row in locked}
    return {rule: rows[key] for rule, key in keys.items()}


def _wait(rows: dict[str, SignInAttempts], rule: str, now: datetime) -> timedelta:
    trusted_since = rows["pair"].succeeded_at
    if rule == "account" and trusted_since is not None and trusted_since > now - TRUST_FOR:
        return timedelta()
    blocked_until = rows[rule].blocked_until
    return blocked_until - now if blocked_until is not None else timedelta()
