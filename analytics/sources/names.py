"""Names of columns and tables: what the data bring, made safe and kept apart."""

import re
import unicodedata
from collections.abc import Iterable

COLUMN_MAX_CHARACTERS = 128
TABLE_MAX_CHARACTERS = 63
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
TABLES_RESERVED = frozenset(
    {"events", "device_readings", "device_hours", "device_hours_fill", "schema_migrations", "sources", "system"}
)
"""Tables of our own, and words that the addresses of the API use."""
COLUMNS_RESERVED = frozenset({"_row_exists", "_block_number", "_block_offset"})
"""ClickHouse keeps these in every table, and makes none that has one of its own."""


def column_names(raw: Iterable[str]) -> list[str]:
    """A name for each column, all different: without control characters, cut to 128 characters.

    An empty one becomes column_3 after its place, the second of two alike, and one that is reserved, name_2.
    Everything else stays as it is.
    """
    names: list[str] = []
    taken = set(COLUMNS_RESERVED)
    numbers: dict[str, int] = {}
    for place, text in enumerate(raw, start=1):
        name = _unique(_cleaned(text) or f"column_{place}", taken, numbers)
        taken.add(name)
        names.append(name)
    return names


def table_name_from(text: str) -> str:
    """A table's name made of a file's: `Sales 2025 (1).csv.gz` gives `sales_2025_1`."""
    stem = text.rpartition("/")[2].split(".")[0] or text
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:TABLE_MAX_CHARACTERS].rstrip("_")
    if not name:
        return "imported"
    return name if name[0].isalpha() else f"t_{name}"[:TABLE_MAX_CHARACTERS]


def numbered(name: str, number: int) -> str:
    """The name with a number, within the length of a table's name."""
    ending = f"_{number}"
    return name[: TABLE_MAX_CHARACTERS - len(ending)] + ending


def _cleaned(text: str) -> str:
    # Cs: half a character, which no store takes.
    kept = "".join(each for each in text if unicodedata.category(each) not in {"Cc", "Cs"})
    return kept.strip()[:COLUMN_MAX_CHARACTERS].strip()


def _unique(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    # From the last number on: thousands of one name would otherwise be counted through for each of them.
    candidate, number = name, numbers.get(name, 1)
    while candidate in taken:
        number += 1
        ending = f"_{number}"
        candidate = name[: COLUMN_MAX_CHARACTERS - len(ending)] + ending
    numbers[name] = number
    return candidate
