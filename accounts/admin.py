"""People and their refresh tokens in the admin."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import (
    ApiKey,
    ApiKeyQuerySet,
    AuditEntry,
    CleanupRun,
    CourseTeacher,
    Erasure,
    RefreshToken,
    RefreshTokenQuerySet,
    User,
)
from accounts.origin import origin_of
from accounts.services.api_keys import api_key_revoke
from accounts.services.refresh_tokens import refresh_token_families_revoke
from accounts.services.totp import totp_remove

# Roles say who may do what; groups are not used.
admin.site.unregister(Group)


class CourseTeacherInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    """What a teacher is limited to."""

    model = CourseTeacher
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold has no types
    """People."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "role", "is_active", "last_login", "date_joined")
    list_filter = ("role", "is_active")
    filter_horizontal = ()
    search_fields = ("username", "email", "first_name", "last_name")
    actions = ("remove_second_factor",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        ("Name", {"fields": ("first_name", "last_name")}),
        ("Access", {"fields": ("role", "is_active")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "role", "usable_password", "password1", "password2")}),)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[type[TabularInline]]:
        """Courses, once there is somebody to give them to."""
        return [CourseTeacherInline] if obj else []

    @admin.action(description="Take the second factor away")
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For who has lost their app and their recovery codes."""
        removed = sum(totp_remove(user=user, origin=origin_of(request)) for user in queryset)
        messages.success(request, f"{removed} second factors taken away.")


@admin.register(RefreshToken)
class RefreshTokenAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Refresh tokens, to look at and to revoke. Deleting must stay allowed, or nobody who has one could be deleted."""

    list_display = ("user", "created_at", "expires_at", "spent_at", "revoked_at", "family")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("spent_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "family")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only signing in makes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: RefreshToken | None = None) -> bool:
        """They are revoked, not edited."""
        return False

    @admin.action(description="Revoke, with all that follow from the same signing in")
    def revoke(self, request: HttpRequest, queryset: RefreshTokenQuerySet) -> None:
        """Sign their holders out."""
        families = list(queryset.order_by().values_list("family", flat=True).distinct())
        revoked = refresh_token_families_revoke(families=families)
        messages.success(request, f"{revoked} refresh tokens revoked.")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """API keys, to look at and to revoke. They are made over the API, which shows each once."""

    list_display = (
        "name",
        "prefix",
        "owner",
        "device",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("owner", "device")
    search_fields = ("name", "prefix", "owner__username", "owner__email")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody could be shown the key."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """They are revoked, not edited."""
        return False

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: ApiKeyQuerySet) -> None:
        """From now on nobody gets in with them."""
        for api_key in queryset:
            api_key_revoke(api_key=api_key, origin=origin_of(request))
        messages.success(request, f"{len(queryset)} API keys revoked.")


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Pages to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only what happens adds to it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(CleanupRun)
class CleanupRunAdmin(ReadOnlyAdmin):
    """When expired refresh tokens were deleted, and how many."""

    list_display = ("started_at", "finished_at", "deleted_count")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Receipts of erasures; the person's id is not shown even while it is known."""

    list_display = ("id", "status", "created_at", "finished_at", "includes_account", "attempts", "error")
    list_filter = ("status",)
    exclude = ("user_id",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log."""

    list_display = ("at", "actor_name", "actor_kind", "action", "outcome", "object_type", "object_id", "address")
    list_filter = ("outcome", "action", "actor_kind")
    search_fields = ("actor_name", "object_id", "request_id")
    date_hierarchy = "at"
