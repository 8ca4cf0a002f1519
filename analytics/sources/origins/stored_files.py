"""Files that somebody has uploaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import APIException

from accounts.models import User
from analytics.sources.errors import SourceFailed
from analytics.sources.origins.limits import Limits
from analytics.sources.origins.spool import Spooled, spooled
from storage_app.files import object_store
from storage_app.files.errors import FileStoreUnavailable, ObjectMissing
from storage_app.files.selectors import file_ready


@contextmanager
def stored_file_open(*, config: dict[str, Any], owner: User | None, limits: Limits) -> Iterator[Spooled]:
    """A file that the source's owner may read.

    Raises:
        SourceFailed
    """
    if owner is None:
        raise SourceFailed("The source has no owner any more, whose file it could be.", code="no_file")
    try:
        file = file_ready(viewer=owner, shown_path=config["path"])
    except APIException:  # no such file, not this owner's, or not to be read now
        raise SourceFailed("There is no such file, or it is not ready.", code="no_file") from None
    with spooled(_chunks(file.key), name=file.name, limits=limits) as result:
        yield result


def _chunks(key: str) -> Iterator[bytes]:
    try:
        yield from object_store.object_stream(key=key)
    except ObjectMissing:
        raise SourceFailed("The file is not in the file store any more.", code="no_file") from None
    except FileStoreUnavailable as error:
        raise SourceFailed("The file store is not available at the moment.", code="unreachable") from error
