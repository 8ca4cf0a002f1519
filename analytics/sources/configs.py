"""What a source's config may hold, by its type, and which part of it is secret."""

import re
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from rest_framework import serializers

from analytics.sources.formats.reading import FORMATS
from analytics.sources.models import SourceType

TEXT_MAX_LENGTH = 2048
QUERY_MAX_LENGTH = 20_000
HEADERS_MAX_COUNT = 50
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "iso-8859-15")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}\Z")
_PRINTABLE = re.compile(r"[\x20-\x7e]{0,4096}\Z")
_HOST = re.compile(r"\A[0-9A-Za-z._:-]{1,255}\Z")
_OURS_TO_SET = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "expect", "range"}
)


class StrictSerializer(serializers.Serializer[Any]):
    """Nothing but its fields."""

    def to_internal_value(self, data: Any) -> Any:
        """An unknown name is refused: it would be a misspelt one."""
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
            if unknown:
                raise serializers.ValidationError({unknown[0][:64]: "There is no such field."}, code="unknown_field")
        return super().to_internal_value(data)


class _FormatConfig(StrictSerializer):
    """How the data are written; found out where it is not said."""

    format = serializers.ChoiceField(FORMATS, required=False, allow_null=True)
    delimiter = serializers.CharField(
        required=False, allow_null=True, trim_whitespace=False, min_length=1, max_length=1
    )
    quote = serializers.CharField(required=False, allow_null=True, trim_whitespace=False, min_length=1, max_length=1)
    encoding = serializers.ChoiceField(_ENCODINGS, required=False, allow_null=True)
    header = serializers.BooleanField(
        required=False, allow_null=True, help_text="The first row of a CSV names columns."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The separator and the quote differ, and none of them ends a line."""
        delimiter, quote = attrs.get("delimiter"), attrs.get("quote") or '"'
        for name in ("delimiter", "quote"):
            if attrs.get(name) in {"\r", "\n", " " if name == "quote" else "\r"}:
                raise serializers.ValidationError({name: "This ends a line, or is lost in it."}, code="invalid")
        if delimiter == quote:
            raise serializers.ValidationError({"delimiter": "This is the quote."}, code="invalid")
        return attrs


class FileConfig(_FormatConfig):
    """A stored file."""

    path = serializers.CharField(max_length=TEXT_MAX_LENGTH, trim_whitespace=False)


class HttpConfig(_FormatConfig):
    """A web address."""

    url = serializers.CharField(max_length=TEXT_MAX_LENGTH)
    headers = serializers.DictField(
        child=serializers.CharField(trim_whitespace=False, allow_blank=True, max_length=4096),
        required=False,
        write_only=True,
        help_text="Sent to this server and to no other; never given back.",
    )

    def validate_url(self, url: str) -> str:
        """One of http or https, without a password in it."""
        return _url(url, {"http", "https"})

    def validate_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Names and values that cannot become anything else."""
        if len(headers) > HEADERS_MAX_COUNT:
            raise serializers.ValidationError(f"{HEADERS_MAX_COUNT} are allowed.", code="max_length")
        for name, value in headers.items():
            if not _TOKEN.match(name) or name.lower() in _OURS_TO_SET or not _PRINTABLE.match(value):
                raise serializers.ValidationError(f"{name[:64]!r} is no header to send.", code="invalid")
        return headers


class S3Config(_FormatConfig):
    """An object in S3."""

    url = serializers.CharField(max_length=TEXT_MAX_LENGTH, help_text="s3://bucket/key, or https://host/bucket/key")
    access_key = serializers.CharField(max_length=256)
    secret_key = serializers.CharField(max_length=256, required=False, write_only=True, trim_whitespace=False)
    region = serializers.RegexField(r"^[a-z0-9-]{1,64}\Z", required=False)

    def validate_url(self, url: str) -> str:
        """It names a bucket and a key."""
        parts = urlsplit(_url(url, {"http", "https", "s3"}))
        path = parts.path.lstrip("/")
        if not (path if parts.scheme == "s3" else path.partition("/")[2]):
            raise serializers.ValidationError("It names no bucket and key.", code="invalid")
        return url


class PostgresqlConfig(StrictSerializer):
    """A table or a query of a database."""

    host = serializers.RegexField(_HOST)
    port = serializers.IntegerField(default=5432, min_value=1, max_value=65535)
    database = serializers.CharField(max_length=128)
    user = serializers.CharField(max_length=128)
    password = serializers.CharField(
        max_length=1024, required=False, write_only=True, trim_whitespace=False, allow_blank=True
    )
    sslmode = serializers.ChoiceField(("disable", "prefer", "require", "verify-full"), required=False)
    table = serializers.CharField(max_length=256, required=False, help_text="Perhaps with its schema: sales.orders")
    query = serializers.CharField(max_length=QUERY_MAX_LENGTH, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either of them."""
        if ("table" in attrs) == ("query" in attrs):
            raise serializers.ValidationError({"table": "Either a table or a query."}, code="invalid")
        return attrs


class ConfigKind:
    """What is known of one type's config."""

    serializers: ClassVar[dict[str, type[StrictSerializer]]] = {
        SourceType.FILE: FileConfig,
        SourceType.HTTP: HttpConfig,
        SourceType.S3: S3Config,
        SourceType.POSTGRESQL: PostgresqlConfig,
    }
    secret: ClassVar[dict[str, tuple[str, ...]]] = {
        SourceType.HTTP: ("headers",),
        SourceType.S3: ("secret_key",),
        SourceType.POSTGRESQL: ("password",),
    }


def destination(kind: str, config: dict[str, Any]) -> tuple[Any, ...]:
    """Where secrets are sent to: when it changes, they must be given anew."""
    if kind == SourceType.POSTGRESQL:
        return config.get("host"), config.get("port"), config.get("user"), config.get("sslmode")
    parts = urlsplit(config.get("url", ""))
    return parts.scheme, parts.netloc, config.get("access_key")


def name_from(kind: str, config: dict[str, Any]) -> str:
    """What a source is called that nobody has named."""
    if kind == SourceType.POSTGRESQL:
        return str(config.get("table") or config["database"]).rpartition(".")[2]
    text = config["path"] if kind == SourceType.FILE else unquote(urlsplit(config["url"]).path).rstrip("/")
    return str(text.rpartition("/")[2] or config.get("url", ""))


def _url(url: str, schemes: set[str]) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good or any(each <= " " for each in url):
        raise serializers.ValidationError(f"This is no address of {', '.join(sorted(schemes))}.", code="invalid")
    if "@" in parts.netloc:
        raise serializers.ValidationError("A password in an address would be seen; send a header.", code="invalid")
    return url
