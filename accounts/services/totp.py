"""The second factor: setting it up, asking for it, taking it away (docs/adr/0015)."""

import hashlib
import secrets
from base64 import b32encode
from dataclasses import dataclass
from uuid import UUID

import pyotp
import segno
import structlog
from django.db import transaction
from django.utils import timezone
from pyotp.exceptions import OTPVerificationError
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, ValidationError

from accounts.models import Outcome, RecoveryCode, TotpDevice, User
from accounts.origin import Origin
from accounts.sealing import SealBroken, seal, unseal
from accounts.selectors import totp_is_on
from accounts.services.audit import audit_record
from accounts.services.refresh_tokens import refresh_tokens_revoke_all
from accounts.services.sign_in_attempts import sign_in_attempt_begin, sign_in_attempt_succeed

logger = structlog.get_logger(__name__)

ISSUER = "Tidewatch"
RECOVERY_CODES = 10
DRIFT = 1
"""So many half minutes a clock may be off, either way."""


class OtpRequired(AuthenticationFailed):
    """The password was right, and this account has a second factor."""

    default_code = "otp_required"
    default_detail = "This account has a second factor: send its code, or a recovery code, as otp."


class OtpWrong(AuthenticationFailed):
    """The password was right, the code was not."""

    default_code = "otp_wrong"
    default_detail = "This code is wrong, too old, or was used before."


class TotpAlreadyOn(APIException):
    """A second one would silently put the first out of use."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "totp_already_on"
    default_detail = "There is a second factor already. Take it away first."


@dataclass(frozen=True, slots=True)
class NewTotp:
    """What an authenticator app is told, this once."""

    secret: str
    uri: str
    qr_svg: str


def totp_begin(*, user: User, origin: Origin) -> NewTotp:
    """A new secret, which counts once a code of it is confirmed. One that was not confirmed is forgotten.

    Raises:
        TotpAlreadyOn
    """
    secret = pyotp.random_base32()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if totp_is_on(user=user):
            raise TotpAlreadyOn
        TotpDevice.objects.filter(user=user).delete()
        TotpDevice.objects.create(user=user, sealed_secret=seal(secret))
        audit_record(origin=origin, action="totp.begin", object_type="user", object_id=user.pk)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return NewTotp(secret=secret, uri=uri, qr_svg=segno.make(uri).svg_inline(scale=4))


def totp_confirm(*, user: User, code: str, keep_family: UUID | None, origin: Origin) -> list[str]:
    """From now on signing in asks for a code; gives the recovery codes.

    Whoever else is signed in came in by the password alone, and is signed out.

    Raises:
        ValidationError: nothing is to be confirmed, or not by this code.
    """
    with transaction.atomic():
        device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at=None).first()
        if device is None or not _spend_timecode(device, code):
            raise _wrong_code()
        device.confirmed_at = timezone.now()
        device.save(update_fields=["confirmed_at"])
        codes = [_recovery_code_make() for _ in range(RECOVERY_CODES)]
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_recovery_code_hash(one)) for one in codes)
        refresh_tokens_revoke_all(user=user, keep_family=keep_family)
        audit_record(origin=origin, action="totp.on", object_type="user", object_id=user.pk)
    return codes


def totp_remove_by_owner(*, user: User, code: str, address: str | None, origin: Origin) -> None:
    """Take it away, by a code of it; without one there is nothing to do.

    Raises:
        ValidationError: the code is wrong.
        SignInPaused: it was not looked at.
    """
    try:
        second_factor_check(user=user, code=code, address=address, origin=origin)
    except OtpWrong:
        raise _wrong_code() from None
    totp_remove(user=user, origin=origin)


def totp_remove(*, user: User, origin: Origin) -> bool:
    """Signing in asks for the password alone; gives whether there was anything to take away."""
    with transaction.atomic():
        removed, _ = TotpDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        if removed:
            audit_record(origin=origin, action="totp.off", object_type="user", object_id=user.pk)
    return bool(removed)


def second_factor_check(*, user: User, code: str, address: str | None, origin: Origin) -> None:
    """Nothing, where there is no second factor or this is a code of it. A code works once.

    Wrong codes cost the pauses of wrong passwords, but are counted apart: a right password does not forgive them.

    Raises:
        OtpRequired: no code was given.
        OtpWrong: another was.
        SignInPaused: it was not looked at.
    """
    if not totp_is_on(user=user):
        return
    if not code:
        raise OtpRequired
    attempt = sign_in_attempt_begin(account=f"otp {user.pk}", address=address)
    if not (_code_spend(user, code) or _recovery_code_spend(user, code, origin)):
        audit_record(origin=origin, action="totp.code", outcome=Outcome.REFUSED, object_type="user", object_id=user.pk)
        raise OtpWrong
    sign_in_attempt_succeed(attempt=attempt)


def _code_spend(user: User, code: str) -> bool:
    with transaction.atomic():
        device = TotpDevice.objects.select_for_update().filter(user=user).exclude(confirmed_at=None).first()
        return device is not None and _spend_timecode(device, code)


def _spend_timecode(device: TotpDevice, code: str) -> bool:
    """Whether it is a code of now that was not used; the device's row is locked."""
    try:
        totp = pyotp.TOTP(unseal(device.sealed_secret))
    except SealBroken:
        logger.exception("totp_secret_unreadable", user_id=device.pk)  # SECRET_KEY changed without a fallback
        return False
    try:
        timecode = totp.verify_and_get_timecode(_plain(code), for_time=timezone.now(), valid_window=DRIFT)
    except OTPVerificationError:
        return False
    if timecode <= device.last_timecode:
        return False
    device.last_timecode = timecode
    device.save(update_fields=["last_timecode"])
    return True


def _recovery_code_spend(user: User, code: str, origin: Origin) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used_at=None, code_hash=_recovery_code_hash(code))
    spent = unused.update(used_at=timezone.now()) == 1  # of two at once one finds it unused
    if spent:
        audit_record(origin=origin, action="totp.recovery_code", object_type="user", object_id=user.pk)
    return spent


def _recovery_code_make() -> str:
    """80 bits of chance, in groups of four."""
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _recovery_code_hash(code: str) -> str:
    """What is kept of it: with 80 bits of chance a quick hash is as good as a slow one."""
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _wrong_code() -> ValidationError:
    return ValidationError({"code": OtpWrong.default_detail}, code="incorrect")


def _plain(code: str) -> str:
    """Without what people put in between."""
    return code.replace(" ", "").replace("-", "").lower()
