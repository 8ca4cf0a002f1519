"""What Django itself tells of, into the audit log: refused sign-ins, and what is done on the admin's pages."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Outcome, User
from accounts.origin import Origin, origin_of
from accounts.selectors import user_find_named
from accounts.services.audit import audit_record

_ADMIN_ACTIONS = {1: "admin.add", 2: "admin.change", 3: "admin.delete"}


@receiver(user_login_failed)
def record_refused_sign_in(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Whose account was tried. A name that nobody has is not written down: it may be a password in the wrong field."""
    user = user_find_named(name=credentials.get("username") or "")
    audit_record(
        origin=origin_of(request) if request else Origin(),
        action="auth.login",
        outcome=Outcome.REFUSED,
        object_type="user",
        object_id=user.pk if user else "",
    )


@receiver(user_logged_in)
def record_admin_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """The admin's pages sign in with a session; the API does it itself."""
    audit_record(origin=origin_of(request, actor=user), action="admin.login", object_type="user", object_id=user.pk)


@receiver(post_save, sender=LogEntry)
def record_admin_change(instance: LogEntry, **_: Any) -> None:
    """Django's own history, kept where nobody can change it. It names fields, never their values."""
    content_type = instance.content_type
    audit_record(
        origin=Origin(actor_id=str(instance.user.pk), actor_name=instance.user.get_username(), actor_kind="user"),
        action=_ADMIN_ACTIONS[instance.action_flag],
        object_type=content_type.model if content_type else "",
        object_id=instance.object_id or "",
        change=instance.get_change_message(),
    )
