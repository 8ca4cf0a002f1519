"""What the bodies of events and of readings have in common: rows that are good or refused, each by its index. Pure.

A batch is decoded in one go; only when that fails is each row looked at alone, so that every bad one can be named.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import msgspec

MAX_FUTURE = timedelta(hours=24)
NAMED_ERRORS = 100
"""How many refused rows an answer names."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# What ClickHouse's DateTime64(3) holds.
_EARLIEST_MS = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LATEST_MS = (datetime(2299, 12, 31, tzinfo=UTC) - _EPOCH) // _MILLISECOND
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoder raises of text that is no JSON; see `malformed`."""

Sent = TypeVar("Sent")
Stored = TypeVar("Stored")
Decoded = TypeVar("Decoded")


class Refusal(msgspec.Struct, frozen=True):
    """Why one row was not taken. `attr` is its path: events.3.occurred_at"""

    code: str
    detail: str
    attr: str


class MalformedBody(Exception):
    """The body is not JSON at all."""


class TooManyRows(Exception):
    """More rows in one request than are taken."""


class RowRefused(Exception):
    """Raised by the check of one row; `field` is what is wrong."""

    def __init__(self, code: str, detail: str, field: str) -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field


class Batch(msgspec.Struct, Generic[Stored]):
    """What a body holds: the good rows in their order, and a refusal for each bad one."""

    rows: list[Stored]
    refusals: list[Refusal]


def check_all(sent: Sequence[Sent], check: Callable[[Sent], Stored], *, prefix: str, max_count: int) -> Batch[Stored]:
    """The batch of rows that are decoded already; `prefix` is the name of their list.

    Raises:
        TooManyRows: more than `max_count`.
    """
    if len(sent) > max_count:
        raise TooManyRows
    batch: Batch[Stored] = Batch([], [])
    for index, row in enumerate(sent):
        try:
            batch.rows.append(check(row))
        except RowRefused as refused:
            batch.refusals.append(Refusal(refused.code, refused.detail, f"{prefix}.{index}.{refused.field}"))
    return batch


def decode_each(
    texts: Sequence[bytes | msgspec.Raw],
    decode: Callable[[bytes | msgspec.Raw], Sent],
    check: Callable[[Sent], Stored],
    *,
    prefix: str,
    max_count: int,
) -> Batch[Stored]:
    """The same of rows that are looked at alone.

    Raises:
        TooManyRows: more than `max_count`.
    """
    if len(texts) > max_count:
        raise TooManyRows
    batch: Batch[Stored] = Batch([], [])
    for index, text in enumerate(texts):
        try:
            batch.rows.append(check(decode(text)))
        except RowRefused as refused:
            batch.refusals.append(Refusal(refused.code, refused.detail, f"{prefix}.{index}.{refused.field}"))
        except msgspec.ValidationError as error:
            batch.refusals.append(refusal_of(error, f"{prefix}.{index}"))
        except MALFORMED as error:
            batch.refusals.append(Refusal("malformed_json", _reason(error), f"{prefix}.{index}"))
    return batch


def decode_well_formed(decode: Callable[[bytes], Decoded], body: bytes) -> Decoded:
    """What `decode` gives.

    Raises:
        MalformedBody: no JSON.
        msgspec.ValidationError: JSON that does not fit.
    """
    try:
        return decode(body)
    except msgspec.ValidationError:
        # The decoder stopped where a type does not fit: what follows may not even be JSON.
        _check_syntax(body)
        raise
    except MALFORMED as error:
        raise malformed(error) from None


def malformed(error: Exception) -> MalformedBody:
    """The error to raise for one of MALFORMED."""
    return MalformedBody(_reason(error))


def latest_ms(now: datetime) -> int:
    """The latest time that is taken, in milliseconds since 1970."""
    return min((now + MAX_FUTURE - _EPOCH) // _MILLISECOND, _LATEST_MS)


def milliseconds(moment: datetime, field: str, latest: int) -> int:
    """A time in milliseconds since 1970; without an offset it is UTC.

    Raises:
        RowRefused: after `latest`, or too early for what stores it.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # A difference does not overflow, as years 1 and 9999 would under an offset.
    since = (moment - _EPOCH) // _MILLISECOND
    if since > latest:
        raise RowRefused("in_the_future", "Ensure this is at most 24 hours ahead of the server.", field)
    if since < _EARLIEST_MS:
        raise RowRefused("out_of_range", "Ensure this is not before the year 1900.", field)
    return since


_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`\Z")
_FIELD_IN_MESSAGE = re.compile(r"field `(?P<field>[^`]+)`")


def refusal_of(error: msgspec.ValidationError, prefix: str) -> Refusal:
    """msgspec's message, with its path as ours: `$.user_id` becomes events.3.user_id"""
    message = str(error)
    path = ""
    if match := _PATH.search(message):
        message, path = message[: match.start()], match["path"]
    parts = [part for part in re.split(r"[.\[\]]+", path) if part and part != "..."]
    if match := _FIELD_IN_MESSAGE.search(message):
        parts.append(match["field"])
    code = "invalid"
    if "missing required" in message:
        code = "required"
    elif "unknown field" in message:
        code = "unknown_field"
    return Refusal(code, f"{message}.", ".".join([prefix, *parts]))


def envelope_refusal(error: msgspec.ValidationError, rows: str) -> Refusal:
    """The refusal of a body that is JSON, but not an object with a list of `rows`."""
    refusal = refusal_of(error, "")
    return Refusal(refusal.code, refusal.detail, refusal.attr.removeprefix(".") or rows)


def first_errors(refusals: Iterable[Refusal]) -> list[dict[str, str]]:
    """The first refusals, as the answer names them."""
    named = [msgspec.to_builtins(refusal) for refusal in refusals]
    return named[:NAMED_ERRORS]


def _check_syntax(body: bytes) -> None:
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return  # JSON, with a number too large to hold
    except MALFORMED as error:
        raise malformed(error) from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return "JSON must be encoded in UTF-8."
    return f"{error}."
