"""Who asks."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.selectors import user_find_active


def account_now(request: Request) -> User:
    """The caller's account as it is now; request.user may be some seconds old.

    Raises:
        AuthenticationFailed: it is gone by now.
    """
    user = user_find_active(user_id=str(request.user.pk))
    if user is None:
        raise AuthenticationFailed("The account is gone or deactivated.")
    return user
