"""Whose requests are counted together, found without asking a store."""

from collections import OrderedDict
from threading import Lock

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from accounts.authorization_header import credentials
from accounts.client_address import client_address
from accounts.tokens import access_token_read, api_key_hash

MAX_KEYS = 10_000


class KnownKeys:
    """Hashes of API keys that were good lately. Others count for their address, or made-up ones had no limit."""

    def __init__(self, *, max_keys: int) -> None:
        self._max_keys = max_keys
        self._hashes: OrderedDict[str, None] = OrderedDict()  # least lately used first
        self._lock = Lock()

    def add(self, key_hash: str) -> None:
        """This one is good."""
        with self._lock:
            self._hashes[key_hash] = None
            self._hashes.move_to_end(key_hash)
            while len(self._hashes) > self._max_keys:
                self._hashes.popitem(last=False)

    def __contains__(self, key_hash: str) -> bool:
        return key_hash in self._hashes


known_keys = KnownKeys(max_keys=MAX_KEYS)


def caller_bucket(request: HttpRequest) -> str:
    """One for each person, each API key, and each address from which come requests without either."""
    if token := credentials(request, "bearer"):
        try:
            return f"user:{access_token_read(token).user_id}"
        except AuthenticationFailed:
            return f"address:{client_address(request)}"
    if (key := credentials(request, "api-key")) and (key_hash := api_key_hash(key)) in known_keys:
        return f"key:{key_hash}"
    return f"address:{client_address(request)}"
