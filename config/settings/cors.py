"""Which other hosts' pages may call the API (django-cors-headers). Nobody's, unless it is said."""

from corsheaders.defaults import default_headers

from config.settings.environment import env, refuse, url


def _origin(text: str) -> str:
    parts = url("CORS_ALLOWED_ORIGINS", text, ("https", "http"))
    if parts.path or parts.query or parts.fragment or parts.username:
        raise refuse("CORS_ALLOWED_ORIGINS", f"must be origins like https://host:port, not {text!r}")
    return text


CORS_ALLOWED_ORIGINS = [_origin(text) for text in env.list("CORS_ALLOWED_ORIGINS", default=[])]
CORS_URLS_REGEX = r"^/(api/|auth/|devices|stats|openapi\.json)"
CORS_ALLOW_HEADERS = (*default_headers, "content-encoding", "x-request-id")
CORS_EXPOSE_HEADERS = ("X-Request-ID", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
