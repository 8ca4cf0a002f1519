"""What admins say about tables and columns."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from analytics.query.problems import QueryProblem, unknown
from analytics.tables.models import ColumnDescription
from analytics.tables.schema import table_shape

TEXT_MAX_LENGTH = 2000


def descriptions_set(*, user: User, name: str, description: str | None, columns: Mapping[str, str]) -> None:
    """Describe a table, some of its columns, or both, all or nothing; an empty text takes a description away.

    Raises:
        QueryProblem: there is no such table, or column.
    """
    table = table_shape(user=user, name=name)
    for column in columns:
        if column not in table.columns:
            raise unknown("column", column, table.columns, attr=f"columns.{column[:64]}")
    texts = dict(columns) if description is None else {"": description, **columns}
    if any("\0" in text for text in texts.values()):
        raise QueryProblem("null_characters_not_allowed", "Null characters are not allowed.", "columns")
    with transaction.atomic():
        for column, text in texts.items():
            if text:
                ColumnDescription.objects.update_or_create(table_name=name, column_name=column, defaults={"text": text})
            else:
                ColumnDescription.objects.filter(table_name=name, column_name=column).delete()
