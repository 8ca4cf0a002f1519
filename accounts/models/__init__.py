"""Who there is, and what they hold."""

from accounts.models.api_key import API_KEY_NAME_MAX_LENGTH, ApiKey, ApiKeyQuerySet, Scope
from accounts.models.audit_entry import AuditEntry, Outcome
from accounts.models.cleanup_run import CleanupRun
from accounts.models.course_teacher import COURSE_ID_MAX_LENGTH, CourseTeacher
from accounts.models.device import DEVICE_NAME_MAX_LENGTH, Device, DeviceQuerySet, DeviceState
from accounts.models.erasure import Erasure, ErasureQuerySet, ErasureStatus
from accounts.models.refresh_token import RefreshToken, RefreshTokenQuerySet
from accounts.models.sign_in_attempts import SignInAttempts
from accounts.models.totp_device import RecoveryCode, TotpDevice
from accounts.models.user import USERNAME_MAX_LENGTH, Role, User, UserManager

__all__ = [
    "API_KEY_NAME_MAX_LENGTH",
    "COURSE_ID_MAX_LENGTH",
    "DEVICE_NAME_MAX_LENGTH",
    "USERNAME_MAX_LENGTH",
    "ApiKey",
    "ApiKeyQuerySet",
    "AuditEntry",
    "CleanupRun",
    "CourseTeacher",
    "Device",
    "DeviceQuerySet",
    "DeviceState",
    "Erasure",
    "ErasureQuerySet",
    "ErasureStatus",
    "Outcome",
    "RecoveryCode",
    "RefreshToken",
    "RefreshTokenQuerySet",
    "Role",
    "Scope",
    "SignInAttempts",
    "TotpDevice",
    "User",
    "UserManager",
]
