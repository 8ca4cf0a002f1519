import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_sign_in_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="CleanupRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, help_text="Empty: it runs, or it failed.", null=True)),
                ("deleted_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ("-started_at",),
            },
        ),
    ]
