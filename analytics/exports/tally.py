"""What a file holds, told from its bytes as they pass: how many, their SHA-256, how many rows."""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exports.models import ExportFormat

_FOOTER_END_BYTES = 8
_FOOTER_MAX_BYTES = 8 * 1024 * 1024
_QUOTE, _NEWLINE = b'"\n'


class Tally:
    """Counts while a file goes by."""

    def __init__(self, file_format: ExportFormat) -> None:
        self.bytes = 0
        self.rows = 0
        self._hash = hashlib.sha256()
        self._format = file_format
        self._quoted = False  # inside a quoted field
        self._begun = False
        self._tail = bytearray()

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks, counted."""
        for chunk in chunks:
            self.bytes += len(chunk)
            self._hash.update(chunk)
            self._count(chunk)
            yield chunk
        if self._format == ExportFormat.PARQUET:
            self.rows = self._footer_rows()

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()

    def _count(self, chunk: bytes) -> None:
        match self._format:
            case ExportFormat.CSV:
                self._count_csv(chunk)
            case ExportFormat.NDJSON:
                self.rows += chunk.count(b"\n")  # one in a string is written as \n
            case ExportFormat.JSON:
                self.rows += (self._tail + chunk).count(b"\n{")
                self._tail = bytearray(chunk[-1:])
            case ExportFormat.PARQUET:
                self._tail += chunk
                if len(self._tail) > 2 * _FOOTER_MAX_BYTES:
                    del self._tail[:-_FOOTER_MAX_BYTES]

    def _count_csv(self, chunk: bytes) -> None:
        """Line ends that stand outside quotes; a doubled quote leaves and enters again."""
        if not chunk:
            return
        if not self._begun:
            self.rows, self._begun = -1, True  # the line of names
        letters = np.frombuffer(chunk, np.uint8)
        # Quotes between line ends, of which only odd or even matters: ten times as fast as following each letter.
        pieces = np.concatenate(([0], np.flatnonzero(letters == _NEWLINE)))
        odd = np.add.reduceat((letters == _QUOTE).view(np.uint8), pieces, dtype=np.uint8) & 1
        odd[0] ^= self._quoted
        inside = np.bitwise_xor.accumulate(odd)
        self.rows += int(np.count_nonzero(inside[:-1] == 0))
        self._quoted = bool(inside[-1])

    def _footer_rows(self) -> int:
        """A Parquet file says it itself, at its end."""
        length = int.from_bytes(self._tail[-_FOOTER_END_BYTES:-4], "little") + _FOOTER_END_BYTES
        footer = pa.BufferReader(b"PAR1" + bytes(self._tail[-length:]))
        rows: int = pq.read_metadata(footer).num_rows
        return rows
