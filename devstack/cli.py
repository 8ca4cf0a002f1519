"""The command line: `python -m devstack`."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence

from devstack import exec_command, install, manage_command, parent, run_command, run_settings
from devstack.directories import ROOT
from devstack.errors import StackError

_VARIABLES = """\
run and manage read these variables, also from .env beside the Makefile:
  HOST, PORT      where Tidewatch listens (127.0.0.1, 8000)
  DATA_DIR        data, logs and pid files (.local)
  DEMO=0          no demonstration data
  DATABASE_URL, REDIS_URL, CLICKHOUSE_URL, S3_ENDPOINT_URL
                  servers of your own; only the others are started
"""


def main(arguments: Sequence[str]) -> int:
    """Gives the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        advice = " Free some space, or set DATA_DIR." if error.errno == errno.ENOSPC else ""
        sys.stderr.write(f"{error.strerror}: {error.filename or 'no file named'}.{advice}\n")
    return 1


def _run(options: argparse.Namespace) -> int:
    if options.action == "install":
        install.run()
        return 0
    if options.action == "exec":
        return exec_command.run(options.command)
    settings = run_settings.read(os.environ, ROOT / os.environ.get("ENV_FILE", ".env"))
    if options.action == "manage":
        manage_command.run(settings, options.arguments)
    if options.stop_with_parent:
        parent.stop_with_it()
    run_command.run(settings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack",
        description="Starts PostgreSQL, Redis, ClickHouse and S3, and Tidewatch on them. No Docker, no root.",
        epilog=_VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    run = actions.add_parser("run", help="start everything; Ctrl-C stops it")
    run.add_argument("--stop-with-parent", action="store_true", help="also stop when the starting process is gone")
    manage = actions.add_parser("manage", help="a command of manage.py against what runs: manage createsuperuser")
    manage.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND")
    execute = actions.add_parser("exec", help="run a command with stores of its own: exec -- pytest -q")
    execute.add_argument("command", nargs="+", metavar="COMMAND")
    actions.add_parser("install", help="install ClickHouse's library into devstack/node_modules")
    return parser
