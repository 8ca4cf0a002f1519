"""The second factor: setting it up, signing in with it, taking it away."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry, RecoveryCode, RefreshToken, TotpDevice, User
from accounts.services.sign_in_attempts import RULES
from tests.accounts.authenticator import TOTP, Authenticator
from tests.accounts.passwords import PASSWORD
from tests.accounts.together import together

LOGIN = "/api/v1/auth/login"
AsUser = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db


def sign_in(otp: Any = ..., password: str = PASSWORD) -> Any:
    sent = {"email": "stranger@example.org", "password": password}
    return APIClient().post(LOGIN, sent if otp is ... else sent | {"otp": otp})


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["code"]


@pytest.fixture
def codes(member: User, as_user: AsUser, app: Authenticator) -> list[str]:
    """The member has a second factor; its recovery codes."""
    return app.enrol(as_user(member))


def test_setting_it_up(member: User, as_user: AsUser, app: Authenticator) -> None:
    client = as_user(member)
    assert client.get(TOTP).json() == {
        "enabled": False, "confirmed_at": None, "recovery_codes_left": 0, "required": False,
    }  # fmt: skip

    begun = client.post(TOTP, {"password": PASSWORD}).json()
    uri = urlsplit(begun["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Tidewatch:stranger%40example.org")
    assert parse_qs(uri.query) == {"secret": [begun["secret"]], "issuer": ["Tidewatch"]}
    assert begun["qr_svg"].startswith("<svg")
    assert sign_in().status_code == 200  # it does not count yet

    app.secret = begun["secret"]
    codes = client.post(f"{TOTP}/confirm", {"code": app.code()}).json()["recovery_codes"]
    assert len(set(codes)) == 10
    state = client.get(TOTP).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    assert state["confirmed_at"].startswith("2025-03-10T12:00")


@pytest.mark.usefixtures("codes")
def test_signing_in(app: Authenticator) -> None:
    assert code_of(sign_in()) == code_of(sign_in("")) == code_of(sign_in(None)) == (401, "otp_required")
    answer = sign_in(f" {app.code()[:3]} {app.code()[3:]} ")
    assert answer.status_code == 200
    assert answer.json().keys() == {"user", "access", "refresh"}


@pytest.mark.usefixtures("codes")
def test_the_code_is_not_asked_for_before_the_password_is_right(app: Authenticator) -> None:
    assert code_of(sign_in(password="wrong horse")) == (401, "authentication_failed")
    assert code_of(sign_in(app.code(), password="wrong horse")) == (401, "authentication_failed")
    assert sign_in(app.code()).status_code == 200  # it was not spent


@pytest.mark.parametrize(("half_minutes", "status"), [(-3, 401), (-2, 401), (-1, 401), (0, 200), (1, 200), (2, 401)])
@pytest.mark.usefixtures("codes")
def test_clocks_may_differ_a_little(app: Authenticator, half_minutes: int, status: int) -> None:
    # The one before was spent in setting it up.
    assert sign_in(app.code(half_minutes=half_minutes)).status_code == status


@pytest.mark.usefixtures("codes")
def test_a_code_works_once_and_none_before_it(app: Authenticator) -> None:
    app.wait()
    earlier, code = app.code(half_minutes=-1), app.code()
    assert sign_in(code).status_code == 200
    assert code_of(sign_in(code)) == code_of(sign_in(earlier)) == (401, "otp_wrong")
    app.wait()
    assert sign_in(app.code()).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("codes")
def test_of_two_at_once_with_one_code_one_gets_in(codes: list[str], app: Authenticator) -> None:
    for code in (app.code(), codes[0]):
        answers = together(*[partial(sign_in, code)] * 4)
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_a_recovery_code_works_once(member: User, codes: list[str], as_user: AsUser) -> None:
    assert sign_in(codes[0]).status_code == 200
    assert code_of(sign_in(codes[0])) == (401, "otp_wrong")
    assert sign_in(codes[1].upper().replace("-", " ")).status_code == 200
    assert as_user(member).get(TOTP).json()["recovery_codes_left"] == 8
    assert AuditEntry.objects.filter(action="totp.recovery_code", object_id=str(member.pk)).count() == 2


def test_nobody_elses_code(codes: list[str], colleague: User, as_user: AsUser, app: Authenticator) -> None:
    colleague.set_password(PASSWORD)
    colleague.save()
    mine = app.secret
    theirs = app.enrol(as_user(colleague))
    assert app.secret != mine
    assert code_of(sign_in(theirs[0])) == code_of(sign_in(app.code())) == (401, "otp_wrong")


@pytest.mark.parametrize("otp", ["12345", "1234567", "abcdef", "\u0660" * 6, "💡" * 6, "-", "0" * 64, "' OR 1=1 --"])
@pytest.mark.usefixtures("codes")
def test_what_is_no_code(otp: str) -> None:
    assert code_of(sign_in(otp)) == (401, "otp_wrong")


@pytest.mark.parametrize("otp", [["123456"], {"a": 1}, True, "1" * 65, "1\x0023456"])
@pytest.mark.usefixtures("codes")
def test_what_can_be_no_code(otp: Any) -> None:
    assert sign_in(otp).status_code == 400


@pytest.mark.usefixtures("codes")
def test_wrong_codes_cost_pauses_that_a_right_password_does_not_forgive(app: Authenticator) -> None:
    for _ in range(RULES["pair"].free + 1):
        assert code_of(sign_in("000000")) == (401, "otp_wrong")
        assert code_of(sign_in()) == (401, "otp_required")

    paused = sign_in(app.code())
    assert code_of(paused) == (429, "throttled")
    assert int(paused.headers["Retry-After"]) >= 1
    assert code_of(sign_in()) == (401, "otp_required")  # the password has its own count


@pytest.mark.usefixtures("codes")
def test_signing_in_in_two_steps_uses_nothing_up(app: Authenticator) -> None:
    for _ in range(RULES["pair"].free + 5):
        assert code_of(sign_in()) == (401, "otp_required")
    assert sign_in(app.code()).status_code == 200


def test_whoever_came_in_by_the_password_alone_is_signed_out(
    member: User, login: Callable[[], dict[str, Any]], app: Authenticator, client: APIClient
) -> None:
    here, elsewhere = login(), login()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {here['access']}")
    app.enrol(client)

    assert client.post("/api/v1/auth/refresh", {"refresh": elsewhere["refresh"]}).status_code == 401
    assert client.post("/api/v1/auth/refresh", {"refresh": here["refresh"]}).status_code == 200


def test_what_does_not_set_it_up(member: User, as_user: AsUser, app: Authenticator) -> None:
    client = as_user(member)
    assert client.post(f"{TOTP}/confirm", {"code": "000000"}).status_code == 400  # nothing was begun
    for sent in ({}, {"password": "wrong horse"}, {"password": ["x"]}, {"password": None}):
        assert client.post(TOTP, sent).status_code == 400
    app.secret = client.post(TOTP, {"password": PASSWORD}).json()["secret"]
    forgotten = app.code()
    client.post(TOTP, {"password": PASSWORD})
    for code in (forgotten, "", None, ["1"], "x" * 65):
        assert client.post(f"{TOTP}/confirm", {"code": code}).status_code == 400
    assert client.get(TOTP).json()["enabled"] is False


def test_a_second_one_is_refused(member: User, codes: list[str], as_user: AsUser, app: Authenticator) -> None:
    assert code_of(as_user(member).post(TOTP, {"password": PASSWORD})) == (409, "totp_already_on")
    assert as_user(member).post(f"{TOTP}/confirm", {"code": app.code()}).status_code == 400
    assert sign_in(app.code()).status_code == 200


@pytest.mark.parametrize(("password", "by", "status"), [
    (PASSWORD, "app", 204), (PASSWORD, "paper", 204), (PASSWORD, "nothing", 400), ("wrong horse", "app", 400),
])  # fmt: skip
def test_taking_it_away(
    member: User, codes: list[str], as_user: AsUser, app: Authenticator, password: str, by: str, status: int
) -> None:
    code = {"app": app.code(), "paper": codes[3], "nothing": "000000"}[by]
    answer = as_user(member).delete(TOTP, {"password": password, "code": code})

    assert answer.status_code == status
    assert sign_in().status_code == (200 if status == 204 else 401)
    assert RecoveryCode.objects.exists() == (status != 204)


def test_no_store_has_a_secret(member: User, codes: list[str], app: Authenticator) -> None:
    sign_in(codes[0])
    kept = str([*TotpDevice.objects.values(), *RecoveryCode.objects.values(), *AuditEntry.objects.values()])
    assert not [secret for secret in (app.secret, app.code(), *codes) if secret in kept]
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["totp.begin", "totp.on", "totp.recovery_code", "auth.login"]


@pytest.mark.usefixtures("codes")
def test_a_new_secret_key_with_the_old_one_as_fallback(settings: Settings, app: Authenticator) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert sign_in(app.code()).status_code == 200
    app.wait()
    settings.SECRET_KEY_FALLBACKS = []
    assert code_of(sign_in(app.code())) == (401, "otp_wrong")


def test_who_has_lost_everything(member: User, codes: list[str]) -> None:
    call_command("remove_totp", "stranger@example.org")
    assert sign_in().status_code == 200
    with pytest.raises(CommandError, match="Nobody"):
        call_command("remove_totp", "nobody")
    assert not RefreshToken.objects.exclude(user=member).exists()
