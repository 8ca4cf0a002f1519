"""S3: rclone serves a directory."""

import http.client
import os
import sysconfig
from pathlib import Path

from devstack.ports import LOOPBACK
from devstack.program import Program
from devstack.stores.site import READY_SECONDS, LocalStore, Site

_BINARY = Path(sysconfig.get_path("scripts")) / "rclone"


def make(site: Site) -> LocalStore:
    """The server; a bucket is a directory."""
    data, address = site.data.store("s3"), f"{LOOPBACK}:{site.ports['s3']}"
    access_key, secret_key = site.secrets.S3_ACCESS_KEY, site.secrets.S3_SECRET_KEY
    data.mkdir(exist_ok=True)
    program = Program(
        name="s3",
        command=[str(_BINARY), "serve", "s3", str(data), "--addr", address],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(data),
            "RCLONE_CONFIG": os.devnull,
            # In the environment, not in the arguments that everybody on the machine can read.
            "RCLONE_AUTH_KEY": f'"{access_key},{secret_key}"',
        },
        is_ready=lambda: _answers(site.ports["s3"]),
        ready_seconds=READY_SECONDS,
        address=address,
    )
    environment = {
        "S3_ENDPOINT_URL": f"http://{address}",
        "S3_ACCESS_KEY": access_key,
        "S3_SECRET_KEY": secret_key,
        "S3_BUCKET": "tidewatch",
        "S3_REGION": "us-east-1",
    }
    return LocalStore(program, environment)


def _answers(port: int) -> bool:
    """An unsigned request is refused, in S3's own words."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/")
        return b"<Error>" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
