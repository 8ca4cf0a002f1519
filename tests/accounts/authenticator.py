"""An authenticator app whose clock a test moves."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from rest_framework.test import APIClient

from accounts.services import totp as totp_service
from tests.accounts.passwords import PASSWORD

TOTP = "/api/v1/auth/totp"


class Authenticator:
    """Ours and the server's clock are one; it stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = datetime(2025, 3, 10, 12, tzinfo=UTC)
        self.secret = ""
        monkeypatch.setattr(totp_service, "timezone", self)

    def now(self) -> datetime:
        """As django.utils.timezone.now."""
        return self.moment

    def wait(self, half_minutes: int = 1) -> None:
        """Until the next code."""
        self.moment += timedelta(seconds=30 * half_minutes)

    def code(self, *, half_minutes: int = 0) -> str:
        """What the app shows now, or showed or will show."""
        return pyotp.TOTP(self.secret).at(self.moment, counter_offset=half_minutes)

    def enrol(self, client: APIClient) -> list[str]:
        """Set it up as somebody who is signed in; gives the recovery codes."""
        begun = client.post(TOTP, {"password": PASSWORD})
        assert begun.status_code == 200, begun.content
        self.secret = begun.json()["secret"]
        confirmed = client.post(f"{TOTP}/confirm", {"code": self.code()})
        assert confirmed.status_code == 200, confirmed.content
        self.wait()
        codes: list[str] = confirmed.json()["recovery_codes"]
        return codes
