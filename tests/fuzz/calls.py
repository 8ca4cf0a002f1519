"""Requests made up from the OpenAPI document, and what of their answers the document does not tell."""

from collections.abc import Mapping
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

HOST = "http://testserver"


def operations() -> dict[str, Any]:
    """Every operation of the document, by its name in config/access.py."""
    document = APIClient().get("/openapi.json").json()
    found = {}
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(result, Ok), f"the document is wrong: {result.err()}"
        operation = result.ok()
        found[f"{operation.method.upper()} {operation.path}"] = operation
    return found


def send(case: Case[Any], authorization: str) -> Any:
    """The answer to a made-up request, which goes through every middleware."""
    prepared = requests.Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
    headers = {name: value for name, value in prepared.headers.items() if name not in {"Content-Type", "Cookie"}}
    if authorization:
        headers["Authorization"] = authorization
    path, _, query = prepared.path_url.partition("?")
    body = prepared.body or b""
    return APIClient(raise_request_exception=False).generic(
        case.method,
        path,
        body.encode() if isinstance(body, str) else body,  # type: ignore[arg-type]  # it takes both
        content_type=prepared.headers.get("Content-Type", ""),
        headers=headers,
        QUERY_STRING=query,
    )


def try_out(
    operation: APIOperation[Any, Any, Any, Any], callers: Mapping[str, str], ids: Mapping[str, Any], *, examples: int
) -> None:
    """Call an operation as each caller, with good and bad values, about things that are there and that are not.

    Raises:
        AssertionError: a 500, or a status that the document does not name.
    """
    documented = set(operation.definition.raw["responses"]) - {"500"}
    real = {name: value for name, value in ids.items() if f"{{{name}}}" in operation.path}
    strategies = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    if real:
        strategies.append(operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=real))

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies), caller=st.sampled_from(sorted(callers)))
    def call(case: Case[Any], caller: str) -> None:
        answer = send(case, callers[caller])
        told = f"{caller}: {answer.status_code} {answer.getvalue()[:300]!r} to {case.as_curl_command()}"
        assert str(answer.status_code) in documented, told

    call()
