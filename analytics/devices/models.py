"""Analyses that a worker does, and what they found."""

from typing import Any, ClassVar, Self

from django.db import models

from accounts.models import Device, Role, User
from analytics.kept_task import UNFINISHED, KeptTask


class DeviceAnalysisTaskQuerySet(models.QuerySet["DeviceAnalysisTask"]):
    """Questions about analyses that were asked for."""

    def visible_to(self, user: User) -> Self:
        """An admin sees all of them, anybody else what they asked for."""
        return self if user.role == Role.ADMIN else self.filter(requested_by=user)


class DeviceAnalysisTask(KeptTask):
    """An analysis of one device or of many, all of the same period."""

    called = "analysis"

    start = models.DateTimeField(null=True, blank=True, help_text="Empty: from the first reading.")
    end = models.DateTimeField(null=True, blank=True, help_text="Empty: to the last reading.")
    done = models.PositiveIntegerField(default=0, help_text="Of how many devices the result is stored.")
    total = models.PositiveIntegerField(help_text="How many devices were asked for.")
    wish = models.CharField(max_length=64, editable=False, help_text="A hash of who asked for what.")

    objects = DeviceAnalysisTaskQuerySet.as_manager()

    class Meta:
        app_label = "analytics"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wish"],
                condition=models.Q(status__in=UNFINISHED),
                name="device_analysis_one_unfinished",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["finished_at"], name="device_analysis_finished")]

    def __str__(self) -> str:
        devices = "1 device" if self.total == 1 else f"{self.total} devices"
        return f"{devices}: {self.status}"


class DeviceAnalysisQuerySet(models.QuerySet["DeviceAnalysis"]):
    """Questions about devices' results."""

    def visible_to(self, user: User) -> Self:
        """Those of the devices they see, whoever asked for them."""
        return self if user.role == Role.ADMIN else self.filter(device__owner=user)


class DeviceAnalysis(models.Model):
    """One device within an analysis that was asked for; deleted with its device."""

    task = models.ForeignKey(DeviceAnalysisTask, on_delete=models.CASCADE, related_name="analyses")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="analyses")
    result: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True, blank=True, help_text="By axis; empty until it is there."
    )

    objects = DeviceAnalysisQuerySet.as_manager()

    class Meta:
        app_label = "analytics"
        verbose_name_plural = "device analyses"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "device"], name="device_analysis_once_a_device"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id}"
