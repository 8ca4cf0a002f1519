"""What JSON holds at the end of a path, by Python."""

from collections.abc import Sequence
from typing import Any


def followed(node: Any, steps: Sequence[str | int]) -> Any:
    """None where a step leads nowhere; a number is an element's of an array, and a key of an object."""
    for step in steps:
        match node:
            case list():
                node = node[step] if isinstance(step, int) and step < len(node) else None
            case dict():
                node = node.get(str(step))
            case _:
                return None
    return node
