"""How many requests a minute, whose are counted together, and what a client is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import access_token_sign
from config import rate_limit
from config.rate_limit import RateLimitMiddleware

ME = "/api/v1/auth/me"
AsUser = Callable[[User], APIClient]
pytestmark = [pytest.mark.django_db, pytest.mark.redis]


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 3
    settings.SIGN_IN_RATE_LIMIT_PER_MINUTE = 2


def statuses(client: APIClient | Client, *paths: str, **headers: Any) -> list[int]:
    return [client.get(path, **headers).status_code for path in paths]


def test_it_works(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)

    remaining = [client.get(ME).headers["RateLimit-Remaining"] for _ in range(3)]
    refused = client.get(ME)

    assert remaining == ["2", "1", "0"]
    assert refused.status_code == 429
    assert refused.json()["errors"][0]["code"] == "throttled"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    assert refused.headers["X-Request-ID"]


def test_every_path_counts_and_every_answer_says_so(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)

    for path, status in ((ME, 200), ("/api/v1/users", 403), ("/api/v1/nowhere", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "RateLimit-Remaining" in answer.headers
    assert client.get("/api/v1/events").status_code == 429
    # Events come as fast as they happen: the buffer bounds them.
    assert client.post("/api/v1/events", {"events": []}, format="json").status_code == 202


def test_health_is_never_refused(client: Client) -> None:
    assert statuses(client, *["/health"] * 5) == [200] * 5


def test_people_do_not_share(owner: User, colleague: User, as_user: AsUser) -> None:
    statuses(as_user(owner), *[ME] * 4)

    assert statuses(as_user(owner), ME) == [429]
    assert statuses(as_user(colleague), ME) == [200]


def test_a_key_has_its_own_once_it_was_good(owner: User, as_user: AsUser) -> None:
    key = as_user(owner).post("/api/v1/api-keys", {"name": "x", "scopes": ["read"]}).json()["key"]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    forbidden = "/api/v1/users"

    assert statuses(client, *[forbidden] * 5) == [403] * 4 + [429]  # the first counts for the address


@pytest.mark.parametrize("header", ["", "Bearer {}", "Api-Key {}"])
def test_made_up_credentials_share_their_addresss(header: str) -> None:
    def call(number: int, address: str) -> int:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=header.format(number))
        return int(client.get(ME, REMOTE_ADDR=address).status_code)

    assert [call(number, "192.0.2.1") for number in range(4)] == [401, 401, 401, 429]
    assert call(5, "192.0.2.2") == 401


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/auth/login", "/api/v1/auth/register", "/auth/register"])
def test_signing_in_is_tighter(client: Client, path: str) -> None:
    assert [client.post(path, {}, content_type="application/json").status_code for _ in range(3)] == [400, 400, 429]
    assert statuses(client, ME) == [401]


@pytest.mark.parametrize(("proxies", "expected"), [(0, 429), (1, 401), (2, 429)])
def test_only_trusted_proxies_name_the_client(client: Client, settings: Any, proxies: int, expected: int) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    for number in range(3):
        client.get(ME, headers={"X-Forwarded-For": f"198.51.100.9, 192.0.2.{number}"})

    assert client.get(ME, headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.9"}).status_code == expected


def test_without_redis_nothing_is_refused(
    owner: User, as_user: AsUser, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    script = rate_limit._script

    def counted(url: str) -> Any:
        asked.append(url)
        return script(url)

    monkeypatch.setattr(rate_limit, "_script", counted)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client = as_user(owner)

    answers = [client.get(ME) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert "RateLimit-Limit" not in answers[0].headers
    assert len(asked) == 1  # then Redis is left alone for a while


def test_processes_count_together(owner: User, rf: Any) -> None:
    request = rf.get(ME, headers={"authorization": f"Bearer {access_token_sign(user=owner)}"})
    counts = [RateLimitMiddleware(lambda _: None)._window(request) for _ in range(2)]  # type: ignore[arg-type,return-value]  # never called

    assert [window.count for window in counts if window] == [1, 2]


def test_zero_means_no_limit(owner: User, as_user: AsUser, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 0

    assert statuses(as_user(owner), *[ME] * 5) == [200] * 5
