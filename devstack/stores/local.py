"""The four stores together."""

from collections.abc import Callable, Collection, Mapping

from devstack import credentials, ports
from devstack.directories import DataDirectory
from devstack.stores import clickhouse, postgresql, redis, s3
from devstack.stores.site import LocalStore, Site

_MAKE: dict[str, Callable[[Site], LocalStore]] = {
    "postgresql": postgresql.make,
    "redis": redis.make,
    "clickhouse": clickhouse.make,
    "s3": s3.make,
}
# The names under which a user brings an own one.
_BROUGHT_BY = {
    "postgresql": ("DATABASE_URL", "POSTGRES_HOST"),
    "redis": ("REDIS_URL",),
    "clickhouse": ("CLICKHOUSE_URL", "CLICKHOUSE_HOST"),
    "s3": ("S3_ENDPOINT_URL", "MINIO_ENDPOINT"),
}


def brought_by_user(environment: Mapping[str, str]) -> dict[str, str]:
    """The stores whose address is in the environment, each with the name it is under."""
    given = {store: [name for name in names if environment.get(name)] for store, names in _BROUGHT_BY.items()}
    return {store: names[0] for store, names in given.items() if names}


def make(data: DataDirectory, *, durable: bool, leave_out: Collection[str] = ()) -> list[LocalStore]:
    """Choose their ports and make in `data` what is missing there."""
    site = Site(
        data=data,
        ports=ports.choose_and_remember([*_MAKE, "clickhouse_http"], data.ports),
        secrets=credentials.load_or_make(data.secrets),
        durable=durable,
    )
    return [make_store(site) for name, make_store in _MAKE.items() if name not in leave_out]
