"""Secrets, passwords, tokens, cookies and headers."""

from datetime import timedelta

from config.settings.core import ENVIRONMENT
from config.settings.environment import choice, env, flag, integer, refuse, required

_MINIMUM_SECRET_BYTES = 32
_AUDIT_KEPT_DAYS = 30  # the database deletes nothing younger (accounts, migration 0010)


def _strong(name: str, value: str) -> str:
    if ENVIRONMENT == "production" and len(value.encode()) < _MINIMUM_SECRET_BYTES:
        raise refuse(name, f"must be at least {_MINIMUM_SECRET_BYTES} bytes long")
    return value


def _secret(name: str) -> str:
    return _strong(name, required(name))


SECRET_KEY = _secret("SECRET_KEY")
# Keys before the present one: sessions and second factors that they signed or encrypted are still read.
SECRET_KEY_FALLBACKS = [_strong("SECRET_KEY_FALLBACKS", key) for key in env.list("SECRET_KEY_FALLBACKS", default=[])]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

SIMPLE_JWT = {
    "SIGNING_KEY": _secret("JWT_SECRET_KEY"),
    "ALGORITHM": choice("JWT_ALGORITHM", "HS256", ("HS256", "HS384", "HS512")),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=integer("ACCESS_TOKEN_EXPIRE_MINUTES", 30, low=1, high=1440)),
    "REFRESH_TOKEN_LIFETIME": timedelta(
        minutes=integer("REFRESH_TOKEN_EXPIRE_MINUTES", 7 * 1440, low=1, high=366 * 1440)
    ),
    "UPDATE_LAST_LOGIN": False,
}
# Keys that signed tokens before the present one: still read, never signed with.
JWT_PREVIOUS_SECRET_KEYS = tuple(
    _strong("JWT_PREVIOUS_SECRET_KEYS", key) for key in env.list("JWT_PREVIOUS_SECRET_KEYS", default=[])
)
# Makes the hashes by which erased people are known again, so that it stays when SECRET_KEY is changed.
ERASURE_KEY = _strong("ERASURE_KEY", env.str("ERASURE_KEY", "") or SECRET_KEY)
REGISTRATION_OPEN = flag("REGISTRATION_OPEN", default=True)
# A teacher to whom no course has been given.
TEACHERS_WITHOUT_COURSES_SEE = choice("TEACHERS_WITHOUT_COURSES_SEE", "all", ("all", "none"))
ACCOUNT_CACHE_SECONDS = integer("ACCOUNT_CACHE_SECONDS", 30, low=0, high=60)
ADMIN_REQUIRES_TOTP = flag("ADMIN_REQUIRES_TOTP", default=False)
AUDIT_RETENTION_DAYS = integer("AUDIT_RETENTION_DAYS", 730, low=0, high=36_500)
if 0 < AUDIT_RETENTION_DAYS < _AUDIT_KEPT_DAYS:
    raise refuse("AUDIT_RETENTION_DAYS", f"must be at least {_AUDIT_KEPT_DAYS}, or 0 for ever")
REFRESH_CLEANUP_INTERVAL_SECONDS = integer("REFRESH_CLEANUP_INTERVAL_SECONDS", 3600, low=1, high=7 * 86400)

AUTHENTICATION_BACKENDS = ["accounts.backends.PausingBackend"]
# Whoever develops, or runs tests from one address, is more than one person.
_PATIENCE = 20 if ENVIRONMENT == "development" else 1
RATE_LIMIT_PER_MINUTE = integer("RATE_LIMIT_PER_MINUTE", 6000 * _PATIENCE, low=0, high=10_000_000)
SIGN_IN_RATE_LIMIT_PER_MINUTE = integer("SIGN_IN_RATE_LIMIT_PER_MINUTE", 30 * _PATIENCE, low=0, high=10_000_000)
TRUSTED_PROXY_COUNT = integer("TRUSTED_PROXY_COUNT", 0, low=0, high=10)

# Behind a proxy that ends TLS. Off in development, where the pages are plain HTTP on loopback.
_HTTPS = ENVIRONMENT == "production"
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=_HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
# The orchestrator asks over plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^health"]
SECURE_HSTS_SECONDS = integer("SECURE_HSTS_SECONDS", 31536000 if _HTTPS else 0, low=0, high=2**31)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
