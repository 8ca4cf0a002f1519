"""Reads of accounts and keys."""

from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.tokens import api_key_hash


def user_find_active(*, user_id: str) -> User | None:
    """The account of this id, unless it is gone or deactivated."""
    # isdecimal alone takes other scripts' digits.
    if not (user_id.isascii() and user_id.isdecimal()):
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


def api_key_find_usable(*, text: str) -> ApiKey | None:
    """The key with its owner, unless it is unknown, revoked or expired. Asked each time: revoking works at once."""
    usable = ApiKey.objects.usable(at=timezone.now()).select_related("owner")
    return usable.filter(key_hash=api_key_hash(text)).first()
