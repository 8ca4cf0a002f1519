"""The reader of a server of one's own has the limits of the local one."""

from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / "devstack" / "stores" / "clickhouse_configuration" / "users.xml"
DEPLOYED = ROOT / "deploy" / "clickhouse" / "reader.xml"


def profile(path: Path, name: str) -> str:
    found = ElementTree.parse(path).find(f"profiles/{name}")  # noqa: S314  # our own
    assert found is not None
    found.tag = "profile"
    return ElementTree.canonicalize(ElementTree.tostring(found, encoding="unicode"), strip_text=True)


def test_the_same_profile() -> None:
    assert profile(LOCAL, "reader") == profile(DEPLOYED, "tidewatch_reader")
