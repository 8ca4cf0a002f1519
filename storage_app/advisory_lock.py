"""PostgreSQL advisory locks: who may run, told by the database and freed by it when the holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

# PostgreSQL shows a lock of 64 bits as two halves.
_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = %s
)
"""


def _key(identity: UUID) -> int:
    return identity.int & (2**63 - 1)


@contextmanager
def held(identity: UUID) -> Iterator[bool]:
    """Hold the lock of `identity` inside the block; gives False, at once, where another connection holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(identity)])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            # The connection goes back to its pool, where the lock would outlive this block.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(identity)])


def is_held(identity: UUID) -> bool:
    """Whether any connection holds the lock of `identity`."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [_key(identity)])
        return bool(cursor.fetchone()[0])


def wait_until_commit(name: str) -> None:
    """Wait for the lock of `name`, and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
