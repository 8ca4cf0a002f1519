"""What the OpenAPI document and the admin show of files."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from storage_app.files.models import FileState, StoredFile


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    published: dict[str, Any] = APIClient().get("/openapi.json").json()
    return published


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("", "get", {"200", "400", "401"}),
        ("/upload", "post", {"201", "400", "401", "413", "415", "422", "503"}),
        ("/uploads", "post", {"201", "400", "401", "413", "503"}),
        ("/uploads/{upload_id}", "get", {"200", "401", "404", "503"}),
        ("/uploads/{upload_id}", "delete", {"204", "401", "404"}),
        ("/uploads/{upload_id}/complete", "post", {"201", "401", "404", "413", "415", "422", "503"}),
        ("/download/{path}", "get", {"200", "401", "404"}),
        ("/preview/{path}", "get", {"200", "401", "404", "422", "503"}),
        ("/{path}", "get", {"200", "401", "404"}),
        ("/{path}", "delete", {"204", "401", "404"}),
    ],
)
def test_every_endpoint_is_there(document: dict[str, Any], path: str, method: str, statuses: set[str]) -> None:
    operation = document["paths"][f"/api/v1/files{path}"][method]
    assert statuses <= operation["responses"].keys()
    assert operation["tags"] == ["Files"]


def test_the_uploads_body_is_a_form(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/v1/files/upload"]["post"]["requestBody"]["content"]
    assert body.keys() == {"multipart/form-data"}


@pytest.mark.django_db
def test_the_admin_looks_and_does_not_touch(client: Client, admin: User, owner: User) -> None:
    file = StoredFile.objects.create(owner=owner, key="k", path="found.csv", state=FileState.READY)
    client.force_login(admin)
    assert "found.csv" in client.get("/admin/storage_app/storedfile/?q=found").content.decode()
    assert client.get("/admin/storage_app/storedfile/add/").status_code == 403
    assert client.post(f"/admin/storage_app/storedfile/{file.pk}/delete/", {"post": "yes"}).status_code == 403
