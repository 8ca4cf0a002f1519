"""Sends a file of events through the HTTP API."""

import gzip
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ingestion.http_client import ApiError, TidewatchClient

_MAX_BATCH_BYTES = 4 * 1024 * 1024
_SHOWN_ERRORS = 10


class Command(BaseCommand):
    """manage.py load_events FILE|-"""

    help = (
        "Send a file of events (NDJSON, one event a line; gzip is recognised) through the HTTP API, in batches. "
        "Run it again after an interruption: it goes on where it stopped, and an event sent twice counts once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The command's options."""
        parser.add_argument("file", help="the file; - for standard input")
        parser.add_argument(
            "--url",
            default=os.environ.get("TIDEWATCH_URL", "http://127.0.0.1:8000"),
            help="where Tidewatch is (default: %(default)s)",
        )
        parser.add_argument("--login", default=os.environ.get("TIDEWATCH_LOGIN", "teacher"), help="user name or email")
        parser.add_argument(
            "--password",
            default=os.environ.get("TIDEWATCH_PASSWORD", "teacher"),
            help="better given as TIDEWATCH_PASSWORD (default: the demonstration's teacher)",
        )
        parser.add_argument("--batch", type=int, default=5000, help="events a request (default: %(default)s)")
        parser.add_argument("--restart", action="store_true", help="begin at the first line whatever was sent before")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and say how many were accepted and refused, and how fast."""
        if not 1 <= options["batch"] <= 10_000:
            raise CommandError("--batch must be from 1 to 10000.")
        progress = _progress_file(options["file"], options["url"])
        if options["restart"] and progress:
            progress.unlink(missing_ok=True)
        loader = Loader(options["file"], batch_size=options["batch"], progress_file=progress)
        try:
            with TidewatchClient(options["url"], login=options["login"], password=options["password"]) as client:
                client.sign_in()
                loader.run(client)
        except (ApiError, OSError, EOFError) as error:
            raise CommandError(
                f"{error}\n{loader.summary()}\nRun the same command again to go on from here."
            ) from error
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. {loader.summary()}\nRun the same command again to go on.") from None
        self.stdout.write(loader.summary())
        for refused in loader.errors:
            self.stdout.write(f"  line {refused['line']}: {refused['attr']}: {refused['detail']}")


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines to send with their numbers in the file, and how many lines of the file are done with them."""

    lines: list[bytes]
    numbers: list[int]
    done_lines: int


class Loader:
    """Reads lines, sends batches, remembers how many lines were acknowledged."""

    def __init__(self, name: str, *, batch_size: int, progress_file: Path | None) -> None:
        self._name, self._batch_size, self._progress_file = name, batch_size, progress_file
        self._done_lines = self.skipped = self._resume_at()
        self.accepted = self.refused = 0
        self.errors: list[dict[str, Any]] = []
        self._started = time.monotonic()

    def run(self, client: TidewatchClient) -> None:
        """Send the whole file; the next batch is read while one is under way.

        Raises:
            ApiError, OSError
        """
        self._started = time.monotonic()
        with ExitStack() as stack:
            source, size = _open(self._name, stack)
            bar = stack.enter_context(_progress_bar())
            task = bar.add_task("sending", total=size, events=0, refused=0)
            pool = stack.enter_context(ThreadPoolExecutor(1))
            under_way: tuple[Batch, Future[dict[str, Any]]] | None = None
            for batch in self._batches(source):
                answer = pool.submit(client.send_events, batch.lines)
                if under_way:
                    self._acknowledge(*under_way)
                under_way = batch, answer
                bar.update(task, completed=source.position(), events=self.accepted, refused=self.refused)
            if under_way:
                self._acknowledge(*under_way)
            bar.update(task, completed=source.position(), events=self.accepted, refused=self.refused)
        if self._progress_file:
            self._progress_file.unlink(missing_ok=True)

    def summary(self) -> str:
        """Accepted, refused and the rate, in one line."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        text = (
            f"{self.accepted:,} events accepted, {self.refused:,} refused in {seconds:.1f} s "
            f"({self.accepted / seconds:,.0f} a second)"
        )
        return f"{text}; the first {self.skipped:,} lines had been sent before" if self.skipped else text

    def _batches(self, source: "_Source") -> Iterator[Batch]:
        lines: list[bytes] = []
        numbers: list[int] = []
        size = number = 0
        for number, line in enumerate(source.lines(), 1):
            if number <= self._done_lines or not line.strip():
                continue
            if len(line) > settings.EVENTS_MAX_BYTES:
                self._refuse(number, f"The line has more than {settings.EVENTS_MAX_BYTES} bytes.")
                continue
            lines.append(line.strip())
            numbers.append(number)
            size += len(line)
            if len(lines) >= self._batch_size or size >= _MAX_BATCH_BYTES:
                yield Batch(lines, numbers, number)
                lines, numbers, size = [], [], 0
        if lines:
            yield Batch(lines, numbers, number)

    def _refuse(self, number: int, detail: str) -> None:
        self.refused += 1
        if len(self.errors) < _SHOWN_ERRORS:
            self.errors.append({"line": number, "attr": "event", "detail": detail})

    def _acknowledge(self, batch: Batch, future: Future[dict[str, Any]]) -> None:
        answer = future.result()
        self.accepted += answer["accepted"]
        self.refused += answer["rejected"]
        for error in answer["errors"][: _SHOWN_ERRORS - len(self.errors)]:
            _, index, *path = error["attr"].split(".")
            self.errors.append({**error, "line": batch.numbers[int(index)], "attr": ".".join(path) or "event"})
        self._done_lines = batch.done_lines
        if self._progress_file:
            self._progress_file.parent.mkdir(parents=True, exist_ok=True)
            new = self._progress_file.with_suffix(".new")
            new.write_text(json.dumps({"lines": self._done_lines}))
            new.replace(self._progress_file)

    def _resume_at(self) -> int:
        if self._progress_file is None or not self._progress_file.exists():
            return 0
        return int(json.loads(self._progress_file.read_text())["lines"])


class _Source:
    """Lines of a stream, and how far into the file they go."""

    def __init__(self, raw: IO[bytes], lines: IO[bytes]) -> None:
        self._raw, self._lines = raw, lines

    def lines(self) -> Iterator[bytes]:
        """Each line, inflated."""
        yield from self._lines

    def position(self) -> int:
        """Bytes read of the file as it lies on disk."""
        return self._raw.tell() if self._raw.seekable() else 0


def _open(name: str, stack: ExitStack) -> tuple[_Source, int | None]:
    """The file's lines, inflated where it is gzip, and its size in bytes (None where it cannot be known)."""
    if name == "-":
        raw: IO[bytes] = sys.stdin.buffer
        size = None
    else:
        raw = stack.enter_context(Path(name).open("rb"))
        size = Path(name).stat().st_size
    peeked = cast(Any, raw).peek(2)[:2]
    lines = cast(IO[bytes], stack.enter_context(gzip.open(raw))) if peeked == b"\x1f\x8b" else raw
    return _Source(raw, lines), size


def _progress_file(name: str, url: str) -> Path | None:
    """Where the number of acknowledged lines of this very file is kept; standard input has none."""
    if name == "-":
        return None
    path = Path(name).resolve()
    if not path.is_file():
        raise CommandError(f"There is no file {name}.")
    found = path.stat()
    identity = f"{path}\n{found.st_size}\n{found.st_mtime_ns}\n{url}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tidewatch" / f"load-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"


def _progress_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} accepted, {task.fields[refused]:,} refused"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
