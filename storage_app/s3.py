"""The object store: one client, made from the settings of django-storages."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def client(*, timeout_seconds: float = 10, tries: int = 3) -> "S3Client":
    """A client with bounded patience."""
    options = settings.STORAGES["default"]["OPTIONS"]
    return boto3.client(
        "s3",
        endpoint_url=options["endpoint_url"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        region_name=options["region_name"],
        config=options["client_config"].merge(
            Config(connect_timeout=timeout_seconds, read_timeout=timeout_seconds, retries={"total_max_attempts": tries})
        ),
    )


def bucket() -> str:
    """The name of the bucket for files."""
    name: str = settings.STORAGES["default"]["OPTIONS"]["bucket_name"]
    return name


def bucket_make() -> bool:
    """Make the bucket; False when it is there already.

    Raises:
        botocore.exceptions.ClientError: refused; BotoCoreError: out of reach.
    """
    s3 = client()
    try:
        s3.head_bucket(Bucket=bucket())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.create_bucket(Bucket=bucket())
        return True
    return False
