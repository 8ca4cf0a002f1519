"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address: the connection's, or behind TRUSTED_PROXY_COUNT proxies what the outermost of them saw.

    What a client writes into X-Forwarded-For itself stands further left and is not looked at. None: no IP at all.
    """
    hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), request.META.get("REMOTE_ADDR", "")]
    hop = hops[-1 - min(settings.TRUSTED_PROXY_COUNT, len(hops) - 1)]
    try:
        return str(ip_address(hop.strip()))
    except ValueError:
        return None
