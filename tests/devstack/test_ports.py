"""Ports: chosen, remembered, chosen anew when taken."""

import json
import socket
from pathlib import Path

import pytest

from devstack import ports

pytestmark = pytest.mark.stack
NAMES = ["a", "b", "c"]


def test_it_works(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    chosen = ports.choose_and_remember(NAMES, file)
    assert len(set(chosen.values())) == len(NAMES)
    assert all(ports.is_free(port) for port in chosen.values())
    assert ports.choose_and_remember(NAMES, file) == chosen


def test_a_taken_one_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    chosen = ports.choose_and_remember(NAMES, file)
    with socket.create_server(("127.0.0.1", chosen["b"])):
        again = ports.choose_and_remember(NAMES, file)
    assert again["b"] != chosen["b"]
    assert (again["a"], again["c"]) == (chosen["a"], chosen["c"])


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 0, "b": "x", "c": 70000}'])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(text)
    chosen = ports.choose_and_remember(NAMES, file)
    assert json.loads(file.read_text()) == chosen


def test_two_names_never_share_one(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"a": 20001, "b": 20001, "c": 20001}')
    assert len(set(ports.choose_and_remember(NAMES, file).values())) == len(NAMES)
