"""149,332 readings of 22 people walking, through the API and back."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.clickhouse import gateway
from tests.ingestion.readings import STATS, Drain, count, device

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse, pytest.mark.shared_data]

BATCH = 10_000


def test_every_reading_arrives(
    shared_data: Path, as_user: Callable[[User], APIClient], stranger: User, drain: Drain
) -> None:
    client = as_user(stranger)
    with gzip.open(shared_data / "data" / "readings_walking.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sent = Counter(row["device_id"] for row in rows)
    ids = {name: device(client, external_id=name) for name in sent}
    for first in range(0, len(rows), BATCH):
        readings = [
            {"device_id": ids[row["device_id"]], "timestamp": row["timestamp"]} | {a: float(row[a]) for a in "xyz"}
            for row in rows[first : first + BATCH]
        ]
        body = gzip.compress(json.dumps({"readings": readings}).encode(), compresslevel=1, mtime=0)
        answer = client.generic("POST", STATS, body, "application/json", HTTP_CONTENT_ENCODING="gzip")  # type: ignore[arg-type]
        assert answer.json() == {"accepted": len(readings)}
    drain()
    assert {name: count(client, device_id) for name, device_id in ids.items()} == dict(sent)
    sums = gateway.query("SELECT sum(x), sum(y), sum(z), count() FROM device_readings")
    assert sums[0] == pytest.approx([*(sum(float(row[axis]) for row in rows) for axis in "xyz"), 149_332], rel=1e-9)
