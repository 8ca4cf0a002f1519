"""Events in: ours, a plain FastAPI service, and ClickHouse's own HTTP interface as the limit, in one interleaved run.

    python -m devstack exec -- python -m benchmarks.ingest [--seconds 4] [--rounds 3]

Counts rows visible in ClickHouse over the time from the first request until the last is visible, the CPU seconds of
every process but wrk, and the times of the answers. Writes docs/benchmarks.md between its `ingest` markers.
"""

import argparse
import os
import shutil
import statistics
import sys
from collections import defaultdict

from benchmarks.ingest.measure import Measured, lag_at_half_load, measure, memory
from benchmarks.ingest.report import BATCHES, report
from benchmarks.ingest.services import LIMIT_TABLE, PEER_TABLE, ClickHouse, Target, services_start, targets_of
from benchmarks.report import machine, section_write


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    store = ClickHouse()
    with services_start() as ports:
        for table in (PEER_TABLE, LIMIT_TABLE):
            store.run(f"CREATE TABLE IF NOT EXISTS {table} AS events")
        targets = targets_of(store, ports)
        results = _compare(store, targets, arguments)
        lag = lag_at_half_load(targets[0], statistics.median(m.rows_per_second for m in results["ours", 1000]))
        resident = memory()
    text = report(results, lag, resident, arguments)
    sys.stdout.write(text + "\n")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # machine() asks ClickHouse for its version
    section_write("ingest", f"{machine()}, shared with other work; the load comes from the same machine.\n\n{text}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts")
    if not shutil.which("wrk"):
        parser.error("wrk is missing: install it (Debian: apt-get install wrk)")
    return parser.parse_args()


def _compare(
    store: ClickHouse, targets: list[Target], arguments: argparse.Namespace
) -> dict[tuple[str, int], list[Measured]]:
    results = defaultdict(list)
    run = 0
    for _ in range(arguments.rounds):
        for size in BATCHES:
            for target in targets:
                run += 1
                results[target.name, size].append(measure(store, target, size, run, arguments.seconds))
                sys.stderr.write(f"{target.name:6} {size:5} {results[target.name, size][-1]}\n")
    return results


if __name__ == "__main__":
    main()
