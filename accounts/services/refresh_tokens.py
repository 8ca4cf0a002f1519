"""Refresh tokens: giving out, spending, revoking, forgetting."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import CleanupRun, Outcome, RefreshToken, User
from accounts.origin import Origin
from accounts.services.audit import audit_record
from accounts.tokens import REFRESH_TOKEN_REFUSED, access_token_sign, refresh_token_read, refresh_token_sign

DELETE_CHUNK = 1000
KEEP_RUNS_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client keeps to stay signed in."""

    access: str
    refresh: str


def token_pair_issue(*, user: User, family: UUID) -> TokenPair:
    """A new pair; the refresh token is remembered in its family."""
    refresh = refresh_token_sign(user=user)
    RefreshToken.objects.create(jti=refresh.jti, user=user, family=family, expires_at=refresh.expires_at)
    return TokenPair(access=access_token_sign(user=user, family=family), refresh=refresh.text)


def refresh_token_rotate(*, refresh: str, origin: Origin) -> TokenPair:
    """Spend a refresh token on a new pair.

    A spent one that comes again was copied, and nobody can tell which holder is the thief: the whole family goes.

    Raises:
        AuthenticationFailed: the token cannot be spent, for whatever reason.
    """
    jti = refresh_token_read(refresh)
    with transaction.atomic():
        token = _refresh_token_lock(jti)
        if token.is_live:
            token.spent_at = timezone.now()
            token.save(update_fields=["spent_at"])
            return token_pair_issue(user=token.user, family=token.family)
        if token.spent_at:
            refresh_token_families_revoke(families=[token.family])
            audit_record(
                origin=origin,
                action="auth.refresh_reused",
                outcome=Outcome.REFUSED,
                object_type="user",
                object_id=token.user_id,
            )
    # Outside the transaction: the revocation stands.
    raise AuthenticationFailed(REFRESH_TOKEN_REFUSED)


def refresh_token_revoke(*, refresh: str, origin: Origin) -> None:
    """Sign out: no token of this family can be used again. Twice is as good as once.

    Raises:
        AuthenticationFailed: no token of ours, or expired.
    """
    jti = refresh_token_read(refresh)
    with transaction.atomic():
        token = _refresh_token_lock(jti)
        refresh_token_families_revoke(families=[token.family])
        audit_record(origin=origin, action="auth.logout", object_type="user", object_id=token.user_id)


def refresh_token_families_revoke(*, families: list[UUID]) -> int:
    """Revoke every token of these families; gives the number that was revoked now."""
    holders = User.objects.filter(refresh_tokens__family__in=families).order_by("pk")
    with transaction.atomic():
        list(holders.select_for_update(no_key=True, of=("self",)))  # see _refresh_token_lock
        return RefreshToken.objects.filter(family__in=families).revoke()


def refresh_tokens_revoke_all(*, user: User, keep_family: UUID | None = None) -> int:
    """Sign somebody out everywhere, but where `keep_family` is used; gives the number that was revoked now."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # see _refresh_token_lock
        tokens = RefreshToken.objects.filter(user=user)
        return (tokens.exclude(family=keep_family) if keep_family else tokens).revoke()


def refresh_tokens_delete_expired() -> int:
    """Delete expired refresh tokens, 1,000 at a time so that no lock is held for long; gives their number.

    The round is noted as a CleanupRun, and notes older than a month go.
    """
    CleanupRun.objects.filter(started_at__lt=timezone.now() - KEEP_RUNS_FOR).delete()
    run = CleanupRun.objects.create()
    expired = RefreshToken.objects.expired(at=timezone.now()).order_by("expires_at")
    total = 0
    while chunk := list(expired.values_list("pk", flat=True)[:DELETE_CHUNK]):
        total += RefreshToken.objects.filter(pk__in=chunk).delete()[0]
    run.deleted_count, run.finished_at = total, timezone.now()
    run.save()
    return total


def _refresh_token_lock(jti: UUID) -> RefreshToken:
    """The token, read while its user is locked: whatever is done to one person's tokens is done one by one.

    A lock on the token alone would let a revocation miss the token that is being made from it.

    Raises:
        AuthenticationFailed: there is no such token.
    """
    user = User.objects.select_for_update(no_key=True, of=("self",)).filter(refresh_tokens__jti=jti).first()
    token = RefreshToken.objects.filter(jti=jti).first()
    if user is None or token is None:
        raise AuthenticationFailed(REFRESH_TOKEN_REFUSED)
    token.user = user
    return token
