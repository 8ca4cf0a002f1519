"""Loaded before the settings (see addopts): each xdist worker gets its own part of the test servers."""

import os

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_NUMBER = int(WORKER.removeprefix("gw"))

if "DATABASE_URL" not in os.environ:
    raise pytest.UsageError("No test servers. Run `make test ARGS=...` or `python -m devstack exec -- pytest ...`.")

# PostgreSQL's part is made by pytest-django: test_tidewatch_gw0.
os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_NUMBER}"
os.environ["CLICKHOUSE_URL"] = (
    f"{os.environ['CLICKHOUSE_URL'].rpartition('/')[0]}/tidewatch_{WORKER}"  # the reader's too
)
# Tests ask much in a minute; those of the budget set their own.
os.environ["QUERY_BUDGET_SECONDS"] = os.environ["QUERY_BUDGET_ROWS"] = "0"
# Tests make many requests in a minute, and most may not reach Redis; those of the limits set their own.
os.environ["RATE_LIMIT_PER_MINUTE"] = os.environ["SIGN_IN_RATE_LIMIT_PER_MINUTE"] = "0"
os.environ["S3_BUCKET"] = f"tidewatch-{WORKER}"
