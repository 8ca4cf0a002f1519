"""A client of our own HTTP API: signs in, sends batches, waits when told to. For the commands that load events."""

import gzip
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

_TRIES = 8
_TIMEOUT_SECONDS = 60.0
_AGAIN = {429, 502, 503, 504}


class ApiError(Exception):
    """The API refused for good, or could not be reached for too long. The text says what to do."""


class TidewatchClient:
    """Sends events as one person."""

    def __init__(self, url: str, *, login: str, password: str) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=_TIMEOUT_SECONDS)
        self._login, self._password = login, password

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def sign_in(self) -> None:
        """Get tokens.

        Raises:
            ApiError: wrong name or password, or no answer.
        """
        answer = self._post("/auth/login", json={"username": self._login, "password": self._password})
        if answer.status_code != 200:
            raise ApiError(f"Sign-in as {self._login!r} was refused ({answer.status_code}): {answer.text[:300]}")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access']}"

    def send_events(self, lines: Sequence[bytes]) -> dict[str, Any]:
        """Send NDJSON lines; gives {"accepted", "rejected", "errors"}.

        Raises:
            ApiError: the batch was refused as a whole, or nobody answers.
        """
        body = gzip.compress(b"\n".join(lines), compresslevel=1)
        answer = self._post_events(body)
        if answer.status_code == 401:  # the access token ran out on the way
            self.sign_in()
            answer = self._post_events(body)
        if answer.status_code != 202:
            raise ApiError(f"The events were refused ({answer.status_code}): {answer.text[:300]}")
        result: dict[str, Any] = answer.json()
        return result

    def _post_events(self, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        return self._post("/events?on_error=skip", content=body, headers=headers)

    def _post(self, path: str, **request: Any) -> httpx.Response:
        """POST, again after a pause while the server is away or asks to wait. An event sent twice counts once."""
        pause = 0.5
        reason = ""
        for _ in range(_TRIES):
            try:
                answer = self._http.post(path, **request)
            except httpx.TransportError as error:
                reason = str(error)
            else:
                if answer.status_code not in _AGAIN:
                    return answer
                reason = f"{answer.status_code} {answer.text[:200]}"
                pause = max(pause, float(answer.headers.get("Retry-After", 0)))
            time.sleep(pause)
            pause = min(pause * 2, 15.0)
        raise ApiError(f"No success after {_TRIES} tries at {self._http.base_url}: {reason}")
