"""The OpenAPI document tells of every endpoint of the metrics, and of what they refuse."""

from typing import Any

import pytest
from rest_framework.test import APIClient

PATHS = {
    "/api/v1/metrics/calculate": ("post", {"200", "202", "400", "401", "403"}),
    "/api/v1/metrics/tasks/{task_id}": ("get", {"200", "401", "403", "404"}),
    "/api/v1/metrics/user/{user_id}": ("get", {"200", "400", "401", "403", "404"}),
    "/api/v1/metrics/me": ("get", {"200", "400", "401"}),
    "/api/v1/metrics/tasks/{task_id}/cancel": ("post", {"200", "401", "403", "404", "409"}),
    "/api/v1/analytics/courses": ("get", {"200", "400", "401", "403", "503"}),
    "/api/v1/analytics/course/{course_id}/users": ("get", {"200", "400", "401", "403", "404", "503"}),
    "/api/v1/analytics/course/{course_id}/at-risk": ("get", {"200", "400", "401", "403", "404", "503"}),
    "/api/v1/analytics/course/{course_id}": ("get", {"200", "400", "401", "403", "404", "503"}),
}


@pytest.fixture(scope="module")
def document() -> Any:
    return APIClient().get("/openapi.json").json()


@pytest.mark.parametrize(("path", "method", "statuses"), [(p, m, s) for p, (m, s) in PATHS.items()])
def test_an_endpoint_is_documented(document: Any, path: str, method: str, statuses: set[str]) -> None:
    operation = document["paths"][path][method]
    assert operation["tags"] == ["Metrics"]
    assert operation["description"]
    assert statuses <= operation["responses"].keys()


def test_no_endpoint_is_forgotten_and_none_is_promised(document: Any) -> None:
    found = {path for path in document["paths"] if path.startswith(("/api/v1/metrics", "/api/v1/analytics"))}
    assert found == PATHS.keys()


def test_parameters_are_documented(document: Any) -> None:
    operation = document["paths"]["/api/v1/metrics/user/{user_id}"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {"user_id", "course_id", "start", "end", "timezone", "metrics", "limit", "offset"}
    wait = document["paths"]["/api/v1/metrics/calculate"]["post"]["parameters"]
    assert [parameter["name"] for parameter in wait] == ["wait"]
