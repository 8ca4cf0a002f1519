"""Which names files may have, and what becomes of them on the way out."""

from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.names import (
    NAME_MAX_BYTES,
    NUMBER_MAX_BYTES,
    PATH_MAX_BYTES,
    NameInvalid,
    name_check,
    numbered,
    path_check,
    prefix_check,
    shown_path_read,
)
from tests.storage_app.files.uploading import CSV, errors, fetched, listed, upload_raw, uploaded

AsUser = Callable[[User], APIClient]

TAKEN = [
    "a.csv",
    "no suffix",
    ".hidden",
    "a..b.csv",
    "...",
    " space ",
    "Übung 5 % 日本語 🌊 أهلا.csv",
    "👩‍👩‍👧.txt",
    "semi;colon, comma & 'quote' \"double\".txt",
    "#?&=+%2F%00%25.txt",
    "$(touch x) `id` |<>*:^{}[]~!@.txt",
    "'; DROP TABLE files; --",
    "<script>alert(1)<.csv",
    "NUL",
    "CON.txt",
    "~",
    "~1",
    "-rf",
    "undefined",
    "%s%d%n",
    "é.csv",
    "x" * 251 + ".csv",
    "語" * 85,
]
REFUSED = [
    "..",
    ".",
    " ",
    "\u3000",
    "a/b.csv",
    "/etc/passwd",
    "../../a.csv",
    "..\\a.csv",
    "C:\\fakepath\\a.csv",
    "a\x00b",
    "a\nb",
    "a\r\nSet-Cookie: x",
    "a\tb",
    "a\x7f",
    "a\x9f",
    "a\u2028b",
    "txt.\u202eexe.csv",
    "x" * 256,
    "語" * 86,
]


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.parametrize("name", TAKEN)
def test_it_works(as_user: AsUser, owner: User, name: str) -> None:
    client = as_user(owner)
    assert uploaded(client, name)["name"] == name
    assert listed(client, prefix=name) == [name]
    link = fetched(client, name)
    assert link.content == CSV
    assert link.headers["Content-Disposition"].startswith("attachment; filename")
    assert (
        client.delete(f"/api/v1/files/{name.replace('%', '%25').replace('?', '%3F').replace('#', '%23')}").status_code
        == 204
    )


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.parametrize("name", REFUSED)
def test_names_that_are_refused(as_user: AsUser, owner: User, name: str) -> None:
    client = as_user(owner)
    # As browsers write it: httpx would escape more than they do.
    written = name.replace("\r", "%0D").replace("\n", "%0A").replace("\\", "\\\\")
    part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{written}"\r\n\r\na,b\r\n--b--\r\n'
    answer = upload_raw(client, part.encode(), "multipart/form-data; boundary=b")
    assert (answer.status_code, errors(answer)["code"], errors(answer)["attr"]) == (400, "invalid_name", "file")
    assert listed(client) == []


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("a b.csv", 'attachment; filename="a b.csv"'),
        ('a"; filename="b.exe', 'attachment; filename="a\\"; filename=\\"b.exe"'),
        ("Übung.csv", "attachment; filename*=utf-8''%C3%9Cbung.csv"),
    ],
)
def test_the_link_saves_under_the_name(as_user: AsUser, owner: User, name: str, disposition: str) -> None:
    client = as_user(owner)
    uploaded(client, name)
    assert fetched(client, name).headers["Content-Disposition"] == disposition


def test_one_form_of_a_name() -> None:
    assert name_check("e\u0301.csv") == "\u00e9.csv"


@pytest.mark.parametrize("path", ["", "/", "a/", "/a", "a//b", "a/../b", "upload", "uploads/a", "preview/a", "~1/a"])
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(NameInvalid):
        path_check(path)


@pytest.mark.parametrize(
    ("shown", "read"), [("a/b", (None, "a/b")), ("~12/a/b", (12, "a/b")), ("~x/a", (None, "~x/a"))]
)
def test_another_owners_path(shown: str, read: tuple[int | None, str]) -> None:
    assert shown_path_read(shown) == read


@given(st.text())
@example("\xa00")
@example(".0")
def test_a_path_stays_in_its_space(text: str) -> None:
    try:
        path = path_check(text)
    except NameInvalid:
        return
    parts = path.split("/")
    assert not {"", ".", ".."} & set(parts)
    assert len(path.encode()) <= PATH_MAX_BYTES
    assert not any(character < " " or character == "\\" for character in path)
    assert path_check(path) == path
    assert all(prefix_check(path[:end]) for end in range(1, len(path)))


@given(st.text(min_size=1, max_size=90).filter(lambda text: text.strip() and not {*"/\\"} & {*text}))
def test_numbered_names_are_names(text: str) -> None:
    try:
        name = name_check(text)
    except NameInvalid:
        return
    paths = list(islice(numbered(f"x/{name}"), 12))
    assert len(set(paths)) == 12
    for path in paths[1:]:
        assert len(path.encode()) <= len(f"x/{name}".encode()) + NUMBER_MAX_BYTES
        assert len(path.removeprefix("x/").encode()) <= NAME_MAX_BYTES
        assert path_check(path) == path


@pytest.mark.parametrize(
    ("path", "second"),
    [
        ("a.csv", "a (1).csv"),
        ("x.y/a", "x.y/a (1)"),
        (".hidden", ".hidden (1)"),
        ("a.tar.gz", "a.tar (1).gz"),
        ("a (1).csv", "a (1) (1).csv"),
        ("x" * 251 + ".csv", "x" * 247 + " (1).csv"),
    ],
)
def test_the_next_name(path: str, second: str) -> None:
    assert list(islice(numbered(path), 2)) == [path, second]
