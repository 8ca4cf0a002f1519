"""What can go wrong with ClickHouse, as the rest of the program sees it.

StoreError                  anything not named below; `code` is ClickHouse's
├── StoreUnavailable        down, overloaded or out of reach: the same call may work later
├── QueryRefused            over one of its limits; `limit` says which
├── QueryInvalid            does not fit its table, or holds a value its type cannot take
└── QueryCancelled          stopped by `gateway.cancel`

`detail` and `str()` may be shown to anyone: no host, no SQL, no stack trace. The driver's own error is the
`__cause__`; `server_reason` gives its words, for logs and operators.
"""

from typing import Literal

from clickhouse_driver import errors as driver

Limit = Literal["time", "memory", "rows_read", "rows_returned"]


class StoreError(Exception):
    """ClickHouse failed in a way that nobody planned for."""

    def __init__(self, detail: str, *, code: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class StoreUnavailable(StoreError):
    """ClickHouse cannot be reached, or is too busy to answer."""


class QueryRefused(StoreError):
    """The query went over `limit` and was stopped."""

    def __init__(self, detail: str, *, limit: Limit, code: int | None = None) -> None:
        super().__init__(detail, code=code)
        self.limit: Limit = limit


class QueryInvalid(StoreError):
    """The query names what is not there, or mixes what does not fit together."""


class QueryCancelled(StoreError):
    """The query was cancelled while it ran."""


UNKNOWN_TABLE = 60
UNKNOWN_DATABASE = 81
TOO_MANY_SIMULTANEOUS_QUERIES = 202
SOCKET_TIMEOUT = 209
NETWORK_ERROR = 210
MEMORY_LIMIT_EXCEEDED = 241

_UNAVAILABLE_DETAIL = "The analytics database is not available at the moment."
_BUSY_DETAIL = "The analytics database is too busy at the moment."
_TIMEOUT_DETAIL = "The analytics database did not answer in time."

UNAVAILABLE: dict[int, str] = {
    32: _UNAVAILABLE_DETAIL,  # ATTEMPT_TO_READ_AFTER_EOF
    101: _UNAVAILABLE_DETAIL,  # UNEXPECTED_PACKET_FROM_CLIENT
    102: _UNAVAILABLE_DETAIL,  # UNEXPECTED_PACKET_FROM_SERVER
    173: _BUSY_DETAIL,  # CANNOT_ALLOCATE_MEMORY
    192: _UNAVAILABLE_DETAIL,  # UNKNOWN_USER
    193: _UNAVAILABLE_DETAIL,  # WRONG_PASSWORD
    194: _UNAVAILABLE_DETAIL,  # REQUIRED_PASSWORD
    195: _UNAVAILABLE_DETAIL,  # IP_ADDRESS_NOT_ALLOWED
    198: _UNAVAILABLE_DETAIL,  # DNS_ERROR
    201: _BUSY_DETAIL,  # QUOTA_EXCEEDED
    TOO_MANY_SIMULTANEOUS_QUERIES: _BUSY_DETAIL,
    203: _BUSY_DETAIL,  # NO_FREE_CONNECTION
    SOCKET_TIMEOUT: _TIMEOUT_DETAIL,
    NETWORK_ERROR: _UNAVAILABLE_DETAIL,
    216: _BUSY_DETAIL,  # QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
    236: _UNAVAILABLE_DETAIL,  # ABORTED: the server is shutting down
    242: _UNAVAILABLE_DETAIL,  # TABLE_IS_READ_ONLY: a replica without its keeper
    243: _UNAVAILABLE_DETAIL,  # NOT_ENOUGH_SPACE
    252: _BUSY_DETAIL,  # TOO_MANY_PARTS: merges are behind
    279: _UNAVAILABLE_DETAIL,  # ALL_CONNECTION_TRIES_FAILED
    319: _UNAVAILABLE_DETAIL,  # UNKNOWN_STATUS_OF_INSERT
    439: _BUSY_DETAIL,  # CANNOT_SCHEDULE_TASK
    473: _BUSY_DETAIL,  # DEADLOCK_AVOIDED
    516: _UNAVAILABLE_DETAIL,  # AUTHENTICATION_FAILED
    700: _BUSY_DETAIL,  # USER_SESSION_LIMIT_EXCEEDED
    745: _BUSY_DETAIL,  # SERVER_OVERLOADED
    749: _BUSY_DETAIL,  # TCP_CONNECTION_LIMIT_REACHED
}

REFUSED: dict[int, tuple[Limit, str]] = {
    158: ("rows_read", "The query reads too many rows."),  # TOO_MANY_ROWS
    159: ("time", "The query takes too long."),  # TIMEOUT_EXCEEDED
    160: ("time", "The query takes too long."),  # TOO_SLOW
    191: ("memory", "The query needs too much memory."),  # SET_SIZE_LIMIT_EXCEEDED
    MEMORY_LIMIT_EXCEEDED: ("memory", "The query needs too much memory."),
    307: ("rows_read", "The query reads too much data."),  # TOO_MANY_BYTES
    396: ("rows_returned", "The query returns too many rows."),  # TOO_MANY_ROWS_OR_BYTES
}

_NO_SUCH_COLUMN = "The query names a column that does not exist."
_NO_SUCH_FUNCTION = "The query names a function that does not exist."
_WRONG_TYPE = "The query uses a value or column whose type does not fit."
_WRONG_VALUE = "The query holds a value that cannot be read as its type."
_WRONG_FORM = "The query is not well-formed."
_TOO_LARGE = "The query is too large or nested too deeply."
_NOT_ALLOWED = "The query asks for something that is not allowed."

INVALID: dict[int, str] = {
    6: _WRONG_VALUE,  # CANNOT_PARSE_TEXT
    8: _NO_SUCH_COLUMN,  # THERE_IS_NO_COLUMN
    10: _NO_SUCH_COLUMN,  # NOT_FOUND_COLUMN_IN_BLOCK
    16: _NO_SUCH_COLUMN,  # NO_SUCH_COLUMN_IN_TABLE
    20: _WRONG_FORM,  # NUMBER_OF_COLUMNS_DOESNT_MATCH
    25: _WRONG_VALUE,  # CANNOT_PARSE_ESCAPE_SEQUENCE
    26: _WRONG_VALUE,  # CANNOT_PARSE_QUOTED_STRING
    27: _WRONG_VALUE,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
    34: _WRONG_FORM,  # TOO_MANY_ARGUMENTS_FOR_FUNCTION
    35: _WRONG_FORM,  # TOO_FEW_ARGUMENTS_FOR_FUNCTION
    36: _WRONG_FORM,  # BAD_ARGUMENTS
    38: _WRONG_VALUE,  # CANNOT_PARSE_DATE
    41: _WRONG_VALUE,  # CANNOT_PARSE_DATETIME
    42: _WRONG_FORM,  # NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    43: _WRONG_TYPE,  # ILLEGAL_TYPE_OF_ARGUMENT
    44: _WRONG_TYPE,  # ILLEGAL_COLUMN
    46: _NO_SUCH_FUNCTION,  # UNKNOWN_FUNCTION
    47: _NO_SUCH_COLUMN,  # UNKNOWN_IDENTIFIER
    50: _WRONG_TYPE,  # UNKNOWN_TYPE
    53: _WRONG_TYPE,  # TYPE_MISMATCH
    57: "The table exists already.",  # TABLE_ALREADY_EXISTS
    UNKNOWN_TABLE: "The query names a table that does not exist.",
    62: _WRONG_FORM,  # SYNTAX_ERROR
    63: _NO_SUCH_FUNCTION,  # UNKNOWN_AGGREGATE_FUNCTION
    69: _WRONG_VALUE,  # ARGUMENT_OUT_OF_BOUND
    70: _WRONG_TYPE,  # CANNOT_CONVERT_TYPE
    72: _WRONG_VALUE,  # CANNOT_PARSE_NUMBER
    UNKNOWN_DATABASE: "The query names a database that does not exist.",
    115: _NOT_ALLOWED,  # UNKNOWN_SETTING
    117: _WRONG_VALUE,  # INCORRECT_DATA
    128: _WRONG_VALUE,  # TOO_LARGE_ARRAY_SIZE
    130: _WRONG_VALUE,  # CANNOT_READ_ARRAY_FROM_TEXT
    153: "The query divides by zero.",  # ILLEGAL_DIVISION
    162: _TOO_LARGE,  # TOO_DEEP_SUBQUERIES
    164: _NOT_ALLOWED,  # READONLY
    167: _TOO_LARGE,  # TOO_DEEP_AST
    168: _TOO_LARGE,  # TOO_BIG_AST
    179: _WRONG_FORM,  # MULTIPLE_EXPRESSIONS_FOR_ALIAS
    184: _WRONG_FORM,  # ILLEGAL_AGGREGATION
    207: _WRONG_FORM,  # AMBIGUOUS_IDENTIFIER
    215: _WRONG_FORM,  # NOT_AN_AGGREGATE
    229: _TOO_LARGE,  # QUERY_IS_TOO_LARGE
    306: _TOO_LARGE,  # TOO_DEEP_RECURSION
    321: _WRONG_VALUE,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349: _WRONG_VALUE,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376: _WRONG_VALUE,  # CANNOT_PARSE_UUID
    386: _WRONG_TYPE,  # NO_COMMON_TYPE
    395: "The data do not pass a check of the query.",  # FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    407: _WRONG_VALUE,  # DECIMAL_OVERFLOW
    427: _WRONG_VALUE,  # CANNOT_COMPILE_REGEXP
    441: _WRONG_VALUE,  # CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
    452: _NOT_ALLOWED,  # SETTING_CONSTRAINT_VIOLATION
    456: _WRONG_FORM,  # UNKNOWN_QUERY_PARAMETER
    457: _WRONG_VALUE,  # BAD_QUERY_PARAMETER
    467: _WRONG_VALUE,  # CANNOT_PARSE_BOOL
    497: _NOT_ALLOWED,  # ACCESS_DENIED
    675: _WRONG_VALUE,  # CANNOT_PARSE_IPV4
    676: _WRONG_VALUE,  # CANNOT_PARSE_IPV6
    691: _WRONG_VALUE,  # UNKNOWN_ELEMENT_OF_ENUM
}

CANCELLED = frozenset({394, 735})  # QUERY_WAS_CANCELLED, QUERY_WAS_CANCELLED_BY_CLIENT

DRIVER_FAILURES: tuple[type[Exception], ...] = (driver.Error, OSError, EOFError)
"""What a call of the driver may raise for reasons outside this program."""


def translate(error: Exception) -> StoreError:
    """This module's error for one of DRIVER_FAILURES; raise it from the original."""
    if isinstance(error, TimeoutError):
        return StoreUnavailable(_TIMEOUT_DETAIL, code=SOCKET_TIMEOUT)
    if not isinstance(error, driver.Error) or isinstance(error, driver.PartiallyConsumedQueryError):
        return StoreUnavailable(_UNAVAILABLE_DETAIL, code=NETWORK_ERROR)
    return by_code(error.code, error.message or "")


def server_reason(error: BaseException) -> str:
    """What the server or the network said, without its stack trace: for logs and operators only."""
    message = error.message if isinstance(error, driver.Error) else str(error)
    return str(message).split(". Stack trace:", 1)[0].removeprefix("DB::Exception: ") or type(error).__name__


def by_code(code: int, message: str) -> StoreError:
    """This module's error for a code of ClickHouse's, with the server's words, which are not shown."""
    if code == MEMORY_LIMIT_EXCEEDED and "(total)" in message:
        return StoreUnavailable(_BUSY_DETAIL, code=code)
    if code in UNAVAILABLE:
        return StoreUnavailable(UNAVAILABLE[code], code=code)
    if code in REFUSED:
        limit, detail = REFUSED[code]
        return QueryRefused(detail, limit=limit, code=code)
    if code in INVALID:
        return QueryInvalid(INVALID[code], code=code)
    if code in CANCELLED:
        return QueryCancelled("The query was cancelled.", code=code)
    return StoreError(f"The analytics database failed (code {code}).", code=code)
