"""Objects in S3: a signed link, made here, is fetched as any web address is, with the same checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from analytics.sources.errors import SourceFailed
from analytics.sources.origins.limits import Limits
from analytics.sources.origins.spool import Spooled
from analytics.sources.origins.web import url_open

LINK_SECONDS = 900


@contextmanager
def s3_open(*, config: dict[str, Any], secrets: dict[str, Any], limits: Limits) -> Iterator[Spooled]:
    """One object: `s3://bucket/key` at Amazon, `https://host/bucket/key` elsewhere.

    Raises:
        SourceFailed
    """
    with url_open(url=_link(config, secrets), headers={}, limits=limits) as result:
        yield result


def _link(config: dict[str, Any], secrets: dict[str, Any]) -> str:
    parts = urlsplit(config["url"])
    if parts.scheme == "s3":
        endpoint, bucket, key = None, parts.netloc, unquote(parts.path.lstrip("/"))
    else:
        endpoint = f"{parts.scheme}://{parts.netloc}"
        bucket, _, key = unquote(parts.path.lstrip("/")).partition("/")
    try:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=config["access_key"],
            aws_secret_access_key=secrets.get("secret_key", ""),
            region_name=config.get("region") or "us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path" if endpoint else "auto"}),
        )
        link: str = client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=LINK_SECONDS
        )
    except (BotoCoreError, ValueError) as error:
        raise SourceFailed("This is no address of an S3 object.", code="unreachable") from error
    return link
