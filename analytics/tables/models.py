"""What people say about columns."""

from typing import ClassVar

from django.db import models

NAME_MAX_LENGTH = 512


class ColumnDescription(models.Model):
    """What a column means, in an admin's words; of a table without a column, what the table is."""

    table_name = models.CharField(max_length=NAME_MAX_LENGTH)
    column_name = models.CharField(max_length=NAME_MAX_LENGTH, blank=True)
    text = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table_name", "column_name"], name="column_description_unique")
        ]

    def __str__(self) -> str:
        return f"{self.table_name}.{self.column_name}"
