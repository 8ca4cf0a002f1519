"""What the launcher reads: variables, .env, the files it writes itself."""

import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from devstack import credentials, environment_file, run_settings
from devstack.directories import DataDirectory
from devstack.errors import StackError
from devstack.stores import local

pytestmark = pytest.mark.stack  # HOST is looked up


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_it_works_without_any(env_file: Path) -> None:
    settings = run_settings.read({}, env_file)
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.data_directory.name == ".local"
    assert settings.demo
    assert settings.development
    assert settings.loopback


def test_variables_win_over_the_file_and_empty_ones_do_not(env_file: Path) -> None:
    env_file.write_text("# a comment\n\nexport PORT=9000  # why\nHOST='::1'\nDEMO=\"0\"\nENVIRONMENT=production\n")
    settings = run_settings.read({"PORT": "9001", "HOST": "", "DATA_DIR": "/tmp/x"}, env_file)  # noqa: S108
    assert settings.url == "http://[::1]:9001"
    assert settings.data_directory == Path("/tmp/x")  # noqa: S108
    assert not settings.demo
    assert not settings.development


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"PORT": "0"}, "PORT must be a whole number between 1 and 65535, not '0'."),
        ({"PORT": "65536"}, "PORT must be"),
        ({"PORT": "-1"}, "PORT must be"),
        ({"PORT": "http"}, "PORT must be"),
        ({"HOST": "no such host"}, "HOST must be an address or name of this machine, not 'no such host'."),
        ({"DEMO": "perhaps"}, "DEMO must be 1 or 0, not 'perhaps'."),
    ],
)
def test_a_senseless_value_names_itself(env_file: Path, values: Mapping[str, str], message: str) -> None:
    with pytest.raises(StackError) as raised:
        run_settings.read(values, env_file)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("line", ["PORT", "=8000", "a b=c"])
def test_a_line_that_is_no_setting_is_named(env_file: Path, line: str) -> None:
    env_file.write_text(f"HOST=127.0.0.1\n{line}\n")
    with pytest.raises(StackError, match="line 2: expected NAME=value"):
        run_settings.read({}, env_file)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False)],  # noqa: S104
)
def test_loopback(env_file: Path, host: str, loopback: bool) -> None:
    assert run_settings.read({"HOST": host}, env_file).loopback is loopback


@pytest.mark.parametrize(
    ("environment", "brought"),
    [
        ({}, {}),
        ({"DATABASE_URL": ""}, {}),
        ({"DATABASE_URL": "postgresql://a"}, {"postgresql": "DATABASE_URL"}),
        (
            {"POSTGRES_HOST": "a", "REDIS_URL": "b", "CLICKHOUSE_HOST": "c", "MINIO_ENDPOINT": "d"},
            {
                "postgresql": "POSTGRES_HOST",
                "redis": "REDIS_URL",
                "clickhouse": "CLICKHOUSE_HOST",
                "s3": "MINIO_ENDPOINT",
            },
        ),
        ({"CLICKHOUSE_URL": "a", "S3_ENDPOINT_URL": "b"}, {"clickhouse": "CLICKHOUSE_URL", "s3": "S3_ENDPOINT_URL"}),
    ],
)
def test_stores_of_the_users_own(environment: Mapping[str, str], brought: Mapping[str, str]) -> None:
    assert local.brought_by_user(environment) == brought


def test_secrets_are_made_once_and_private(data: DataDirectory) -> None:
    made = credentials.load_or_make(data.secrets)
    assert credentials.load_or_make(data.secrets) == made
    assert stat.S_IMODE(data.secrets.stat().st_mode) == 0o600
    assert len(made.SECRET_KEY) >= 32


def test_a_missing_secret_is_added_and_the_others_stay(data: DataDirectory) -> None:
    environment_file.write_private(data.secrets, {"SECRET_KEY": "kept"})
    made = credentials.load_or_make(data.secrets)
    assert made.SECRET_KEY == "kept"
    assert environment_file.read(data.secrets)["S3_SECRET_KEY"] == made.S3_SECRET_KEY


def test_a_full_disk_is_one_line(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the disk: filling a real one takes root."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=8 << 20))
    with pytest.raises(StackError, match=r"is full: 8 MiB free, 512 MiB needed\. Free some or choose another"):
        data.make()
