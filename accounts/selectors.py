"""Reads of accounts, keys and the audit log."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry, Erasure, User
from accounts.personal_data import subject_hash
from accounts.tokens import api_key_hash


def user_find_active(*, user_id: str) -> User | None:
    """The account of this id, unless it is gone or deactivated."""
    # isdecimal alone takes other scripts' digits.
    if not (user_id.isascii() and user_id.isdecimal()):
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


def user_find_named(*, name: str) -> User | None:
    """The account with this email or username, active or not."""
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None


def api_key_find_usable(*, text: str) -> ApiKey | None:
    """The key with its owner, unless it is unknown, revoked or expired. Asked each time: revoking works at once."""
    usable = ApiKey.objects.usable(at=timezone.now()).select_related("owner")
    return usable.filter(key_hash=api_key_hash(text)).first()


def user_list(*, search: str = "", role: str | None = None, is_active: bool | None = None) -> QuerySet[User]:
    """Accounts by username; `search` is part of any of their names."""
    found = User.objects.order_by("username")
    if search:
        fields = ("email", "username", "first_name", "last_name")
        found = found.filter(*[Q.create([(f"{field}__icontains", search) for field in fields], connector=Q.OR)])
    if role is not None:
        found = found.filter(role=role)
    return found if is_active is None else found.filter(is_active=is_active)


def audit_entry_list(
    *, start: datetime | None = None, end: datetime | None = None, **exactly: str
) -> QuerySet[AuditEntry]:
    """Entries, newest first, in [start, end); `exactly`: actor_id, action, outcome."""
    found = AuditEntry.objects.filter(**exactly)
    if start is not None:
        found = found.filter(at__gte=start)
    return found if end is None else found.filter(at__lt=end)


def erasure_list(*, user_id: str | None = None, status: str | None = None) -> QuerySet[Erasure]:
    """Erasures, newest first; of one person by the id they had, of which only a hash is kept."""
    found = Erasure.objects.all()
    if user_id is not None:
        found = found.filter(subject=subject_hash(user_id))
    return found if status is None else found.filter(status=status)
