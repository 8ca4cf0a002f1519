"""An account's own part of an erasure: keys, tokens, names, what the audit log says of it."""

import hashlib
import secrets

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import (
    ApiKey,
    AuditEntry,
    CourseTeacher,
    RecoveryCode,
    RefreshToken,
    SignInAttempts,
    TotpDevice,
    User,
)
from accounts.personal_data import Found


def account_erase(*, user: User, found: Found) -> None:
    """Erase all that says who it was. A nameless row stays for a while: requests may still know the account."""
    account = hashlib.sha256(str(user.pk).encode()).hexdigest()
    attempts = SignInAttempts.objects.filter(Q(key=f"account:{account}") | Q(key__startswith=f"pair:{account}:"))
    keys, tokens = ApiKey.objects.filter(owner=user), RefreshToken.objects.filter(user=user)
    found(account=1, api_keys=keys.count(), refresh_tokens=tokens.count())
    with transaction.atomic():
        for rows in (keys, tokens, attempts, _admin_history(user)):
            rows.delete()
        for model in (TotpDevice, RecoveryCode, CourseTeacher):
            model._default_manager.filter(user=user).delete()
        found(audit_entries=_audit_entries_unname(user))
        user.email, user.username = f"{secrets.token_hex(16)}@erased.invalid", f"erased-{secrets.token_hex(8)}"
        user.first_name = user.last_name = ""
        user.last_login = None
        user.set_unusable_password()
        user.save()


def account_delete(*, user: User) -> None:
    """Delete the nameless row, and whatever else still hangs on it."""
    user.delete()


def _admin_history(user: User) -> QuerySet[LogEntry]:
    """What the admin's pages say was done to them, which names them; the audit log has it without the name."""
    content_type = ContentType.objects.get_for_model(User)
    return LogEntry.objects.filter(content_type=content_type, object_id=str(user.pk))


def _audit_entries_unname(user: User) -> int:
    """The id stays, the name and the address go; the database lets nothing else be changed (migration 0011)."""
    theirs = Q(actor_id=str(user.pk)) | Q(actor_id="", object_type="user", object_id=str(user.pk))
    named = ~Q(actor_name="") | Q(address__isnull=False)
    return AuditEntry.objects.filter(theirs & named).update(actor_name="", address=None)
