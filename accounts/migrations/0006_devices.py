import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_cleanup_run"),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "external_id",
                    models.CharField(
                        blank=True, help_text="What its owner calls it; at most one device each.", max_length=200
                    ),
                ),
                ("description", models.TextField(blank=True)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                (
                    "is_active",
                    models.BooleanField(default=True, help_text="Readings of an inactive device are refused."),
                ),
                (
                    "expected_interval_seconds",
                    models.PositiveIntegerField(
                        blank=True, help_text="How often it should send; empty: its silence is not watched.", null=True
                    ),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(blank=True, help_text="When readings of it last came in.", null=True),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="devices", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("owner", "external_id"),
                        name="accounts_device_external_id",
                        violation_error_message="Another of your devices has this external id.",
                    )
                ],
            },
        ),
    ]
