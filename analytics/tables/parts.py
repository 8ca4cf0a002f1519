"""What a table's rows lie in, and a mark of it that changes whenever the rows do (docs/adr/0017)."""

from collections.abc import Iterable
from dataclasses import dataclass

from storage_app.clickhouse import gateway

TIMEOUT_SECONDS = 10

# One column, and nothing computed from it: the server takes half as long as for sums and maxima.
_PATHS = "SELECT path FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}"
_NUMBERS = (3, 4)  # in a part's name: first block, last block, level, and the mutation it has gone through, if any


@dataclass(frozen=True, slots=True)
class Mark:
    """Another one after each insert and each change, the same after a merge.

    Block numbers grow with every insert. Partitions go when they are dropped, and are told with the mutations that
    their parts have gone through. A table put in the place of another lies in another directory.
    """

    directories: tuple[str, ...]
    newest_block: int
    partitions: tuple[str, ...]


def mark_read(stored_as: str) -> Mark:
    """The table's, as it is now.

    Raises:
        StoreError
    """
    rows = gateway.query(_PATHS, {"table": stored_as}, timeout_seconds=TIMEOUT_SECONDS)
    return mark_of(path for (path,) in rows)


def mark_of(paths: Iterable[str]) -> Mark:
    """The mark of the parts at these paths, each `directory/name/`; of one that is named in another way, its name."""
    directories, newest_block, partitions = set(), 0, set()
    for path in paths:
        directory, _, name = path.rstrip("/").rpartition("/")
        directories.add(directory)
        partition, *numbers = name.split("_")
        if len(numbers) in _NUMBERS and "".join(numbers).isdecimal():
            newest_block = max(newest_block, int(numbers[1]))
            partitions.add(f"{partition}_{numbers[3]}" if len(numbers) > 3 else partition)
        else:
            partitions.add(name)
    return Mark(tuple(sorted(directories)), newest_block, tuple(sorted(partitions)))
