"""The types a column may have."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.sources.values import READS, Read, Unfit, decimal_reader

NULL_WORDS = frozenset({"", "NULL", "null", "NA", "N/A", "NaN", "nan", "None", "\\N"})
"""Text that stands for nothing, in every column but one of text, where only the empty text does."""

_DECIMAL_TYPE = re.compile(r"Decimal\((?P<precision>[0-9]{1,2}), ?(?P<scale>[0-9]{1,2})\)\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, by ClickHouse's name of its type."""

    name: str
    type: str


class TypeUnknown(ValueError):
    """No type a column may have."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How values become a column's. `is_text`: only the empty text stands for nothing."""

    read: Read
    nullable: bool
    is_text: bool

    def value(self, raw: Any) -> Any:
        """What the driver takes.

        Raises:
            Unfit
        """
        if raw is None or (isinstance(raw, str) and (not raw if self.is_text else raw.strip() in NULL_WORDS)):
            if self.nullable:
                return None
            if self.is_text and raw is not None:
                return ""
            raise Unfit("is empty")
        if isinstance(raw, float | Decimal) and math.isnan(raw) and not self.is_text:
            if self.nullable:
                return None
            raise Unfit("is not a number")
        return self.read(raw)


def type_normal(text: str) -> str:
    """The type as ClickHouse writes it.

    Raises:
        TypeUnknown
    """
    inner = text.strip()
    nullable = inner.startswith("Nullable(") and inner.endswith(")")
    inner = inner[len("Nullable(") : -1] if nullable else inner
    inner = {"DateTime64": "DateTime64(3, 'UTC')", "DateTime64(3)": "DateTime64(3, 'UTC')"}.get(inner, inner)
    if decimal := _DECIMAL_TYPE.match(inner):
        inner = f"Decimal({int(decimal['precision'])}, {int(decimal['scale'])})"
    _read_of(inner)
    return f"Nullable({inner})" if nullable else inner


def reader_of(type_name: str) -> Reader:
    """For a type as `type_normal` gives it."""
    nullable = type_name.startswith("Nullable(")
    inner = type_name[len("Nullable(") : -1] if nullable else type_name
    return Reader(_read_of(inner), nullable, inner == "String")


def _read_of(inner: str) -> Read:
    if inner in READS:
        return READS[inner]
    if decimal := _DECIMAL_TYPE.match(inner):
        precision, scale = int(decimal["precision"]), int(decimal["scale"])
        if 1 <= precision <= 76 and scale <= precision:
            return decimal_reader(precision, scale)
    raise TypeUnknown(f"{inner[:64]} is none of {', '.join(READS)}, Decimal(P, S), or Nullable of one of them.")
