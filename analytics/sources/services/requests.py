"""Makes, changes and deletes sources, and asks for their runs."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ValidationError

from accounts.models import User
from analytics.kept_task import UNFINISHED, TaskStatus
from analytics.selectors.table_uses import table_uses
from analytics.services.task_runs import task_enqueue
from analytics.sources.configs import ConfigKind, destination, name_from
from analytics.sources.models import NAME_MAX_LENGTH, Source, SourceRun, SourceType
from analytics.sources.names import TABLES_RESERVED, numbered, table_name_from
from analytics.sources.schedules import ScheduleInvalid, schedule_next
from analytics.sources.secrets import secrets_decrypt, secrets_encrypt
from analytics.sources.services.scheduling import source_run_create
from analytics.sources.tables import stored_name, table_drop
from analytics.sources.tasks import source_run
from storage_app.advisory_lock import wait_until_commit
from storage_app.files.selectors import file_ready

NAMES_TRIED = 1000


def source_create(*, owner: User, fields: dict[str, Any]) -> Source:
    """A source of this owner's. What is not named is named after the data.

    Raises:
        ValidationError: a taken table's name, a path or a schedule that is none.
        NoSecretKey
    """
    source = Source(owner=owner, type=fields["type"])
    public, secrets = _parted(fields)
    _set(source, fields, public)
    source.secrets = secrets_encrypt(secrets)
    source.name = fields.get("name") or name_from(source.type, public)[:NAME_MAX_LENGTH]
    with transaction.atomic():
        wait_until_commit("names of imported tables")
        source.table_name = _table_name(fields.get("table_name"), source.name)
        source.save()
    return source


def source_update(*, source_id: int, fields: dict[str, Any]) -> Source:
    """Change a source; `fields` are all of it, less secrets that stay as they are.

    Raises:
        ValidationError: what cannot be changed, a path or a schedule that is none, a secret for another server.
        NotFound: it was deleted meanwhile.
    """
    with transaction.atomic():
        source = Source.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=source_id).first()
        if source is None:
            raise NotFound
        for name in ("type", "table_name"):
            if fields.get(name, getattr(source, name)) != getattr(source, name):
                raise _refused(name, "This cannot be changed; make another source.", "immutable")
        public, secrets = _parted(fields)
        kept = (
            secrets_decrypt(source.secrets) if source.secrets and set(_secret_names(source.type)) - set(secrets) else {}
        )
        if kept and destination(source.type, source.config) != destination(source.type, public):
            name = _secret_names(source.type)[0]
            raise _refused(f"config.{name}", "It goes to another server now, so give it again.", "secret_needed")
        _set(source, fields, public)
        source.secrets = secrets_encrypt(kept | secrets) if secrets else source.secrets
        source.name = fields.get("name") or source.name
        source.save()
    return source


class TableInUse(APIException):
    """The table is asked by something that would fail without it."""

    status_code = 409
    default_code = "table_in_use"


def source_delete(*, source: Source, viewer: User, force: bool = False) -> None:
    """Delete a source with its runs and its table; a run that is under way is called off.

    Raises:
        TableInUse: unless `force`; it names what the viewer may see of what uses the table.
        StoreUnavailable: nothing is deleted.
    """
    if not force and (uses := table_uses(viewer=viewer, table_name=source.table_name)):
        raise TableInUse([*uses, "Without the table they fail. ?force=true deletes it nevertheless."])
    with transaction.atomic():
        # A run locks its row to put its table in place: after this it finds that it was called off.
        runs = SourceRun.objects.select_for_update().filter(source=source, status__in=UNFINISHED)
        runs_ids = list(runs.values_list("pk", flat=True))
        SourceRun.objects.filter(pk__in=runs_ids).update(status=TaskStatus.CANCELLED, finished_at=timezone.now())
        table_drop(table=stored_name(source.table_name))
        source.delete()


def source_sync(*, source_id: int, requested_by_id: int) -> SourceRun:
    """Ask for a run, or join the one that has not finished.

    Raises:
        NotFound: the source was deleted meanwhile.
    """
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_id).first()
        if source is None:
            raise NotFound
        run, is_new = source_run_create(source=source, requested_by_id=requested_by_id)
        if is_new:
            transaction.on_commit(partial(task_enqueue, task=run, message=source_run))
    return run


def _parted(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The config without its secrets, and its secrets."""
    names = _secret_names(fields["type"])
    config = fields["config"]
    public = {name: value for name, value in config.items() if name not in names and value is not None}
    return public, {name: config[name] for name in names if name in config}


def _secret_names(kind: str) -> tuple[str, ...]:
    return ConfigKind.secret.get(kind, ())


def _set(source: Source, fields: dict[str, Any], public: dict[str, Any]) -> None:
    if source.type == SourceType.FILE and source.config != public:
        _check_file(source.owner, public["path"])
    source.config = public
    source.mode = fields["mode"]
    source.key = list(fields["key"])
    source.columns = [dict(column) for column in fields["columns"]]
    schedule = fields["schedule"]
    if schedule != source.schedule:
        source.next_run_at = _first_time(schedule)
    source.schedule = schedule


def _first_time(schedule: str) -> Any:
    try:
        return schedule_next(schedule, after=timezone.now()) if schedule else None
    except ScheduleInvalid as error:
        raise _refused("schedule", str(error), "invalid") from None


def _check_file(owner: User | None, path: str) -> None:
    try:
        if owner:
            file_ready(viewer=owner, shown_path=path)
    except APIException as error:  # no name of a file, none there, not ready
        raise ValidationError({"config": {"path": [ErrorDetail(str(_first(error.detail)), code="no_file")]}}) from None


def _first(detail: Any) -> Any:
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail))
    return detail


def _table_name(asked: str | None, source_name: str) -> str:
    if asked:
        if Source.objects.filter(table_name=asked).exists():
            raise _refused("table_name", "There is a table of this name.", "taken")
        return asked
    base = table_name_from(source_name)
    names = [base, *(numbered(base, number) for number in range(2, NAMES_TRIED))]
    taken = TABLES_RESERVED | set(Source.objects.filter(table_name__in=names).values_list("table_name", flat=True))
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise _refused("table_name", "Name the table; too many are called so.", "required")
    return free


def _refused(field: str, detail: str, code: str) -> ValidationError:
    name, _, inner = field.partition(".")
    error = [ErrorDetail(detail, code=code)]
    return ValidationError({name: {inner: error} if inner else error})
