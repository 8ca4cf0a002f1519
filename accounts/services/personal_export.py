"""Everything that is held on somebody, as one file."""

from collections.abc import Iterator
from itertools import chain

from accounts.models import ApiKey, AuditEntry, User
from accounts.origin import Origin
from accounts.personal_data import ExportFile, holders, ndjson, person_find
from accounts.services.audit import audit_record
from accounts.zip_stream import zip_stream

_ACCOUNT = ("id", "email", "username", "first_name", "last_name", "role", "date_joined", "last_login")
_KEYS = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
_AUDIT = ("at", "actor_name", "actor_kind", "action", "outcome", "object_type", "object_id", "address", "details")


def personal_export(*, user: User, origin: Origin) -> Iterator[bytes]:
    """A ZIP file with everything held on this person, piece by piece, in constant memory.

    Raises:
        StoreUnavailable: before the first piece. Later on the file ends early, and no program takes it for whole.
    """
    person = person_find(user_id=str(user.pk))
    files = [holder.export(person=person) for holder in holders().values()]
    audit_record(origin=origin, action="auth.export", object_type="user", object_id=user.pk)
    return zip_stream(chain(_account_files(user), *files))


def _account_files(user: User) -> Iterator[ExportFile]:
    account = {name: getattr(user, name) for name in _ACCOUNT}
    keys = ApiKey.objects.filter(owner=user).values(*_KEYS)
    audit = AuditEntry.objects.filter(actor_id=str(user.pk)).order_by("id").values(*_AUDIT)
    yield ExportFile("account.ndjson", ndjson([account]))
    yield ExportFile("api-keys.ndjson", ndjson(keys.iterator()))
    yield ExportFile("audit-log.ndjson", ndjson(audit.iterator()))
