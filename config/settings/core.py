"""What Django itself needs: applications, middleware, URLs, templates, time, static files."""

from typing import Any

from config.settings.environment import BASE_DIR, choice, env, integer

ENVIRONMENT = choice("ENVIRONMENT", "production", ("production", "development"))
DEBUG = False  # never: a stack trace in an answer helps the wrong people, the log has it

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls makes its pages known
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "accounts",
    "storage_app",
    "ingestion",
    "analytics",
    "dashboards",
]

MIDDLEWARE = [
    "config.request_id.RequestIdMiddleware",
    "config.request_body.RequestBodyMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.security_headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.rate_limit.RateLimitMiddleware",
    "config.page_middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.page_middleware.AuthenticationMiddleware",
    "config.page_middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.audit_middleware.AuditMiddleware",
    "config.errors.StoreErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WEB_THREADS = integer("WEB_THREADS", 8, low=1, high=200)
APPEND_SLASH = False
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# Served straight from the packages in development; `collectstatic` is part of building the image.
WHITENOISE_USE_FINDERS = ENVIRONMENT == "development"
STATIC_ROOT = env.str("STATIC_ROOT", "" if WHITENOISE_USE_FINDERS else str(BASE_DIR / "staticfiles")) or None
