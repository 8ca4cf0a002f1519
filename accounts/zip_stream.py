"""A ZIP file as it is made: in constant memory, whatever its files hold."""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from accounts.personal_data import ExportFile


class _Outbox(io.RawIOBase):
    """What the archive has written and nobody has taken yet. It cannot seek, so that nothing is corrected later."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Asked by the archive."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is taken."""
        self._waiting += data
        return len(memoryview(data))

    def take(self) -> bytes:
        """All that waits."""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data


def zip_stream(files: Iterable[ExportFile]) -> Iterator[bytes]:
    """The archive of these files, piece by piece."""
    outbox = _Outbox()
    with ZipFile(outbox, "w") as archive:
        for file in files:
            yield from _packed(archive, file, outbox)
    yield outbox.take()


def _packed(archive: ZipFile, file: ExportFile, outbox: _Outbox) -> Iterator[bytes]:
    info = ZipInfo(file.name, datetime.now(UTC).timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as packed:
        for chunk in file.chunks:
            packed.write(chunk)
            if data := outbox.take():
                yield data
    yield outbox.take()
