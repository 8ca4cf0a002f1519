"""From filters to a condition in SQL.

A null fits nothing but `is_null`, as in SQL: neither `neq` nor `not_in` finds it. On an array, a single value is looked
for among the elements, and a list is compared with the whole.
"""

from collections.abc import Iterator
from typing import Any

from analytics.query.columns import ORDERED, Kind
from analytics.query.fields import JSON_NUMBERS, Field, Resolve
from analytics.query.problems import QueryProblem
from analytics.query.requests import Condition, FilterGroup, Logic, Operator
from analytics.query.values import Parameters, bound_type, list_type

CONDITIONS_MAX = 200
GROUPS_DEPTH_MAX = 5
VALUES_MAX = 10_000

_COMPARISONS = {
    Operator.EQ: "=", Operator.NEQ: "!=", Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<=",
}  # fmt: skip
_EITHER = frozenset({Operator.EQ, Operator.NEQ, Operator.IN, Operator.NOT_IN})
_NEGATED = frozenset({Operator.NEQ, Operator.NOT_IN})
_PATTERNS = {Operator.LIKE: "LIKE", Operator.ILIKE: "ILIKE"}
_MEMBERSHIP = {Operator.IN: "IN", Operator.NOT_IN: "NOT IN"}
_NULLS = {Operator.IS_NULL: "isNull", Operator.IS_NOT_NULL: "isNotNull"}


class FilterBuilder:
    """Makes conditions of one statement: its fields, its parameters."""

    def __init__(self, resolve: Resolve, parameters: Parameters) -> None:
        self._resolve = resolve
        self._parameters = parameters
        self._left = CONDITIONS_MAX

    def group(self, group: FilterGroup, *, attr: str, depth: int = 1) -> str:
        """The condition of a group; '1' of an empty one.

        Raises:
            QueryProblem
        """
        if depth > GROUPS_DEPTH_MAX:
            raise QueryProblem("too_deep", f"Groups may lie in each other {GROUPS_DEPTH_MAX} deep.", attr)
        parts = list(self._parts(group, attr, depth))
        if not parts:
            return "1"
        joiner = " AND " if group.logic == Logic.AND else " OR "
        return parts[0] if len(parts) == 1 else f"({joiner.join(parts)})"

    def _parts(self, group: FilterGroup, attr: str, depth: int) -> Iterator[str]:
        for index, condition in enumerate(group.conditions):
            self._left -= 1
            if self._left < 0:
                raise QueryProblem("too_many", f"At most {CONDITIONS_MAX} conditions.", attr)
            yield self._condition(condition, f"{attr}.conditions.{index}")
        for index, inner in enumerate(group.groups):
            if inner.conditions or inner.groups:
                yield self.group(inner, attr=f"{attr}.groups.{index}", depth=depth + 1)

    def _condition(self, condition: Condition, attr: str) -> str:
        field = self._resolve(condition.field, f"{attr}.field")
        operator, attr = condition.operator, f"{attr}.value"
        if operator in _NULLS:
            return f"{_NULLS[operator]}({field.sql})"
        if condition.value is None:
            raise QueryProblem("null", "Nothing compares with null: use is_null or is_not_null.", attr)
        if operator == Operator.BETWEEN:
            return self._between(field, condition.value, attr)
        if operator in {Operator.IN, Operator.NOT_IN}:
            return self._in(field, operator, self._values(condition.value, attr), attr)
        if field.type.is_array:
            return self._array(field, operator, condition.value, attr)
        if operator in _PATTERNS:
            return self._like(field, operator, condition.value, attr)
        return self._compared(field, operator, condition.value, attr)

    def _compared(self, field: Field, operator: Operator, value: Any, attr: str) -> str:
        if field.type.kind not in ORDERED or (field.type.is_enum and operator not in _EITHER):
            raise _does_not_fit(field, operator, attr)
        read, type_name = bound_type(field.type, value, attr=attr)
        return f"{_typed(field, type_name)} {_COMPARISONS[operator]} {self._parameters.add(read, type_name)}"

    def _between(self, field: Field, value: Any, attr: str) -> str:
        if not isinstance(value, list) or len(value) != 2:
            raise QueryProblem("invalid_value", "between takes a list of two values, both inclusive.", attr)
        if field.type.is_array:
            raise _does_not_fit(field, Operator.BETWEEN, attr)
        low = self._compared(field, Operator.GTE, value[0], f"{attr}.0")
        high = self._compared(field, Operator.LTE, value[1], f"{attr}.1")
        return f"({low} AND {high})"

    def _like(self, field: Field, operator: Operator, value: Any, attr: str) -> str:
        if field.type.kind not in {Kind.TEXT, Kind.JSON}:
            raise _does_not_fit(field, operator, attr)
        if not isinstance(value, str):
            raise QueryProblem("invalid_value", "A pattern is text: % is any text, _ any character.", attr)
        read, type_name = bound_type(field.type, value, attr=attr)
        if (len(value) - len(value.rstrip("\\"))) % 2:
            raise QueryProblem("invalid_value", "A pattern cannot end in a single backslash.", attr)
        sql = f"toString({field.sql})" if field.type.is_enum else _typed(field, type_name)
        return f"{sql} {_PATTERNS[operator]} {self._parameters.add(read, type_name)}"

    def _values(self, value: Any, attr: str) -> list[Any]:
        if not isinstance(value, list):
            raise QueryProblem("invalid_value", "in and not_in take a list of values.", attr)
        if len(value) > VALUES_MAX:
            raise QueryProblem("too_many", f"At most {VALUES_MAX} values in a list.", attr)
        if None in value:
            raise QueryProblem("null", "Nothing compares with null: use is_null or is_not_null.", attr)
        return value

    def _in(self, field: Field, operator: Operator, values: list[Any], attr: str) -> str:
        if field.type.kind not in ORDERED:
            raise _does_not_fit(field, operator, attr)
        if not values:
            return "0" if operator == Operator.IN else f"isNotNull({field.sql})"
        if field.type.kind == Kind.JSON:
            return self._in_json(field, operator, values, attr)
        read, type_name = list_type(field.type, values, attr=attr)
        placeholder = self._parameters.add(read, type_name)
        if field.type.is_array:
            found = f"arrayExists(element -> element IN {placeholder}, {field.sql})"
            return f"NOT {found}" if operator == Operator.NOT_IN else found
        return f"{_as_precise(field, type_name)} {_MEMBERSHIP[operator]} {placeholder}"

    def _in_json(self, field: Field, operator: Operator, values: list[Any], attr: str) -> str:
        by_type: dict[str, list[Any]] = {}
        for index, value in enumerate(values):
            read, type_name = bound_type(field.type, value, attr=f"{attr}.{index}")
            by_type.setdefault(type_name, []).append(read)
        found = " OR ".join(
            f"ifNull({_typed(field, name)} IN {self._parameters.add(each, f'Array({name})')}, 0)"
            for name, each in by_type.items()
        )
        return f"({found})" if operator == Operator.IN else f"(isNotNull({field.sql}) AND NOT ({found}))"

    def _array(self, field: Field, operator: Operator, value: Any, attr: str) -> str:
        if operator in _PATTERNS and field.type.kind == Kind.TEXT:
            read, type_name = bound_type(field.type, value, attr=attr)
            pattern = self._parameters.add(read, type_name)
            return f"arrayExists(element -> toString(element) {_PATTERNS[operator]} {pattern}, {field.sql})"
        if operator not in _EITHER or field.type.kind == Kind.OTHER:
            raise _does_not_fit(field, operator, attr)
        if isinstance(value, list):
            if not value:
                return f"{'notEmpty' if operator in _NEGATED else 'empty'}({field.sql})"
            read, type_name = list_type(field.type, self._values(value, attr), attr=attr)
            return f"{field.sql} {_COMPARISONS[operator]} {self._parameters.add(read, type_name)}"
        single, type_name = bound_type(field.type, value, attr=attr)
        found = f"has({field.sql}, {self._parameters.add(single, type_name)})"
        return f"NOT {found}" if operator in _NEGATED else found


def _as_precise(field: Field, type_name: str) -> str:
    """A time as precise as those it is looked for among: a list is not converted to the column's type for it."""
    if field.type.kind == Kind.TIME and not field.type.text.removeprefix("Nullable(").startswith(type_name[6:-7]):
        return f"toDateTime64({field.sql}, {type_name[len('Array(DateTime64(')]}, 'UTC')"
    return field.sql


def _typed(field: Field, type_name: str) -> str:
    """The field as it is compared with a value: of a JSON path null, unless it holds the value's type."""
    if field.type.kind != Kind.JSON:
        return field.sql
    if type_name == "String":
        return f"if(JSONType({field.path}) = 'String', JSONExtractString({field.path}), NULL)"
    if type_name == "Bool":
        return f"if(JSONType({field.path}) = 'Bool', JSONExtractBool({field.path}), NULL)"
    if type_name.startswith("Decimal"):
        return (
            f"if(JSONType({field.path}) IN {JSON_NUMBERS}, toDecimal256OrNull(JSONExtractRaw({field.path}), 20), NULL)"
        )
    return field.number()


def _does_not_fit(field: Field, operator: Operator, attr: str) -> QueryProblem:
    detail = f"{operator.value} does not fit {field.name[:128]!r}, which is {field.type.text[:128]}."
    return QueryProblem("operator_does_not_fit", detail, attr.removesuffix(".value") + ".operator")
