"""Every way of asking for the same column."""

from typing import Any

from rest_framework.test import APIClient

COUNT = [{"function": "count"}]
QUERY = "/api/v1/data/query"


def seen_by(client: APIClient, table: str, column: str) -> dict[str, Any]:
    """The values of a column, as every way of asking shows them."""
    by_column = {"table_name": table, "group_by": [column], "aggregations": COUNT}
    chart = {"table_name": table, "chart_type": "bar", "x": column, "y": COUNT}
    lines = b"".join(client.post("/api/v1/data/export", {"table_name": table, "columns": [column], "format": "csv"}))
    return {
        "query": sorted({row[column] for row in client.post(QUERY, {"table_name": table}).json()["data"]}),
        "aggregate": [row[column] for row in client.post("/api/v1/data/aggregate", by_column).json()["data"]],
        "chart": sorted(client.post("/api/v1/data/chart", chart).json()["x"]),
        "export": sorted({line.strip('"') for line in lines.decode().splitlines()[1:]}),
        "sample": sorted({row[column] for row in client.get(f"/api/v1/tables/{table}/sample").json()["data"]}),
    }


def everywhere(values: list[str]) -> dict[str, list[str]]:
    """`seen_by`, where every way shows the same."""
    return dict.fromkeys(("query", "aggregate", "chart", "export", "sample"), values)
