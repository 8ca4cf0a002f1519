"""Devices and their silences in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from accounts.models import Device, DeviceState
from ingestion.devices.chart import device_chart
from ingestion.devices.seen import devices_seen_refresh
from ingestion.devices.services import device_update
from ingestion.models import DeviceSilence
from ingestion.selectors.devices import devices_with_state
from ingestion.selectors.readings import reading_list
from storage_app.clickhouse.errors import StoreError


class StateFilter(admin.SimpleListFilter):
    """By what is heard of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states."""
        return list(DeviceState.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those in the one that is chosen."""
        return queryset.in_state(self.value()) if self.value() in DeviceState.values else queryset


@admin.register(Device)
class DeviceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Devices. Deleting one deletes its readings as well."""

    list_display = ("__str__", "owner", "state", "last_seen_at", "is_active", "expected_interval_seconds", "created_at")
    list_filter = (StateFilter, "is_active")
    list_select_related = ("owner",)
    search_fields = ("name", "external_id", "description", "owner__username", "owner__email")
    autocomplete_fields = ("owner",)
    readonly_fields = ("id", "state", "last_seen_at", "last_reading", "last_24_hours", "created_at", "updated_at")
    fields = (
        *("owner", "name", "external_id", "description", "metadata", "is_active", "expected_interval_seconds"),
        *readonly_fields,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        """Each with its state, as it is by now."""
        devices_seen_refresh()
        return devices_with_state(Device.objects.all())

    @admin.display(ordering="last_seen_at")
    def state(self, device: Any) -> str:
        """What is heard of it."""
        return str(DeviceState(device.state).label)

    def last_reading(self, device: Device) -> str:
        """Its latest values."""
        try:
            found = reading_list(device_id=device.pk)[0:1]
        except StoreError:
            return "ClickHouse cannot be reached."
        return "{timestamp:%Y-%m-%d %H:%M:%S} UTC: {x:g}, {y:g}, {z:g}".format(**found[0]) if found else "None."

    def last_24_hours(self, device: Device) -> SafeString | str:
        """A small picture."""
        try:
            return device_chart(device_id=device.pk, now=timezone.now())
        except StoreError:
            return "ClickHouse cannot be reached."

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        """A deactivated device is closed to every process, as through the API."""
        if change:
            device_update(device=obj, **{name: form.cleaned_data[name] for name in form.changed_data})
        else:
            obj.save()


@admin.register(DeviceSilence)
class DeviceSilenceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """When devices were silent. Read-only: the watch writes it."""

    list_display = ("device", "since", "noticed_at", "ended")
    list_filter = (("ended", admin.EmptyFieldListFilter),)
    list_select_related = ("device",)
    search_fields = ("device__name", "device__external_id")
    date_hierarchy = "since"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DeviceSilence | None = None) -> bool:
        """Never."""
        return False
