"""Questions to the data: rows, numbers by group, charts. Dashboards ask here too."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.conf import settings

from accounts.models import User
from analytics.asking.answer_cache import Answer, answer_get, answer_make, cache_key
from analytics.asking.running import Asker
from analytics.query.aggregate import aggregate_statement
from analytics.query.chart import chart_plan
from analytics.query.chart_answers import chart_answer
from analytics.query.requests import AggregateRequest, ChartRequest, QueryRequest, Struct, request_read
from analytics.query.select import count_statement, days_of_page, page_statement, sorts_by_time
from analytics.query.statements import Statement
from analytics.query.tables import Table
from analytics.tables.schema import TableState, table_find, table_shape
from analytics.tables.statistics import table_sample_get
from storage_app.clickhouse.gateway import QueryResult

_JSON = msgspec.json.Encoder(decimal_format="number")


def data_query(*, user: User, data: Any, name: str = "", fresh: bool = False) -> Answer:
    """One page of a table's rows, and how many there are.

    Raises:
        QueryProblem, Throttled, and the errors of storage_app.clickhouse.errors; all functions here do.
    """
    request = request_read(data, QueryRequest)
    return _answered(user, request, lambda table, asker: _page(table, request, asker), name=name, fresh=fresh)


def data_aggregate(*, user: User, data: Any, name: str = "", fresh: bool = False) -> Answer:
    """Numbers by group."""
    request = request_read(data, AggregateRequest)

    def made(table: Table, asker: Asker) -> dict[str, Any]:
        statement = aggregate_statement(table, request)
        return shown(statement, asker.ask(statement))

    return _answered(user, request, made, name=name, fresh=fresh)


def data_chart(*, user: User, data: Any, name: str = "", fresh: bool = False) -> Answer:
    """What a chart draws."""
    request = request_read(data, ChartRequest)

    def made(table: Table, asker: Asker) -> dict[str, Any]:
        plan = chart_plan(table, request)
        return chart_answer(plan, asker.ask(plan.statement).rows)

    return _answered(user, request, made, name=name, fresh=fresh)


def sample_shown(*, user: User, name: str, limit: int) -> bytes:
    """Some rows of a table, as JSON."""
    return _JSON.encode(shown(*table_sample_get(user=user, name=name, limit=limit)))


def data_check(*, user: User, kind: type[QueryRequest | AggregateRequest | ChartRequest], data: Any) -> None:
    """Whether a question fits its table, without asking it.

    Raises:
        QueryProblem
    """
    request = request_read(data, kind)
    table, _ = table_find(user=user, name=request.table_name)
    if isinstance(request, ChartRequest):
        chart_plan(table, request)
    elif isinstance(request, AggregateRequest):
        aggregate_statement(table, request)
    else:
        page_statement(table, request, None)


def _answered(
    user: User,
    request: QueryRequest | AggregateRequest | ChartRequest,
    make: Callable[[Table, Asker], dict[str, Any]],
    *,
    name: str,
    fresh: bool,
) -> Answer:
    asker = Asker(caller=str(user.pk), name=name)
    if fresh or not settings.QUERY_CACHE_SECONDS:
        shape = table_shape(user=user, name=request.table_name)
        return answer_make(lambda: _JSON.encode(make(shape, asker)), asker=asker)
    table, state = table_find(user=user, name=request.table_name)
    return answer_get(_key(table, state, request), lambda: _JSON.encode(make(table, asker)), asker=asker)


def _key(table: Table, state: TableState, request: Struct) -> str:
    """Of the question, the caller's rows, and the table's rows as they are now."""
    rows = (table.stored_as, state)
    policy = (table.policy.sql, table.policy.parameters) if table.policy else None
    return cache_key(type(request).__name__.encode(), *map(_JSON.encode, (request, policy, rows)))


def _page(table: Table, request: QueryRequest, asker: Asker) -> dict[str, Any]:
    counts = count_statement(table, request)
    page = page_statement(table, request, None)  # refuses what cannot be asked before anything is counted
    offset = (request.page - 1) * request.page_size
    found = asker.ask(counts).rows
    total, days = sum(row[-1] for row in found), None
    if sorts_by_time(table, request):
        days = days_of_page([(day, count) for day, count in found], offset=offset, limit=request.page_size)
        page = page_statement(table, request, days)
    # Past the end the rows are asked for nevertheless, none of them: the answer names its columns.
    rows = asker.ask(page)
    return shown(page, rows) | {"total": total, "page": request.page, "page_size": request.page_size}


def shown(statement: Statement, result: QueryResult) -> dict[str, Any]:
    """Columns with the caller's names, and a record for each row."""
    names = [output.name for output in statement.outputs]
    types = [output.type or column.type for output, column in zip(statement.outputs, result.columns, strict=True)]
    columns = [{"name": name, "type": kind} for name, kind in zip(names, types, strict=True)]
    json_places = [place for place, kind in enumerate(types) if kind == "JSON"]
    rows: Sequence[Sequence[Any]] = result.rows
    if json_places:
        rows = [_with_json(row, json_places) for row in rows]
    return {"columns": columns, "data": [dict(zip(names, row, strict=True)) for row in rows]}


def _with_json(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in places:
        if values[place] is not None:
            values[place] = msgspec.Raw(values[place])
    return values
