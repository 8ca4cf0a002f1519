"""GET /files, links, DELETE; two users' spaces."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.models import FileState, StoredFile
from tests.stack.conftest import wait_until
from tests.storage_app.files.conftest import stored_keys
from tests.storage_app.files.uploading import CSV, PNG, URL, errors, fetched, listed, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.s3]

AsUser = Callable[[User], APIClient]


def test_it_works(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    sent = [uploaded(client, "a.csv"), uploaded(client, "b.png", PNG)]
    answer = client.get(URL).json()
    assert (answer["count"], answer["next"], answer["previous"]) == (2, None, None)
    assert answer["results"] == sent[::-1]
    assert client.get(f"{URL}/a.csv").json() == sent[0]


@pytest.mark.parametrize(
    ("parameters", "paths"),
    [
        ({}, ["z_1.csv", "x/b.png", "x/a.csv", "a.csv"]),
        ({"prefix": "x/"}, ["x/b.png", "x/a.csv"]),
        ({"prefix": "x/b"}, ["x/b.png"]),
        ({"prefix": "z_"}, ["z_1.csv"]),
        ({"prefix": "_"}, []),
        ({"prefix": "%"}, []),
        ({"content_type": "text/csv"}, ["z_1.csv", "x/a.csv", "a.csv"]),
        ({"content_type": "image/"}, ["x/b.png"]),
        ({"min_size": len(CSV) + 1}, ["x/b.png"]),
        ({"max_size": len(CSV)}, ["z_1.csv", "x/a.csv", "a.csv"]),
        ({"limit": 2, "offset": 1}, ["x/b.png", "x/a.csv"]),
    ],
)
def test_filters_and_pages(as_user: AsUser, owner: User, parameters: dict[str, Any], paths: list[str]) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    uploaded(client, "a.csv", prefix="x")
    uploaded(client, "b.png", PNG, prefix="x")
    uploaded(client, "z_1.csv")
    assert listed(client, **parameters) == paths


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "1001"),
        ("offset", "-1"),
        ("prefix", "../"),
        ("prefix", "/"),
        ("prefix", "a\x00"),
        ("min_size", "x"),
        ("max_size", str(2**63)),
        ("content_type", "a\x00"),
    ],
)
def test_filters_that_are_refused(as_user: AsUser, owner: User, name: str, value: str) -> None:
    answer = as_user(owner).get(URL, {name: value})
    assert (answer.status_code, errors(answer)["attr"]) == (400, name)


def test_nobody() -> None:
    for method, path in (("GET", ""), ("GET", "/a.csv"), ("DELETE", "/a.csv"), ("GET", "/download/a.csv")):
        assert APIClient().generic(method, URL + path).status_code == 401


@pytest.mark.parametrize("path", ["a.csv", "x/a.csv", "~{owner}/a.csv"])
def test_another_user_sees_nothing(as_user: AsUser, owner: User, colleague: User, path: str) -> None:
    uploaded(as_user(owner), "a.csv")
    uploaded(as_user(owner), "a.csv", prefix="x")
    other, path = as_user(colleague), path.format(owner=owner.pk)
    assert listed(other) == []
    assert other.get(f"{URL}/{path}").status_code == 404
    assert other.get(f"{URL}/download/{path}").status_code == 404
    assert other.delete(f"{URL}/{path}").status_code == 404
    assert StoredFile.objects.filter(state=FileState.READY).count() == 2


def test_the_same_path_in_two_spaces(as_user: AsUser, owner: User, stranger: User) -> None:
    uploaded(as_user(owner), "a.csv", b"owner\n")
    uploaded(as_user(stranger), "a.csv", b"stranger\n")
    assert as_user(stranger).delete(f"{URL}/a.csv").status_code == 204
    assert fetched(as_user(owner), "a.csv").content == b"owner\n"


def test_an_admin_sees_all(as_user: AsUser, admin: User, owner: User, colleague: User) -> None:
    for user in (admin, owner, colleague):
        uploaded(as_user(user), "a.csv", f"{user.username}\n".encode())
    client = as_user(admin)
    assert listed(client) == [f"~{colleague.pk}/a.csv", f"~{owner.pk}/a.csv", "a.csv"]
    assert listed(client, prefix=f"~{owner.pk}/") == [f"~{owner.pk}/a.csv"]
    assert listed(client, prefix="a") == ["a.csv"]
    assert [fetched(client, path).text for path in listed(client)] == ["colleague\n", "owner\n", "admin\n"]
    assert client.delete(f"{URL}/~{owner.pk}/a.csv").status_code == 204
    assert listed(as_user(owner)) == []
    assert listed(as_user(colleague)) == ["a.csv"]


@pytest.mark.parametrize(
    "path", ["../a.csv", "x/../../a.csv", "/etc/passwd", "a%00b", "a//b", "~1/../2/a.csv", "a%5Cb"]
)
@pytest.mark.parametrize("door", ["", "download/"])
def test_a_path_never_leaves_the_space(as_user: AsUser, owner: User, path: str, door: str) -> None:
    answer = as_user(owner).get(f"{URL}/{door}{path}")
    assert (answer.status_code, errors(answer)["attr"]) == (400, "path")


@pytest.mark.parametrize("path", ["none.csv", f"~{10**17}/a.csv", "~999999999999999999/a"])
def test_a_file_that_is_not_there(as_user: AsUser, admin: User, path: str) -> None:
    assert as_user(admin).get(f"{URL}/{path}").status_code == 404
    assert as_user(admin).get(f"{URL}/download/{path}").status_code == 404


def test_deleted_is_gone(as_user: AsUser, owner: User) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    assert client.delete(f"{URL}/a.csv").status_code == 204
    assert client.delete(f"{URL}/a.csv").status_code == 404
    assert (listed(client), stored_keys(), StoredFile.objects.count()) == ([], [], 0)
    assert uploaded(client, "a.csv")["path"] == "a.csv"


def test_a_link_expires(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.FILES_LINK_SECONDS = 1
    client = as_user(owner)
    uploaded(client, "a.csv")
    link = client.get(f"{URL}/download/a.csv").json()
    assert link["expires_in"] == 1
    # Who is refused: rclone says 400, others 403.
    wait_until(lambda: httpx.get(link["url"]).status_code in {400, 403}, what="the link expired")


@pytest.mark.parametrize(("old", "new"), [("X-Amz-Signature=", "X-Amz-Signature=0"), ("attachment", "inline")])
def test_a_link_that_was_changed(as_user: AsUser, owner: User, old: str, new: str) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    url = client.get(f"{URL}/download/a.csv").json()["url"]
    assert old in url
    assert httpx.get(url.replace(old, new)).status_code == 403


@pytest.mark.parametrize(
    ("style", "begins"),
    [("path", "https://files.example.org/{bucket}/files/"), ("virtual", "https://{bucket}.files.example.org/files/")],
)
def test_links_name_the_public_endpoint(
    as_user: AsUser, owner: User, settings: Settings, style: str, begins: str
) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    options = settings.STORAGES["links"]["OPTIONS"]
    config = options["client_config"].merge(type(options["client_config"])(s3={"addressing_style": style}))
    public = options | {"endpoint_url": "https://files.example.org", "client_config": config}
    settings.STORAGES = settings.STORAGES | {"links": settings.STORAGES["links"] | {"OPTIONS": public}}
    url = client.get(f"{URL}/download/a.csv").json()["url"]
    assert url.startswith(begins.format(bucket=options["bucket_name"]))


@pytest.mark.parametrize("state", [FileState.CHECKING, FileState.INFECTED, FileState.LOST])
def test_a_file_that_cannot_be_read_now(as_user: AsUser, owner: User, state: FileState) -> None:
    client = as_user(owner)
    uploaded(client, "a.csv")
    StoredFile.objects.update(state=state)
    assert listed(client) == ["a.csv"]
    answer = client.get(f"{URL}/download/a.csv")
    assert (answer.status_code, errors(answer)["code"]) == (409, state)
