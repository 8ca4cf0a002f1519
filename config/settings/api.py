"""REST framework and the OpenAPI document."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.JWTAuthentication",  # first: its challenge is the one in a 401
        "accounts.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.JSONParser"],
    "DEFAULT_METADATA_CLASS": None,  # the OpenAPI document tells what can be called; preflights are answered before
    "DEFAULT_SCHEMA_CLASS": "config.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.pagination.StrictLimitOffsetPagination",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "config.errors.ExceptionHandler",
    "ALLOWED_ERROR_STATUS_CODES": ["400", "401", "403", "404", "415", "429", "503"],
    "ERROR_SCHEMAS": {"503": "config.openapi.StoreDownSerializer"},
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Tidewatch",
    "DESCRIPTION": "Self-hosted analytics: events and readings in, metrics and dashboards out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["config.openapi.canonical_paths_only"],
    "POSTPROCESSING_HOOKS": [
        "drf_standardized_errors.openapi_hooks.postprocess_schema_enums",
        "analytics.openapi.add_question_schemas",
        "config.access.show_access",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ValidationErrorEnum": "drf_standardized_errors.openapi_serializers.ValidationErrorEnum.choices",
        "ClientErrorEnum": "drf_standardized_errors.openapi_serializers.ClientErrorEnum.choices",
        "ServerErrorEnum": "drf_standardized_errors.openapi_serializers.ServerErrorEnum.choices",
        "TaskStatusEnum": "analytics.task_status.TaskStatus",
        "ErasureStatusEnum": "accounts.models.ErasureStatus",
        "SourceTypeEnum": "analytics.sources.models.SourceType",
        "WidgetTypeEnum": "dashboards.models.WidgetType",
        "PeriodUnitEnum": "dashboards.periods.Unit",
        "UnitEnum": [("ratio", "ratio"), ("seconds", "seconds"), ("points_per_week", "points per week")],
        "SourceFormatEnum": ["csv", "ndjson", "parquet"],
        "StoreStateEnum": ["up", "down"],
        "WriterStateEnum": ["writing", "standing by"],
        "FileStateEnum": "storage_app.files.models.FileState",
        "ExportFormatEnum": "analytics.exports.models.ExportFormat",
        "ListedFileStateEnum": ["checking", "ready", "infected", "lost"],
    },
}
