"""Files that are there, and tables that came of them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from analytics.sources.tables import stored_name, table_columns
from storage_app.clickhouse import gateway
from tests.analytics.http import AsUser


def upload(as_user: AsUser, user: User, name: str, data: bytes) -> str:
    """Put a file into the file store; gives its path."""
    answer = as_user(user).post("/api/v1/files/upload", {"file": SimpleUploadedFile(name, data)}, format="multipart")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["path"])


def rows(table_name: str, order: str = "1") -> list[tuple[Any, ...]]:
    """All rows of an imported table."""
    return gateway.query(f"SELECT * FROM {stored_name(table_name)} ORDER BY {order}")  # noqa: S608  # of this test


def columns(table_name: str) -> dict[str, str]:
    """Its columns and their types."""
    return {column.name: column.type for column in table_columns(table=stored_name(table_name))}
