"""Reads of accounts, keys and the audit log."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.course_cache import teaching
from accounts.models import ApiKey, AuditEntry, Erasure, RecoveryCode, Role, TotpDevice, User
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


@dataclass(frozen=True, slots=True)
class TotpState:
    """Whether somebody has a second factor."""

    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int
    required: bool


def totp_is_on(*, user: User) -> bool:
    """Whether signing in asks for a code."""
    return TotpDevice.objects.filter(user=user).exclude(confirmed_at=None).exists()


def totp_is_missing(*, user: User) -> bool:
    """Whether this is an admin who must have a second factor and has none."""
    return bool(settings.ADMIN_REQUIRES_TOTP and user.role == Role.ADMIN and not totp_is_on(user=user))


def totp_state(*, user: User) -> TotpState:
    """What there is to know of somebody's second factor."""
    device = TotpDevice.objects.filter(user=user).exclude(confirmed_at=None).first()
    return TotpState(
        enabled=device is not None,
        confirmed_at=device.confirmed_at if device else None,
        recovery_codes_left=RecoveryCode.objects.filter(user=user, used_at=None).count(),
        required=settings.ADMIN_REQUIRES_TOTP and user.role == Role.ADMIN,
    )


def api_key_find_usable(*, text: str) -> ApiKey | None:
    """The key with its owner, unless it is unknown, revoked or expired. Asked each time: revoking works at once."""
    usable = ApiKey.objects.usable(at=timezone.now()).select_related("owner")
    return usable.filter(key_hash=api_key_hash(text)).first()


def user_list(*, search: str = "", role: str | None = None, is_active: bool | None = None) -> QuerySet[User]:
    """Accounts by username; `search` is part of any of their names."""
    found = User.objects.order_by("username").prefetch_related("course_teachers")
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


def visible_courses(user: User | AnonymousUser) -> frozenset[str] | None:
    """The courses of which somebody sees every event, person and metric; None: of all of them, and of none too.

    The one place that knows of the limit. It may be up to a minute old.
    """
    if not isinstance(user, User) or user.role == Role.STUDENT:
        return frozenset()
    known = teaching.find(str(user.pk))
    if known is None:
        return frozenset()
    # By their own role: an admin's API key acts as a teacher, but not as one with courses.
    if known.role == Role.ADMIN:
        return None
    if not known.courses and settings.TEACHERS_WITHOUT_COURSES_SEE == "all":
        return None
    return known.courses


def erasure_list(*, user_id: str | None = None, status: str | None = None) -> QuerySet[Erasure]:
    """Erasures, newest first; of one person by the id they had, of which only a hash is kept."""
    found = Erasure.objects.all()
    if user_id is not None:
        found = found.filter(subject=subject_hash(user_id))
    return found if status is None else found.filter(status=status)
