"""What a file is, judged by how it begins (docs/adr/0008)."""

import codecs
from pathlib import PurePosixPath

import puremagic

HEAD_BYTES = 8192
"""How much of a file the judgement looks at."""
UNKNOWN = "application/octet-stream"

# Content says that it is text, or a ZIP; which one, only the name can.
_TEXTS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
}
_ZIPS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_MARKUP = frozenset({"text/html", "image/svg+xml", "application/xml"})
_SAME = {"application/x-gzip": "application/gzip"}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Two bytes of a signature prove nothing: "BM" begins a bitmap, and many a sentence.
_SIGNATURE_MIN_BYTES = 3


def content_type_judge(head: bytes, *, name: str) -> str:
    """The content type of a file that begins with `head` (HEAD_BYTES, or all of a shorter one)."""
    suffix = PurePosixPath(name).suffix.lower()
    if _is_text(head):
        return _markup(head) or _TEXTS.get(suffix, "text/plain")
    if head.startswith(b"PAR1"):
        return "application/vnd.apache.parquet"
    if head.startswith(b"PK\x03\x04"):
        return _ZIPS.get(suffix, "application/zip")
    return _by_signature(head)


def _is_text(head: bytes) -> bool:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if head.startswith(mark)), "utf-8")
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)  # the head may end within a character
    except UnicodeDecodeError:
        text = head.decode("latin-1")
        if _matches(head):
            return False
    return all(each >= " " or each in "\t\n\r\f\x1b" for each in text)


def _markup(head: bytes) -> str | None:
    """Text that a browser or a shell would run."""
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin.startswith(b"#!"):
        return "text/x-shellscript"
    return next((kind for kind in _matches(begin) if kind in _MARKUP), None)


def _by_signature(head: bytes) -> str:
    best = next(iter(_matches(head)), "")
    return _SAME.get(best, best) or UNKNOWN


def _matches(head: bytes) -> list[str]:
    """The content types of the signatures that fit, the best first; empty for one that has none."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # nothing fits; or there is nothing to look at
        return []
    return [each.mime_type for each in found if len(each.byte_match) >= _SIGNATURE_MIN_BYTES]
