"""Packed files, unpacked as they are read, and never to more than is allowed."""

import gzip
import io
import lzma
import zipfile
import zlib
from typing import IO, BinaryIO, cast

from analytics.sources.errors import LimitExceeded, SourceFailed

RATIO_MAX = 200
"""Unpacked bytes for one packed. Tables pack to a fifth or a tenth; a bomb to a thousandth."""
RATIO_FROM_BYTES = 16 * 1024 * 1024
"""Below this size any ratio is harmless."""
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


def opened(file: BinaryIO, *, max_bytes: int) -> io.RawIOBase:
    """What is in the file: of gzip, or of a zip archive that holds one file, what is packed in it.

    Raises:
        SourceFailed: here and while it is read.
    """
    begin = file.read(4)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if begin.startswith(_GZIP):
        return _Bytes(cast(IO[bytes], gzip.GzipFile(fileobj=file)), size, max_bytes)
    if begin == _ZIP:
        return _Bytes(_only_member(file), size, max_bytes)
    return _Bytes(file, size, max_bytes)


def _only_member(file: BinaryIO) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(file)
        members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) != 1:
            raise SourceFailed(f"The archive holds {len(members)} files; one is expected.", code="malformed")
        return archive.open(members[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise SourceFailed("The archive is damaged, or packed in a way that is not read.", code="malformed") from error


class _Bytes(io.RawIOBase):
    """Counts what comes out. It does not own what it reads."""

    def __init__(self, packed: IO[bytes], packed_bytes: int, max_bytes: int) -> None:
        super().__init__()
        self._packed = packed
        self._limit = min(max_bytes, max(packed_bytes * RATIO_MAX, RATIO_FROM_BYTES))
        self._out = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Into a buffer."""
        try:
            data = self._packed.read(len(buffer))
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise SourceFailed("The file is damaged, or ends too early.", code="malformed") from error
        self._out += len(data)
        if self._out > self._limit:
            raise LimitExceeded(f"Unpacked it is larger than {self._limit:,} bytes.")
        buffer[: len(data)] = data
        return len(data)
