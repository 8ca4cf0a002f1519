"""Measure, and write docs/benchmarks.md. Budgets and rate limits are counted, and never reached."""

import argparse
import gc
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ |= {
    "ENVIRONMENT": "development", "LOG_LEVEL": "ERROR", "SECRET_KEY": "b" * 50, "JWT_SECRET_KEY": "b" * 50,
    "QUERY_BUDGET_SECONDS": str(10**6), "QUERY_BUDGET_ROWS": str(10**15), "RATE_LIMIT_PER_MINUTE": str(10**7),
    "DATABASE_POOL_SIZE": "40",
}  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402

from benchmarks.data.caller import Caller  # noqa: E402
from benchmarks.data.exports import exports_measure  # noqa: E402
from benchmarks.data.questions import questions_measure, questions_told, together_told  # noqa: E402
from benchmarks.data.shapes import SHAPES, events_fill  # noqa: E402
from benchmarks.report import machine, section_write  # noqa: E402


def main() -> int:
    """The whole run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=50)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("migrate_clickhouse", verbosity=0)
    events_fill(count=asked.events)
    caller = Caller()
    for shape in SHAPES:
        caller.ask(shape, fresh=True)
    # As config.asgi does.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    before = os.getloadavg()[0]
    questions = questions_told(questions_measure(caller, rounds=asked.rounds))
    load = f"load average {before:.1f} at the start and {os.getloadavg()[0]:.1f} at the end of the questions"
    text = f"{machine()}, shared with other work ({load}). {asked.events:,} events, {asked.rounds} rounds in turns.\n\n"
    text += questions + "\n" + together_told(caller, callers=20, rounds=10) + "\n" + exports_measure(caller.user)
    sys.stdout.write(text)
    section_write("query", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
