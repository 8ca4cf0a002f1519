"""Is it alive, and are its stores."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import DatabaseError, connection
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingestion.selectors.pipeline import pipeline_is_stuck
from storage_app import s3
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreError

TIMEOUT_SECONDS = 3


def _check_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()


def _check_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    ) as client:
        client.ping()


def _check_s3() -> None:
    s3.client(timeout_seconds=TIMEOUT_SECONDS, tries=1).head_bucket(Bucket=s3.bucket())


CHECKS: dict[str, Callable[[], None]] = {
    "postgresql": _check_postgresql,
    "clickhouse": gateway.ping,
    "redis": _check_redis,
    "s3": _check_s3,
}
FAILURES = (DatabaseError, StoreError, redis.RedisError, BotoCoreError, ClientError)


def store_state(check: Callable[[], None]) -> dict[str, object]:
    """{"state": "up" | "down", "latency_ms"} of one store."""
    started = time.perf_counter()
    try:
        check()
        state = "up"
    except FAILURES:
        state = "down"
    return {"state": state, "latency_ms": round((time.perf_counter() - started) * 1000, 1)}


def pipeline_state() -> str:
    """moving; stuck when events wait and nothing has been stored for a while; unknown without the buffer."""
    try:
        return "stuck" if pipeline_is_stuck() else "moving"
    except redis.RedisError:
        return "unknown"


class StoreStateSerializer(serializers.Serializer[object]):
    """One store."""

    state = serializers.ChoiceField(["up", "down"])
    latency_ms = serializers.FloatField()


class ReadySerializer(serializers.Serializer[object]):
    """All stores, by name."""

    status = serializers.ChoiceField(["ready", "not ready"])
    pipeline = serializers.ChoiceField(["moving", "stuck", "unknown"])
    stores = serializers.DictField(child=StoreStateSerializer())


class Health(APIView):
    """Alive: the process answers. No store is touched."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(tags=["Health"], auth=[], responses=inline_serializer("Health", {"status": serializers.CharField()}))
    def get(self, request: Request) -> Response:
        """Alive."""
        return Response({"status": "ok"})


class Ready(APIView):
    """Ready: every store answers, and events do not wait in vain."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        tags=["Health"],
        auth=[],
        responses={200: ReadySerializer, 503: ReadySerializer},
    )
    def get(self, request: Request) -> Response:
        """Each store with its state and latency; 503 when one is down, or when events wait and nothing moves."""
        with ThreadPoolExecutor(len(CHECKS)) as pool:
            stores = dict(zip(CHECKS, pool.map(store_state, CHECKS.values()), strict=True))
        pipeline = pipeline_state()
        if pipeline == "moving" and all(store["state"] == "up" for store in stores.values()):
            return Response({"status": "ready", "pipeline": pipeline, "stores": stores})
        answer = {"status": "not ready", "pipeline": pipeline, "stores": stores}
        return Response(answer, status=503, headers={"Retry-After": "5"})
