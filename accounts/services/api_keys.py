"""API keys: making, noting a use, revoking."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import ApiKey, Device, User
from accounts.origin import Origin
from accounts.services.audit import audit_record
from accounts.tokens import api_key_hash, api_key_make

_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made. `text` is the key itself, which nobody can be shown again."""

    api_key: ApiKey
    text: str


def api_key_create(
    *,
    owner: User,
    name: str,
    scopes: list[str],
    origin: Origin,
    expires_at: datetime | None = None,
    device: Device | None = None,
) -> NewApiKey:
    """Make a key; with a device it is that device's alone, and has the scope `ingest` only."""
    text, prefix = api_key_make()
    api_key = ApiKey.objects.create(
        owner=owner,
        device=device,
        name=name,
        prefix=prefix,
        key_hash=api_key_hash(text),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit_record(
        origin=origin, action="api_key.create", object_type="api_key", object_id=api_key.pk, scopes=api_key.scopes
    )
    return NewApiKey(api_key=api_key, text=text)


def api_key_note_use(*, api_key: ApiKey) -> None:
    """Remember that the key was used; written at most once a minute, however many processes see it."""
    now = timezone.now()
    if api_key.last_used_at is None or api_key.last_used_at < now - _NOTE_USE_EVERY:
        ApiKey.objects.filter(pk=api_key.pk).unused_since(now - _NOTE_USE_EVERY).update(last_used_at=now)


def api_key_revoke(*, api_key: ApiKey, origin: Origin) -> None:
    """From now on nobody gets in with this key."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=timezone.now())
    audit_record(origin=origin, action="api_key.revoke", object_type="api_key", object_id=api_key.pk)
