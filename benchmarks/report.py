"""docs/benchmarks.md: each benchmark writes its own section."""

import os
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def write_section(name: str, text: str) -> None:
    """Replace what stands between the markers of a section.

    Raises:
        ValueError: the page has no such markers.
    """
    page = PAGE.read_text()
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"{PAGE.name} has no section {name}")
    section = f"{begin}\n{machine()}\n\n{text}\n{end}"
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: section, page, flags=re.DOTALL))


def machine() -> str:
    """The machine in a line: what figures depend on and nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = os.cpu_count()
    return f"Machine: {cores} cores, {memory:.0f} GiB, shared with other work; the load comes from the same machine."
