"""Which names and paths are taken. Pure: no Django, no store."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

NAME_MAX_BYTES = 255
PATH_MAX_BYTES = 1000
NUMBER_MAX_BYTES = 16
"""What a number may add to a path that is taken."""
RESERVED = frozenset({"download", "preview", "upload", "uploads"})
"""First parts of a path that would read as one of the endpoints."""

_SUFFIX_MAX_BYTES = 32
_FOREIGN = re.compile(r"~([0-9]{1,18})/(.*)", re.DOTALL)
# Control characters, lone surrogates, line and paragraph separators: no name, and trouble in every log and header.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the order of what follows: "exe.txt" would show for a name that ends in "txt.exe".
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NameInvalid(ValueError):
    """A name or path that is not taken; the text says why."""


def name_check(name: str) -> str:
    """The name in NFC, otherwise as it came.

    Raises:
        NameInvalid
    """
    name = unicodedata.normalize("NFC", name)
    if not name.strip() or name in {".", ".."}:
        raise NameInvalid("A name must not be empty, blank, . or ..")
    if "/" in name or "\\" in name:
        raise NameInvalid("A name must not hold / or \\.")
    if any(unicodedata.category(each) in _REFUSED_CATEGORIES or each in _TURNING for each in name):
        raise NameInvalid("A name must not hold control characters.")
    if len(name.encode()) > NAME_MAX_BYTES:
        raise NameInvalid(f"A name has at most {NAME_MAX_BYTES} bytes in UTF-8.")
    return name


def path_check(path: str) -> str:
    """A path within one's own space: names, with / between them.

    Raises:
        NameInvalid
    """
    parts = [name_check(part) for part in path.split("/")]
    if parts[0] in RESERVED or (len(parts) > 1 and _FOREIGN.fullmatch(f"{parts[0]}/")):
        raise NameInvalid(f"A path must not begin with {parts[0]}.")
    checked = "/".join(parts)
    if len(checked.encode()) > PATH_MAX_BYTES:
        raise NameInvalid(f"A path has at most {PATH_MAX_BYTES} bytes in UTF-8.")
    return checked


def shown_path_read(shown: str) -> tuple[int | None, str]:
    """(owner's id or None for the caller, path) of a path as lists show it: another's begins with ~<owner>/.

    Raises:
        NameInvalid
    """
    if match := _FOREIGN.fullmatch(shown):
        return int(match[1]), path_check(match[2])
    return None, path_check(shown)


def prefix_check(prefix: str) -> str:
    """The beginning of a path to look for: it may end anywhere.

    Raises:
        NameInvalid
    """
    *folders, last = prefix.split("/")
    # What a name begins with may be blank or a dot, which no whole name is.
    is_whole = bool(last.strip()) and last not in {".", ".."}
    for part in (*folders, last if is_whole else f"{last}-"):
        name_check(part)
    return unicodedata.normalize("NFC", prefix)


def numbered(path: str) -> Iterator[str]:
    """path, then `name (1).csv`, `name (2).csv` and so on; a name is cut where it would grow too long."""
    yield path
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _SUFFIX_MAX_BYTES:
        stem, dot, suffix = name, "", ""
    for number in count(1):
        ending = f" ({number}){dot}{suffix}"
        yield f"{folder}{slash}{_cut(stem, NAME_MAX_BYTES - len(ending.encode()))}{ending}"


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")
