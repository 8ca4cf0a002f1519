import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_devices"),
        ("analytics", "0003_room_for_new_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeviceAnalysisTask",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("run_after", models.DateTimeField(help_text="When it is due; long after that, its message is lost.")),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("start", models.DateTimeField(blank=True, help_text="Empty: from the first reading.", null=True)),
                ("end", models.DateTimeField(blank=True, help_text="Empty: to the last reading.", null=True)),
                ("done", models.PositiveIntegerField(default=0, help_text="Of how many devices the result is stored.")),
                ("total", models.PositiveIntegerField(help_text="How many devices were asked for.")),
                ("wish", models.CharField(editable=False, help_text="A hash of who asked for what.", max_length=64)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeviceAnalysis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("result", models.JSONField(blank=True, help_text="By axis; empty until it is there.", null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="analyses", to="accounts.device"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="analyses",
                        to="analytics.deviceanalysistask",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "device analyses",
            },
        ),
        migrations.AddIndex(
            model_name="deviceanalysistask",
            index=models.Index(fields=["finished_at"], name="device_analysis_finished"),
        ),
        migrations.AddConstraint(
            model_name="deviceanalysistask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("pending", "running"))),
                fields=("wish",),
                name="device_analysis_one_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviceanalysis",
            constraint=models.UniqueConstraint(fields=("task", "device"), name="device_analysis_once_a_device"),
        ),
    ]
