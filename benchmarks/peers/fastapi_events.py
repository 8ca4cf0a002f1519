"""A plain event service: FastAPI, pydantic, and one JSONEachRow insert over httpx for each request.

PEER_TABLE=… CLICKHOUSE_HTTP_URL=… CLICKHOUSE_URL=… uvicorn benchmarks.peers.fastapi_events:app --workers 2
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from fastapi import FastAPI
from pydantic import BaseModel, Field

TABLE = os.environ["PEER_TABLE"]
_USER = urlsplit(os.environ["CLICKHOUSE_URL"])
_client: httpx.AsyncClient


class Event(BaseModel):
    """An event."""

    event_id: UUID
    user_id: str = Field(min_length=1, max_length=128)
    event_type: str = Field(pattern=r"^[a-z0-9_.:-]{1,64}$")
    occurred_at: datetime
    course_id: str = ""
    session_id: str = ""
    properties: dict[str, Any] = {}


class Batch(BaseModel):
    """Events of one request."""

    events: list[Event] = Field(max_length=10_000)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One HTTP client a process."""
    global _client  # as such services do
    auth = (_USER.username or "", _USER.password or "")
    async with httpx.AsyncClient(base_url=os.environ["CLICKHOUSE_HTTP_URL"], auth=auth, timeout=60) as _client:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/events", status_code=202)
async def events(batch: Batch) -> dict[str, int]:
    """Insert, then answer."""
    received_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    rows = []
    for event in batch.events:
        row = event.model_dump(mode="json", exclude={"properties", "occurred_at"})
        row["properties"] = event.model_dump_json(include={"properties"})[14:-1]
        row["occurred_at"] = event.occurred_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        row["received_at"] = received_at
        rows.append(row)
    body = "\n".join(json.dumps(row) for row in rows)
    answer = await _client.post("/", params={"query": f"INSERT INTO {TABLE} FORMAT JSONEachRow"}, content=body)
    answer.raise_for_status()
    return {"accepted": len(rows)}
