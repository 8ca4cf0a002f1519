import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_narrow_people_results"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("file", "Stored file"),
                            ("http", "Web address"),
                            ("s3", "S3 object"),
                            ("postgresql", "PostgreSQL"),
                        ],
                        max_length=16,
                    ),
                ),
                ("table_name", models.CharField(max_length=63, unique=True)),
                ("config", models.JSONField(help_text="Less what is secret.")),
                ("secrets", models.TextField(blank=True, editable=False, help_text="Encrypted.")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("replace", "Replace all"),
                            ("append", "Add to them"),
                            ("upsert", "Replace those with the same key"),
                        ],
                        default="replace",
                        max_length=16,
                    ),
                ),
                ("key", models.JSONField(blank=True, default=list)),
                ("columns", models.JSONField(blank=True, default=list, help_text="Empty: inferred at each run.")),
                ("schedule", models.CharField(blank=True, help_text="@daily, every 15 minutes, cron.", max_length=64)),
                ("next_run_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sources",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="ImportedTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="What questions call it.", max_length=63, unique=True)),
                ("stored_as", models.CharField(help_text="Its name in ClickHouse.", max_length=128, unique=True)),
                ("columns", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="table", to="analytics.source"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="SourceRun",
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
                ("bytes_read", models.BigIntegerField(default=0)),
                ("rows_read", models.BigIntegerField(default=0)),
                ("rows_written", models.BigIntegerField(default=0)),
                ("rows_refused", models.BigIntegerField(default=0)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="analytics.source"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="RefusedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.BigIntegerField(help_text="Of text its line, of anything else the row's number.")),
                ("reason", models.TextField()),
                ("row", models.TextField(help_text="How it begins.")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refused", to="analytics.sourcerun"
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddIndex(
            model_name="sourcerun",
            index=models.Index(fields=["finished_at"], name="source_run_finished"),
        ),
        migrations.AddConstraint(
            model_name="sourcerun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("pending", "running"))),
                fields=("source",),
                name="source_run_one_unfinished",
            ),
        ),
    ]
