"""What the tests of the endpoints share."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.test import APIClient

AsUser = Callable[[AbstractBaseUser], APIClient]
CALCULATE = "/api/v1/metrics/calculate"
WEEK = {"start": "2025-03-10", "end": "2025-03-17"}
BEFORE, INSIDE = "2025-03-01", "2025-03-12T12:00:00"


def errors(response: Any) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in response.json()["errors"]]
