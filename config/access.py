"""Who may do what: the one table. Permissions enforce it, tests/config/test_access.py holds them to it, and the OpenAPI
document shows it.

It says who gets in. Which rows they then see is the business of each `visible_to`.
"""

from enum import StrEnum
from typing import Any


class Who(StrEnum):
    """Kinds of callers."""

    NOBODY = "nobody"
    STUDENT = "student"
    TEACHER = "teacher"
    ADMIN = "admin"
    READ_KEY = "API key: read"
    INGEST_KEY = "API key: ingest"


ADMINS = frozenset({Who.ADMIN})
TEACHERS = ADMINS | {Who.TEACHER}
READERS = TEACHERS | {Who.READ_KEY}
SIGNED_IN = TEACHERS | {Who.STUDENT}
OWN_READERS = SIGNED_IN | {Who.READ_KEY}
SENDERS = SIGNED_IN | {Who.INGEST_KEY}
EVERYBODY = frozenset(Who)

ACCESS: dict[str, frozenset[Who]] = {
    "POST /api/v1/auth/register": EVERYBODY,
    "POST /api/v1/auth/login": EVERYBODY,
    "POST /api/v1/auth/refresh": EVERYBODY,
    "POST /api/v1/auth/logout": EVERYBODY,
    "GET /api/v1/auth/me": SIGNED_IN,
    "PATCH /api/v1/auth/me": SIGNED_IN,
    "DELETE /api/v1/auth/me": SIGNED_IN,
    "GET /api/v1/auth/me/export": SIGNED_IN,
    "POST /api/v1/auth/password": SIGNED_IN,
    "GET /api/v1/auth/totp": SIGNED_IN,
    "POST /api/v1/auth/totp": SIGNED_IN,
    "DELETE /api/v1/auth/totp": SIGNED_IN,
    "POST /api/v1/auth/totp/confirm": SIGNED_IN,
    "GET /api/v1/users": ADMINS,
    "PATCH /api/v1/users/{user_id}": ADMINS,
    "PUT /api/v1/users/{user_id}/courses": ADMINS,
    "GET /api/v1/api-keys": TEACHERS,
    "POST /api/v1/api-keys": TEACHERS,
    "DELETE /api/v1/api-keys/{api_key_id}": TEACHERS,
    "GET /api/v1/audit": ADMINS,
    "GET /api/v1/erasures": ADMINS,
    # Whoever holds the receipt, which is a secret: those who were erased have no account to show.
    "GET /api/v1/erasures/{erasure_id}": EVERYBODY,
    "GET /api/v1/events": READERS,
    "DELETE /api/v1/events": ADMINS,
    "POST /api/v1/events": SENDERS,
    "GET /api/v1/events/{event_id}": SIGNED_IN,
    "GET /api/v1/devices": OWN_READERS,
    "POST /api/v1/devices": SIGNED_IN,
    "GET /api/v1/devices/{device_id}": OWN_READERS,
    "PATCH /api/v1/devices/{device_id}": SIGNED_IN,
    "DELETE /api/v1/devices/{device_id}": SIGNED_IN,
    "GET /api/v1/devices/{device_id}/silences": OWN_READERS,
    "POST /api/v1/stats": SENDERS,
    "GET /api/v1/stats/{device_id}": OWN_READERS,
    "GET /api/v1/ingestion/status": ADMINS,
    "GET /api/v1/ingestion/ledger": ADMINS,
    "GET /api/v1/ingestion/dead-letters": ADMINS,
    "POST /api/v1/ingestion/dead-letters/replay": ADMINS,
    "POST /api/v1/metrics/calculate": TEACHERS,
    "GET /api/v1/metrics/tasks/{task_id}": READERS,
    "POST /api/v1/metrics/tasks/{task_id}/cancel": TEACHERS,
    "GET /api/v1/metrics/user/{user_id}": READERS,
    "GET /api/v1/metrics/me": SIGNED_IN,
    "GET /api/v1/analytics/courses": READERS,
    "GET /api/v1/analytics/course/{course_id}": READERS,
    "GET /api/v1/analytics/course/{course_id}/users": READERS,
    "GET /api/v1/analytics/course/{course_id}/at-risk": READERS,
    "GET /api/v1/stats/fleet": OWN_READERS,
    "POST /api/v1/stats/analysis/async": SIGNED_IN,
    "GET /api/v1/stats/analysis/tasks/{task_id}": OWN_READERS,
    "POST /api/v1/stats/analysis/tasks/{task_id}/cancel": SIGNED_IN,
    "GET /api/v1/stats/analysis/result/{device_id}": OWN_READERS,
    "GET /api/v1/stats/analysis/{device_id}": OWN_READERS,
    "POST /api/v1/stats/analysis/{device_id}/async": SIGNED_IN,
    "GET /api/v1/stats/{device_id}/series": OWN_READERS,
    "POST /api/v1/data/query": OWN_READERS,
    "POST /api/v1/data/aggregate": OWN_READERS,
    "POST /api/v1/data/chart": OWN_READERS,
    "DELETE /api/v1/data/queries/{request_id}": OWN_READERS,
    "POST /api/v1/data/export": OWN_READERS,
    "GET /api/v1/data/exports/{export_id}": OWN_READERS,
    "POST /api/v1/data/exports/{export_id}/cancel": SIGNED_IN,
    "GET /api/v1/tables": OWN_READERS,
    "GET /api/v1/tables/{name}/metadata": OWN_READERS,
    "GET /api/v1/tables/{name}/columns": OWN_READERS,
    "PATCH /api/v1/tables/{name}/columns": ADMINS,
    "GET /api/v1/tables/{name}/sample": OWN_READERS,
    "GET /api/v1/files": SIGNED_IN,
    "POST /api/v1/files/upload": SIGNED_IN,
    "POST /api/v1/files/uploads": SIGNED_IN,
    "GET /api/v1/files/uploads/{upload_id}": SIGNED_IN,
    "DELETE /api/v1/files/uploads/{upload_id}": SIGNED_IN,
    "POST /api/v1/files/uploads/{upload_id}/complete": SIGNED_IN,
    "GET /api/v1/files/download/{path}": SIGNED_IN,
    "GET /api/v1/files/preview/{path}": SIGNED_IN,
    "GET /api/v1/files/{path}": SIGNED_IN,
    "DELETE /api/v1/files/{path}": SIGNED_IN,
    "GET /api/v1/tables/sources": TEACHERS,
    "POST /api/v1/tables/sources": TEACHERS,
    "GET /api/v1/tables/sources/{source_id}": TEACHERS,
    "PUT /api/v1/tables/sources/{source_id}": TEACHERS,
    "PATCH /api/v1/tables/sources/{source_id}": TEACHERS,
    "DELETE /api/v1/tables/sources/{source_id}": TEACHERS,
    "POST /api/v1/tables/sources/{source_id}/test": TEACHERS,
    "POST /api/v1/tables/sources/{source_id}/sync": TEACHERS,
    "GET /api/v1/tables/sources/{source_id}/runs": TEACHERS,
    "GET /api/v1/tables/sources/{source_id}/runs/{run_id}": TEACHERS,
    "POST /api/v1/tables/sources/{source_id}/runs/{run_id}/cancel": TEACHERS,
    "GET /api/v1/tables/sources/{source_id}/runs/{run_id}/refused": TEACHERS,
    "GET /api/v1/dashboards": SIGNED_IN,
    "POST /api/v1/dashboards": SIGNED_IN,
    "GET /api/v1/dashboards/{dashboard_id}": SIGNED_IN,
    "PUT /api/v1/dashboards/{dashboard_id}": SIGNED_IN,
    "PATCH /api/v1/dashboards/{dashboard_id}": SIGNED_IN,
    "DELETE /api/v1/dashboards/{dashboard_id}": SIGNED_IN,
    "GET /api/v1/dashboards/{dashboard_id}/data": SIGNED_IN,
    "PUT /api/v1/dashboards/{dashboard_id}/layout": SIGNED_IN,
    "GET /api/v1/dashboards/{dashboard_id}/widgets": SIGNED_IN,
    "POST /api/v1/dashboards/{dashboard_id}/widgets": SIGNED_IN,
    "GET /api/v1/dashboards/{dashboard_id}/widgets/{widget_id}": SIGNED_IN,
    "PUT /api/v1/dashboards/{dashboard_id}/widgets/{widget_id}": SIGNED_IN,
    "PATCH /api/v1/dashboards/{dashboard_id}/widgets/{widget_id}": SIGNED_IN,
    "DELETE /api/v1/dashboards/{dashboard_id}/widgets/{widget_id}": SIGNED_IN,
    "GET /api/v1/dashboards/{dashboard_id}/widgets/{widget_id}/data": SIGNED_IN,
    "GET /health": EVERYBODY,
    "GET /health/ready": EVERYBODY,
}


def show_access(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: each operation says who may call it."""
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if who := ACCESS.get(f"{method.upper()} {path}"):
                operation["x-allowed-callers"] = sorted(who)
    return result
