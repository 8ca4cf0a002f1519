"""Dashboards and the widgets on them."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Role, User

NAME_MAX_LENGTH = 200
ZONE_MAX_LENGTH = 64
COLUMNS = 12
"""Of the grid."""
WIDGETS_MAX = 100
"""Of one dashboard."""


class Visibility(models.TextChoices):
    """Who sees a dashboard besides its owner."""

    PRIVATE = "private", "Nobody else"
    SHARED = "shared", "Everybody who is signed in"


class WidgetType(models.TextChoices):
    """What a widget shows."""

    LINE = "line", "Lines"
    BAR = "bar", "Bars"
    PIE = "pie", "Pie"
    AREA = "area", "Areas"
    SCATTER = "scatter", "Points"
    HEATMAP = "heatmap", "Heatmap"
    TABLE = "table", "Table"
    NUMBER = "number", "Number"
    TEXT = "text", "Text"
    METRIC = "metric", "Learning metrics"
    DEVICE = "device", "Device"


class DashboardQuerySet(models.QuerySet["Dashboard"]):
    """Questions about dashboards."""

    def visible_to(self, user: User) -> Self:
        """One's own and those that are shared; an admin sees everybody's. Their numbers are the reader's own."""
        return self if user.role == Role.ADMIN else self.filter(Q(owner=user) | Q(visibility=Visibility.SHARED))


class Dashboard(models.Model):
    """Widgets, and what they have in common."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="dashboards")
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    description = models.TextField(blank=True)
    visibility = models.CharField(max_length=16, choices=Visibility.choices, default=Visibility.PRIVATE)
    period: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True, blank=True, help_text="Empty: all time."
    )
    timezone = models.CharField(max_length=ZONE_MAX_LENGTH, default="UTC")
    filters: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, blank=True, help_text="Added to those of each widget that asks a table."
    )
    version = models.PositiveIntegerField(default=1, help_text="One more with each change, of its widgets too.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DashboardQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "id")
        indexes: ClassVar = [models.Index(fields=["visibility", "-updated_at"], name="dashboard_visible")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="dashboard_visibility"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_editable_by(self, user: User) -> bool:
        """By its owner, and by admins."""
        return user.role == Role.ADMIN or self.owner_id == user.pk


class Widget(models.Model):
    """A piece of a dashboard: what it asks, how it shows it, and where."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, related_name="widgets")
    title = models.CharField(max_length=NAME_MAX_LENGTH, blank=True)
    type = models.CharField(max_length=16, choices=WidgetType.choices)
    query: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    options: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict, blank=True)
    x = models.PositiveSmallIntegerField(default=0)
    y = models.PositiveSmallIntegerField(default=0)
    w = models.PositiveSmallIntegerField(default=6)
    h = models.PositiveSmallIntegerField(default=4)

    class Meta:
        ordering = ("y", "x", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(w__gte=1, h__gte=1), name="widget_has_a_size"),
            models.CheckConstraint(condition=Q(x__lte=COLUMNS - F("w")), name="widget_is_on_the_grid"),
            models.CheckConstraint(condition=Q(type__in=WidgetType.values), name="widget_type"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.type} at {self.x}, {self.y}"

    @property
    def position(self) -> dict[str, int]:
        """Where it is on the grid."""
        return {"x": self.x, "y": self.y, "w": self.w, "h": self.h}
