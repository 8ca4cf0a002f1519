"""Types of columns, as far as a question can tell them apart."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_WRAPPED = re.compile(r"(?P<wrapper>Nullable|LowCardinality|Array)\((?P<inner>.*)\)", re.DOTALL)
_TIME = re.compile(r"DateTime(?:64\((?P<scale>\d)(?:, '[^']*')?\)|(?:\('[^']*'\))?)")
_INTEGER = re.compile(r"U?Int(8|16|32|64|128|256)")
_DECIMAL = re.compile(r"Decimal\((?P<precision>\d+), (?P<scale>\d+)\)")
_TEXT = re.compile(r"String|FixedString\(\d+\)|Enum(8|16)\(.*\)", re.DOTALL)
_SIMPLE = {"Bool": "bool", "UUID": "uuid", "Date": "date", "Date32": "date", "Float32": "float", "Float64": "float"}


class Kind(StrEnum):
    """What a value can be compared with."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOL = "bool"
    UUID = "uuid"
    DATE = "date"
    TIME = "time"
    JSON = "json"  # a path into a JSON column: any of text, number and bool
    OTHER = "other"


NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL})
ORDERED = NUMBERS | {Kind.TEXT, Kind.DATE, Kind.TIME, Kind.JSON, Kind.BOOL, Kind.UUID}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type by ClickHouse's name, and what it means here; of an array, what its elements are."""

    text: str
    kind: Kind
    nullable: bool = False
    is_array: bool = False
    scale: int = 0
    """Digits behind the point, of a decimal's value or of a time's second."""

    @property
    def is_enum(self) -> bool:
        """Text of a closed list."""
        return "Enum" in self.text

    @property
    def wide(self) -> bool:
        """An integer whose sum may not fit into 64 bits."""
        return self.kind == Kind.INTEGER and "64" in self.text


@lru_cache(maxsize=4096)
def column_type(text: str) -> ColumnType:
    """The type with this ClickHouse name."""
    inner, nullable, arrays = text, False, 0
    while match := _WRAPPED.fullmatch(inner):
        nullable |= match["wrapper"] == "Nullable"
        arrays += match["wrapper"] == "Array"
        inner = match["inner"]
    kind, scale = _kind(inner)
    if arrays > 1:
        kind = Kind.OTHER
    return ColumnType(text, kind, nullable=nullable, is_array=arrays > 0, scale=scale)


def _kind(inner: str) -> tuple[Kind, int]:
    if inner in _SIMPLE:
        return Kind(_SIMPLE[inner]), 0
    if match := _TIME.fullmatch(inner):
        return Kind.TIME, int(match["scale"] or 0)
    if match := _DECIMAL.fullmatch(inner):
        return Kind.DECIMAL, int(match["scale"])
    if _INTEGER.fullmatch(inner):
        return Kind.INTEGER, 0
    return (Kind.TEXT, 0) if _TEXT.fullmatch(inner) else (Kind.OTHER, 0)
