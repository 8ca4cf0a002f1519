"""Growing pauses between wrong passwords, for whom, and that nobody is locked out by others for long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role, SignInAttempts, User
from accounts.services import sign_in_attempts
from accounts.services.sign_in_attempts import Rule
from accounts.tasks import sign_in_attempts_delete_old
from tests.accounts.passwords import PASSWORD
from tests.accounts.together import together

URL = "/api/v1/auth/login"
WRONG = "wrong horse"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
pytestmark = pytest.mark.django_db


class Timezone:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = timezone.now()

    def now(self) -> datetime:
        """As django.utils.timezone.now."""
        return self.moment

    def forward(self, seconds: float) -> None:
        """Later."""
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Timezone:
    """What the pauses go by."""
    stopped = Timezone()
    monkeypatch.setattr(sign_in_attempts, "timezone", stopped)
    return stopped


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"pair": Rule(free=2, longest=900), "account": Rule(free=4, longest=60), "address": Rule(6, longest=900)}
    monkeypatch.setattr(sign_in_attempts, "RULES", rules)


def attempt(password: str = WRONG, name: str = "stranger@example.org", address: str = HERE) -> int:
    response = APIClient().post(URL, {"email": name, "password": password}, REMOTE_ADDR=address)
    return int(response.headers["Retry-After"]) if response.status_code == 429 else response.status_code


def test_each_try_costs_twice_the_pause_of_the_one_before(member: User, time: Timezone) -> None:
    assert [attempt(), attempt(), attempt()] == [401] * 3

    for pause in (1, 2, 4, 8, 16):
        assert attempt() == pause
        assert attempt(PASSWORD) == pause  # not looked at
        time.forward(pause)
        assert attempt() == 401
    time.forward(3600)
    assert attempt(PASSWORD) == 200


@pytest.mark.parametrize("name", ["stranger@example.org", "nobody@example.org"])
def test_it_tells_nothing_of_who_exists(member: User, name: str) -> None:
    for _ in range(3):
        attempt(name=name)

    response = APIClient().post(URL, {"email": name, "password": PASSWORD}, REMOTE_ADDR=HERE)

    assert response.status_code == 429
    assert response.json()["errors"][0]["code"] == "throttled"
    assert AuditEntry.objects.filter(action="auth.login_paused", outcome="refused").count() == 1


def test_an_accounts_two_names_are_one(member: User) -> None:
    assert [attempt(name="stranger"), attempt(name="STRANGER@example.org"), attempt()] == [401] * 3

    assert attempt(name="stranger") == 1


def test_success_starts_anew(member: User) -> None:
    for _ in range(3):
        assert [attempt(), attempt(), attempt(PASSWORD)] == [401, 401, 200]


def test_guessers_from_everywhere_slow_an_account_down_for_a_minute_at_most(member: User, time: Timezone) -> None:
    addresses = (f"198.51.100.{number}" for number in range(200))
    while (pause := attempt(address=next(addresses))) != 60:
        time.forward(pause if pause < 60 else 0)

    assert attempt(PASSWORD, address=ELSEWHERE) == 60
    time.forward(60)
    assert attempt(PASSWORD, address=ELSEWHERE) == 200


def test_the_owner_does_not_wait_for_guessers_elsewhere(member: User) -> None:
    assert attempt(PASSWORD) == 200
    for number in range(5):
        attempt(address=f"198.51.100.{number}")

    assert attempt(address=ELSEWHERE) == 1
    assert attempt(PASSWORD) == 200


def test_an_address_that_tries_many_accounts_waits(member: User, owner: User) -> None:
    assert [attempt(name=f"nobody{number}@example.org") for number in range(7)] == [401] * 7

    assert attempt(PASSWORD) == 1
    assert attempt(PASSWORD, address=ELSEWHERE) == 200


def test_many_who_share_an_address_and_know_their_passwords(member: User) -> None:
    assert [attempt(PASSWORD) for _ in range(10)] == [200] * 10


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_not_all_let_through(member: User) -> None:
    answers = together(*[attempt] * 8)

    assert sorted(answers) == [1] * 5 + [401] * 3


def test_the_admins_page_waits_too(member: User) -> None:
    User.objects.update(role=Role.ADMIN)
    form = {"username": "stranger", "password": "wrong horse"}
    for _ in range(3):
        Client().post("/admin/login/", form)

    answer = Client().post("/admin/login/", form | {"password": PASSWORD})

    assert answer.status_code == 200
    assert "Too many attempts to sign in." in answer.content.decode()


def test_an_access_token_is_no_way_to_guess_the_password(member: User, as_user: Callable[[User], APIClient]) -> None:
    body: dict[str, Any] = {"current_password": "wrong horse", "new_password": "a new horse battery"}
    answers = [as_user(member).post("/api/v1/auth/password", body).status_code for _ in range(4)]

    assert answers == [400, 400, 400, 429]


def test_old_rows_are_deleted(member: User, time: Timezone) -> None:
    attempt()
    time.forward(29 * 86400)
    attempt(address=ELSEWHERE)
    time.forward(2 * 86400)

    assert sign_in_attempts_delete_old() == 2
    assert SignInAttempts.objects.count() == 3


def test_what_was_typed_is_not_written_down(member: User) -> None:
    attempt(name="correct horse battery")

    assert "horse" not in str(list(SignInAttempts.objects.values()))
