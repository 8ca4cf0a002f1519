"""A refusal that names what it is about."""

from rest_framework.exceptions import ErrorDetail, ValidationError


def refused(attr: str, detail: str, code: str) -> ValidationError:
    """A 400 that names a field; raise it."""
    return ValidationError({attr: [ErrorDetail(detail, code=code)]})
