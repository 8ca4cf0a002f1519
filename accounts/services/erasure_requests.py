"""Asks for erasures."""

from functools import partial

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError
from rest_framework.exceptions import ValidationError

from accounts.models import Erasure, Role, User
from accounts.origin import Origin
from accounts.personal_data import person_find, subject_hash
from accounts.services.audit import audit_record
from accounts.services.refresh_tokens import refresh_tokens_revoke_all
from accounts.tasks import erasure_run

logger = structlog.get_logger(__name__)


class LastAdmin(ValidationError):
    """Without this account nobody could administer anything."""

    def __init__(self) -> None:
        super().__init__("You are the only admin. Make somebody else one first.", code="last_admin")


def erasure_request(*, user_id: str, includes_account: bool, origin: Origin) -> Erasure:
    """Erase what is held on whoever has this id; with `includes_account` also the account that has it.

    Raises:
        ValidationError: it is the caller's own account.
    """
    account = person_find(user_id=user_id).account if includes_account else None
    if account and str(account.pk) == origin.actor_id:
        raise ValidationError({"account": "Erase your own account with DELETE /auth/me."})
    return _request(user_id=user_id, account=account, origin=origin)


def erasure_request_own(*, user: User, origin: Origin) -> Erasure:
    """Erase oneself: the account is closed at once.

    Raises:
        LastAdmin
    """
    return _request(user_id=str(user.pk), account=user, origin=origin)


@transaction.atomic
def _request(*, user_id: str, account: User | None, origin: Origin) -> Erasure:
    if account:
        _account_close(account)
    erasure = Erasure.objects.create(
        subject=subject_hash(user_id), user_id=user_id, includes_account=account is not None
    )
    audit_record(
        origin=origin,
        action="erasure.request",
        object_type="person",
        object_id=user_id,
        erasure_id=str(erasure.pk),
        includes_account=erasure.includes_account,
    )
    transaction.on_commit(partial(_enqueue, erasure))
    return erasure


def _account_close(user: User) -> None:
    """Nobody gets in any more. Admins are locked in one order, so that two who leave at once do not both go."""
    if user.role == Role.ADMIN:
        admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
        if {admin.pk for admin in admins} <= {user.pk}:
            raise LastAdmin
    User.objects.filter(pk=user.pk).update(is_active=False)
    refresh_tokens_revoke_all(user=user)


def _enqueue(erasure: Erasure) -> None:
    """Wake a worker. Without the broker, the next look at what is due does."""
    try:
        erasure_run.delay(str(erasure.pk))
    except OperationalError as error:
        logger.warning("erasure_not_enqueued", erasure_id=str(erasure.pk), reason=str(error))
