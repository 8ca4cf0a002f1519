"""Writes an object of unknown length while holding one part of it."""

from storage_app.files import object_store
from storage_app.files.object_store import StoredPart

PART_BYTES = 8 * 1024 * 1024
_PARTS_MAX_COUNT = 10_000


class ObjectWriter:
    """Takes bytes as they come and sends them on in parts, which grow with the object: S3 takes 10,000 of them."""

    def __init__(self, *, key: str) -> None:
        self.upload_id = ""
        self._key = key
        self._buffer = bytearray()
        self._parts: list[StoredPart] = []

    def write(self, data: bytes, *, content_type: str) -> None:
        """Keep or send more bytes.

        Raises:
            FileStoreUnavailable
        """
        self._buffer += data
        if len(self._buffer) >= self._part_bytes():
            if not self.upload_id:
                self.upload_id = object_store.multipart_create(key=self._key, content_type=content_type)
            self._send()

    def finish(self, *, content_type: str) -> None:
        """Send what is left; then the object is there.

        Raises:
            FileStoreUnavailable
        """
        if not self.upload_id:
            object_store.object_put(key=self._key, data=bytes(self._buffer), content_type=content_type)
            return
        if self._buffer:
            self._send()
        object_store.multipart_complete(key=self._key, upload_id=self.upload_id, parts=self._parts)

    def _part_bytes(self) -> int:
        """Twice as large after each tenth of the parts: 8 TiB fit, and most objects never see the second step."""
        return PART_BYTES << (len(self._parts) * 10 // _PARTS_MAX_COUNT)

    def _send(self) -> None:
        number = len(self._parts) + 1
        self._parts.append(
            object_store.part_put(key=self._key, upload_id=self.upload_id, number=number, data=bytes(self._buffer))
        )
        self._buffer = bytearray()
