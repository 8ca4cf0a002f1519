"""limit and offset, both checked: asking for more than the maximum is an error, not a silent cut."""

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """{"count", "next", "previous", "results"}"""

    default_limit = 50
    max_limit = 1000
    max_offset = 2**31

    def get_limit(self, request: Request) -> int:
        """1 to 1,000."""
        return _number(request, self.limit_query_param, default=self.default_limit, low=1, high=self.max_limit)

    def get_offset(self, request: Request) -> int:
        """0 or more."""
        return _number(request, self.offset_query_param, default=0, low=0, high=self.max_offset)


def _number(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    # isdecimal takes other scripts' digits, and int() as well; too many digits would not fit.
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else -1
    if not low <= number <= high:
        raise ValidationError({name: f"Ensure this is a whole number from {low} to {high}."})
    return number
