"""What a file is, by its content."""

import gzip
import io
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_app.files.content_types import HEAD_BYTES, UNKNOWN, content_type_judge


def parquet() -> bytes:
    stream = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(stream)
    return stream.getvalue()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"a,b\n1,2\n", "A.CSV", "text/csv"),
        (b"a\tb\n", "a.tsv", "text/tab-separated-values"),
        (b'{"a": 1}\n', "a.ndjson", "application/x-ndjson"),
        (b'{"a": 1}\n', "a.json", "application/json"),
        (b"", "a.csv", "text/csv"),
        (b"", "a", "text/plain"),
        (b"BM is how many a sentence begins", "a.txt", "text/plain"),
        (b"MZ,PK\n1,2\n", "a.csv", "text/csv"),
        ("Größe,日本\n".encode(), "a.csv", "text/csv"),
        ("Größe\n".encode("latin-1"), "a.csv", "text/csv"),
        ("Größe\n".encode("utf-16"), "a.csv", "text/csv"),
        (("x" * (HEAD_BYTES - 1) + "é").encode()[:HEAD_BYTES], "a.txt", "text/plain"),
        (b"text", "a.png", "text/plain"),
        (b"<!DOCTYPE html><script>", "a.csv", "text/html"),
        (b"\xef\xbb\xbf \n<html>", "a.txt", "text/html"),
        (b"<svg onload=x>", "a.png", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg/>", "a.txt", "application/xml"),
        (b"#!/bin/sh\n", "a.txt", "text/x-shellscript"),
        (parquet(), "a.csv", "application/vnd.apache.parquet"),
        (zipped(), "a.zip", "application/zip"),
        (zipped(), "a.csv", "application/zip"),
        (zipped(), "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (gzip.compress(b"a", mtime=0), "a.csv", "application/gzip"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a.txt", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.txt", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "a.txt", "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00\x00", "a.txt", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a.txt", "image/webp"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04", "a.csv", UNKNOWN),
        (b"\x7fELF\x02\x01\x01\x00", "a.csv", UNKNOWN),
        (bytes(100), "a.csv", UNKNOWN),
        (b"a,b\n\x00", "a.csv", UNKNOWN),
        (b"a,b\n\x1b[31m", "a.csv", "text/csv"),
    ],
)
def test_it_works(content: bytes, name: str, content_type: str) -> None:
    assert content_type_judge(content, name=name) == content_type


@given(st.binary(max_size=64))
def test_any_bytes_have_a_type(head: bytes) -> None:
    assert content_type_judge(head, name="a") != ""


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])).filter(lambda text: "<" not in text))
def test_any_text_is_text(text: str) -> None:
    assert content_type_judge(text.encode(), name="a.csv") in {"text/csv", "text/x-shellscript"}
