"""docs/benchmarks.md: each benchmark writes the section between its own two markers."""

import os
import platform
from pathlib import Path

from storage_app.clickhouse import gateway

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def section_write(name: str, text: str, *, page: Path = PAGE) -> None:
    """Replace a section.

    Raises:
        ValueError: the page lacks the section's markers.
    """
    before, opening, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, closing, after = rest.partition(f"<!-- /{name} -->\n")
    if not closing:
        raise ValueError(f"{page.name} has no section {name}")
    page.write_text(f"{before}{opening}{text}{closing}{after}", encoding="utf-8")


def machine() -> str:
    """Cores, memory and versions."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    version = gateway.query("SELECT version()")[0][0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory_bytes / 2**30:.0f} GiB of memory,"
        f" ClickHouse {version}, Python {platform.python_version()}"
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    """In Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
