"""What browsers are told, which pages of others may call, and how strict production is."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.passwords import PASSWORD
from tests.config.test_settings import GOOD, ROOT

ORIGIN = "https://shop.example.org"
SECRETS = {"SECRET_KEY": "kq8Zr2vX5nT0wLc7Yd3MfHs9BpJu6GeA1oRiVtNxQbWzECSKDl"}


def test_djangos_deploy_check_is_clean_in_production() -> None:
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=GOOD | SECRETS | {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert "no issues (0 silenced)" in checked.stdout


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/health", ["default-src 'none'"]),
        ("/api/v1/nowhere", ["default-src 'none'"]),
        ("/docs", ["default-src 'self'", "script-src 'self' 'unsafe-inline';"]),
        ("/redoc", ["default-src 'self'", "worker-src 'self' blob:"]),
        ("/admin/login/", ["default-src 'self'", "object-src 'none'", "form-action 'self'"]),
    ],
)
@pytest.mark.django_db
def test_every_answer_says_what_may_run(client: Client, path: str, words: list[str]) -> None:
    headers = client.get(path).headers

    for word in [*words, "frame-ancestors 'none'"]:
        assert word in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    # Swagger UI opens a window to sign in where there is OAuth; its view says so itself.
    assert headers["Cross-Origin-Opener-Policy"] == ("unsafe-none" if path == "/docs" else "same-origin")
    assert "camera=()" in headers["Permissions-Policy"]
    assert not {"Server", "X-Powered-By"} & set(headers)


@pytest.mark.parametrize("path", ["/api/v1/auth/me", "/auth/me", "/admin/login/"])
@pytest.mark.django_db
def test_what_is_private_is_not_kept_on_the_way(client: Client, path: str) -> None:
    assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80:80", "127.0.0.1@evil"])
def test_another_host_is_refused(client: Client, host: str) -> None:
    answer = client.get("/api/v1/auth/me", headers={"host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def preflight(origin: str) -> Any:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    return Client().options("/api/v1/events", headers=headers)


def test_no_other_page_may_call() -> None:
    assert "Access-Control-Allow-Origin" not in preflight(ORIGIN).headers


def test_the_pages_that_are_named_may(settings: Any, client: Client) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]

    answer = preflight(ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    refused = client.get("/api/v1/auth/me", headers={"origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "ratelimit-reset" in refused.headers["Access-Control-Expose-Headers"].lower()
    for other in ("https://evil.example", f"{ORIGIN}.evil.example", "null", ORIGIN.replace("https", "http")):
        assert "Access-Control-Allow-Origin" not in preflight(other).headers
    assert "Access-Control-Allow-Origin" not in client.get("/admin/login/", headers={"origin": ORIGIN}).headers


class Everything(logging.Handler):
    """All that is logged, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()} {vars(record)}\n"


@pytest.fixture
def logged() -> Iterator[Everything]:
    """Everything while it lasts."""
    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.django_db
def test_no_secret_is_logged(logged: Everything, owner: User, as_user: Callable[[User], APIClient]) -> None:
    nobody = APIClient()
    signed_in = nobody.post("/auth/register", {"email": "a@example.org", "password": PASSWORD}).json()
    nobody.post("/auth/login", {"email": "a@example.org", "password": "wrong horse battery"})
    nobody.post("/auth/login", {"email": "a@example.org", "password": [PASSWORD]})
    second = nobody.post("/auth/refresh", {"refresh": signed_in["refresh"]}).json()
    nobody.post("/auth/refresh", {"refresh": signed_in["refresh"]})
    key = as_user(owner).post("/api/v1/api-keys", {"name": "x", "scopes": ["read"]}).json()["key"]
    nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {second['access']}")
    totp = nobody.post("/api/v1/auth/totp", {"password": PASSWORD}).json()["secret"]
    code = pyotp.TOTP(totp).now()
    paper = nobody.post("/api/v1/auth/totp/confirm", {"code": code}).json()["recovery_codes"]
    for otp in (code, paper[0], "wrong-horse"):
        nobody.post("/auth/login", {"email": "a@example.org", "password": PASSWORD, "otp": otp})
    for credentials in (
        f"Api-Key {key}",
        f"Api-Key {key}x",
        f"Bearer {second['access']}",
        f"Bearer {second['access']}x",
    ):
        nobody.credentials(HTTP_AUTHORIZATION=credentials)
        body = {"current_password": PASSWORD, "new_password": "a new horse battery"}
        nobody.post("/api/v1/auth/password", body)
        nobody.get("/api/v1/events?limit=0")

    assert "request_finished" in logged.text
    tokens = [part[name] for part in (signed_in, second) for name in ("access", "refresh")]
    for secret in [*tokens, key, totp, code, *paper, PASSWORD, "wrong horse", "new horse", django_settings.SECRET_KEY]:
        assert secret not in logged.text
