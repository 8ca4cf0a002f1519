"""Parts of dashboards that are given as a whole: periods, positions, versions."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.refusal import refused
from analytics.serializers.requests import InstantField
from dashboards.models import COLUMNS
from dashboards.periods import LAST_MAX, Unit

Y_MAX = 10_000
H_MAX = 100


class WholeField(serializers.Field[Any, Any, Any, Any]):
    """An object that is given as a whole, also where only some of what it is part of is changed."""

    shape: type[serializers.Serializer[Any]]
    default_error_messages: ClassVar = {"invalid": "This is an object."}

    def to_internal_value(self, data: Any) -> Any:
        """As its own serializer reads it."""
        if not isinstance(data, dict):
            self.fail("invalid")
        filled = self.shape(data=data)
        if not filled.is_valid():
            raise serializers.ValidationError(filled.errors)
        return filled.validated_data

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


class Period(serializers.Serializer[Any]):
    """Either start, end or both, or the last so many units of the calendar in the dashboard's zone."""

    start = InstantField(required=False)
    end = InstantField(required=False)
    last = serializers.IntegerField(min_value=1, max_value=LAST_MAX, required=False, help_text="How many units.")
    unit = serializers.ChoiceField([unit.value for unit in Unit], required=False)
    current = serializers.BooleanField(default=True, help_text="Whether the last of them is the one under way.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two kinds, as JSON."""
        start, end = attrs.get("start"), attrs.get("end")
        if "last" in attrs or "unit" in attrs:
            if missing := {"last", "unit"} - attrs.keys():
                raise refused(missing.pop(), "last and unit are given together.", "required")
            if start or end:
                raise refused("last", "Either last and unit, or start and end.", "invalid")
            return {name: attrs[name] for name in ("last", "unit", "current")}
        if not (start or end):
            raise refused("start", "A period has a start, an end, or last and unit; null is all time.", "required")
        order_check(start, end)
        return {name: bound.isoformat() for name, bound in (("start", start), ("end", end)) if bound}


@extend_schema_field(Period)
class PeriodField(WholeField):
    """A period."""

    shape = Period


class Position(serializers.Serializer[Any]):
    """A place on a grid of 12 columns."""

    x = serializers.IntegerField(min_value=0, max_value=COLUMNS - 1)
    y = serializers.IntegerField(min_value=0, max_value=Y_MAX)
    w = serializers.IntegerField(min_value=1, max_value=COLUMNS)
    h = serializers.IntegerField(min_value=1, max_value=H_MAX)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Within the grid."""
        if attrs["x"] + attrs["w"] > COLUMNS:
            raise refused("w", f"It ends beyond the grid's {COLUMNS} columns.", "max_value")
        return attrs


@extend_schema_field(Position)
class PositionField(WholeField):
    """A position."""

    shape = Position


class VersionField(serializers.IntegerField):
    """For changing nothing that somebody else has changed meanwhile."""

    def __init__(self, **options: Any) -> None:
        help_text = "The dashboard's version that is changed; 409 if there is a newer one."
        super().__init__(min_value=1, required=False, allow_null=True, help_text=help_text, **options)


def order_check(start: Any, end: Any) -> None:
    """A period's end is after its start."""
    if start and end and start >= end:
        raise refused("end", "The end must be after the start.", "end_before_start")
