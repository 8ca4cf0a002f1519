"""Reads of accounts."""

from accounts.models import User


def user_find_active(*, user_id: str) -> User | None:
    """The account of this id, unless it is gone or deactivated."""
    # isdecimal alone takes other scripts' digits.
    if not (user_id.isascii() and user_id.isdecimal()):
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()
