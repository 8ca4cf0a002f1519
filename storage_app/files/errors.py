"""What can go wrong with files.

FileStoreUnavailable       the object store is down or refuses us            503
ObjectMissing              no such object, or no such multipart upload
ScannerUnavailable         the virus scanner is down                         503
APIException
 ├─ NameRefused            a name or path that is not taken                  400
 ├─ UploadIncomplete       a body that ends early, parts that are missing    400
 ├─ NotAvailable           there, but not to be read now                     409
 ├─ FileTooLarge           over the limit of one file                        413
 ├─ QuotaExceeded          over the limit of one user                        413
 ├─ TypeRefused            content of a type that is not taken               415
 └─ FileInfected           the virus scanner found something                 422
"""

from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError


class FileStoreUnavailable(Exception):
    """The object store is out of reach, fails or refuses; the cause is chained."""


class ScannerUnavailable(Exception):
    """The virus scanner is out of reach or does not answer as it should."""


class ObjectMissing(Exception):
    """There is no such object, or no such multipart upload."""


class NameRefused(ValidationError):
    """A name or path that is not taken."""

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__({field: [ErrorDetail(detail, code="invalid_name")]})


class UploadIncomplete(ParseError):
    """Not everything that was announced has come."""

    default_code = "incomplete"
    default_detail = "The upload ended before its end."


class NotAvailable(APIException):
    """The file is there, its bytes are not to be had."""

    status_code = 409
    default_code = "not_available"

    def __init__(self, state: str) -> None:
        super().__init__(f"The file is {state}.", code=state)


class FileTooLarge(APIException):
    """Over the limit of one file."""

    status_code = 413
    default_code = "too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"A file has at most {max_bytes} bytes.")


class QuotaExceeded(APIException):
    """Over the limit of one user."""

    status_code = 413
    default_code = "quota_exceeded"

    def __init__(self, quota_bytes: int) -> None:
        super().__init__(f"Your files may have {quota_bytes} bytes together, and this would be more.")


class TypeRefused(APIException):
    """Content of a type that is not taken."""

    status_code = 415
    default_code = "type_refused"

    def __init__(self, name: str, content_type: str) -> None:
        super().__init__(f"{name} holds {content_type}, which is not taken here.")


class FileInfected(APIException):
    """The virus scanner found something."""

    status_code = 422
    default_code = "infected"

    def __init__(self, name: str, found: str) -> None:
        super().__init__(f"The virus scanner found {found} in {name}.")
