"""manage.py create_admin"""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, Role, User
from tests.accounts.passwords import PASSWORD

pytestmark = pytest.mark.django_db


def test_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_admin", "Ada@Example.org", PASSWORD)

    ada = User.objects.get(email="ada@example.org")
    assert (ada.role, ada.username, ada.check_password(PASSWORD)) == (Role.ADMIN, "ada", True)
    assert AuditEntry.objects.get().actor_kind == "system"
    assert PASSWORD not in capsys.readouterr().out


def test_somebody_who_is_there_becomes_one(member: User) -> None:
    User.objects.update(is_active=False)

    call_command("create_admin", member.email, "another horse battery")

    member.refresh_from_db()
    assert (member.role, member.is_active, member.check_password(PASSWORD)) == (Role.ADMIN, True, True)


@pytest.mark.parametrize(("email", "password"), [("ada", PASSWORD), ("ada@example.org", "short"), ("", PASSWORD)])
def test_values(email: str, password: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_admin", email, password)

    assert not User.objects.exists()
