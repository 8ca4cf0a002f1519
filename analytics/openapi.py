"""Questions in the OpenAPI document, from the structs that read them."""

from typing import Any

import msgspec

from analytics.query.requests import AggregateRequest, ChartRequest, ExportOptions, ExportQuery, QueryRequest

_REFERENCE = "#/components/schemas/{name}"


class AnswerColumn(msgspec.Struct):
    """A column, with ClickHouse's name of its type, or JSON."""

    name: str
    type: str


class AggregateAnswer(msgspec.Struct, kw_only=True):
    """Rows as records; `age_seconds` is how long ago the store was asked."""

    columns: list[AnswerColumn]
    data: list[dict[str, Any]]
    elapsed_ms: float | None = None
    cached: bool = False
    age_seconds: int = 0


class QueryAnswer(AggregateAnswer, kw_only=True):
    """One page of rows, and how many there are."""

    total: int
    page: int
    page_size: int


class ChartSeries(msgspec.Struct, kw_only=True):
    """Numbers along x, or the points of a scatter."""

    name: str
    data: list[float | None] | None = None
    points: list[list[Any]] | None = None


class ChartSlice(msgspec.Struct):
    """A part of a pie."""

    name: str
    value: float | None


class ChartAnswer(msgspec.Struct, kw_only=True):
    """A chart: line, bar and area have x and series, a pie slices, a scatter series, a heatmap x, y and cells."""

    chart_type: str
    x: list[Any] | None = None
    y: list[Any] | None = None
    series: list[ChartSeries] | None = None
    slices: list[ChartSlice] | None = None
    cells: list[list[Any]] | None = None
    elapsed_ms: float
    cached: bool
    age_seconds: int


_STRUCTS = (QueryRequest, AggregateRequest, ChartRequest, ExportQuery, ExportOptions, QueryAnswer, AggregateAnswer)


def add_question_schemas(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular."""
    components: dict[str, Any] = msgspec.json.schema_components((*_STRUCTS, ChartAnswer), ref_template=_REFERENCE)[1]
    schemas = result["components"]["schemas"]
    schemas |= components
    schemas["ExportRequest"] = {
        "description": "A query without pages, or an aggregate, and the file's format.",
        "allOf": [
            {"anyOf": [{"$ref": _REFERENCE.format(name=name)} for name in ("ExportQuery", "AggregateRequest")]},
            {"$ref": _REFERENCE.format(name="ExportOptions")},
        ],
    }
    return result
