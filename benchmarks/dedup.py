"""`make bench-dedup`: what it costs that every event counts once, against the same events in a table without copies."""

import argparse
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now.
from django.core.management import call_command  # noqa: E402

from benchmarks.dedup_report import section  # noqa: E402
from benchmarks.dedup_run import run  # noqa: E402
from benchmarks.report import section_write  # noqa: E402


def main() -> None:
    """Migrate, measure, print the section and write it into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--no-page", action="store_true", help="print only")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("migrate_clickhouse", verbosity=0)
    text = section(run(rows=options.rows))
    sys.stdout.write(text)
    if not options.no_page:
        section_write("dedup", text)


if __name__ == "__main__":
    main()
