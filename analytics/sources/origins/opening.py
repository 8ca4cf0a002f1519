"""The rows of a source, wherever they are."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from analytics.sources.batches import Data
from analytics.sources.formats.reading import data_open, format_options
from analytics.sources.models import Source, SourceType
from analytics.sources.origins.limits import Limits
from analytics.sources.origins.postgresql import postgresql_open
from analytics.sources.origins.s3_objects import s3_open
from analytics.sources.origins.spool import Spooled
from analytics.sources.origins.stored_files import stored_file_open
from analytics.sources.origins.web import web_open
from analytics.sources.secrets import secrets_decrypt


@contextmanager
def source_open(*, source: Source, limits: Limits) -> Iterator[Data]:
    """Columns and rows, in bounded memory.

    Raises:
        SourceFailed: here and while the rows are read.
        NoSecretKey
    """
    secrets = secrets_decrypt(source.secrets)
    if source.type == SourceType.POSTGRESQL:
        with postgresql_open(config=source.config, secrets=secrets, limits=limits) as data:
            yield data
        return
    with _file(source, secrets, limits) as came:
        options = format_options(source.config)
        yield data_open(file=came.file, name=came.name, options=options, max_bytes=limits.max_bytes, is_cut=came.is_cut)


def _file(source: Source, secrets: dict[str, object], limits: Limits) -> AbstractContextManager[Spooled]:
    match source.type:
        case SourceType.HTTP:
            return web_open(config=source.config, secrets=secrets, limits=limits)
        case SourceType.S3:
            return s3_open(config=source.config, secrets=secrets, limits=limits)
        case _:
            return stored_file_open(config=source.config, owner=source.owner, limits=limits)
