"""One migrator at a time.

ClickHouse has no lock and no transaction that a single server offers for this, so PostgreSQL's advisory lock keeps
the order: it is released when its transaction ends, and so also when its process is killed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction


@contextmanager
def migration_lock() -> Iterator[None]:
    """Wait until no other migrator works on this ClickHouse database, and keep the others out."""
    with transaction.atomic(), connection.cursor() as cursor:
        name = f"clickhouse migrations of {settings.CLICKHOUSE['database']}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        yield
