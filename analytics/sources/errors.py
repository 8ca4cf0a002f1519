"""What can go wrong with a source; each text may be shown to its owner.

APIException
 └─ SourceFailed         422: the data cannot be had or read; ends a run
     ├─ AddressRefused   it leads into the network, and SOURCES_ALLOWED_HOSTS does not allow that
     └─ LimitExceeded    more, larger or slower than is allowed
"""

from rest_framework.exceptions import APIException


class SourceFailed(APIException):
    """The data cannot be had, or not be read."""

    status_code = 422
    default_code = "source_failed"


class AddressRefused(SourceFailed):
    """An address inside the network."""

    default_code = "address_refused"


class LimitExceeded(SourceFailed):
    """Over a limit, which `detail` names."""

    default_code = "limit_exceeded"
