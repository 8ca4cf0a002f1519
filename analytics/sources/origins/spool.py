"""What comes over a network is kept in a temporary file first: whole, or it is not read at all."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from analytics.sources.errors import LimitExceeded
from analytics.sources.origins.limits import Limits

_PACKED = (b"\x1f\x8b", b"PK", b"PAR1")


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that has come, or the beginning of one."""

    file: BinaryIO
    name: str
    is_cut: bool


@contextmanager
def spooled(chunks: Iterable[bytes], *, name: str, limits: Limits) -> Iterator[Spooled]:
    """The bytes as a file that can be sought in; of a text, where only a sample is wanted, its first whole lines.

    Raises:
        LimitExceeded, and what `chunks` raises
    """
    with tempfile.TemporaryFile() as temporary:
        file = cast(BinaryIO, temporary)
        is_cut = _fill(file, chunks, limits)
        if is_cut:
            file.seek(0)
            file.truncate(_whole_lines(file))
        file.seek(0)
        yield Spooled(file, name, is_cut)


def _fill(file: BinaryIO, chunks: Iterable[bytes], limits: Limits) -> bool:
    begin, size = b"", 0
    for chunk in chunks:
        begin += chunk[: 4 - len(begin)]
        size += len(chunk)
        if size > limits.max_bytes:
            raise LimitExceeded(f"It is larger than {limits.max_bytes:,} bytes.")
        try:
            file.write(chunk)
        except OSError as error:
            raise LimitExceeded("This server has no room for it at the moment.") from error
        limits.on_bytes(size)
        limits.left_seconds()
        if limits.sample_bytes and size >= limits.sample_bytes and not begin.startswith(_PACKED):
            return True
    return False


def _whole_lines(file: BinaryIO) -> int:
    """Where the last line ends."""
    end = 0
    place = 0
    while block := file.read(1024 * 1024):
        if (found := block.rfind(b"\n")) >= 0:
            end = place + found + 1
        place += len(block)
    return end or place
