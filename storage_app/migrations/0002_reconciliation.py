import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage_app", "0001_stored_file"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, help_text="Empty: it runs, or it failed.", null=True)),
                ("objects_seen", models.BigIntegerField(default=0, help_text="Objects met in the bucket.")),
                ("orphans_deleted", models.BigIntegerField(default=0, help_text="Objects without a record.")),
                ("lost", models.BigIntegerField(default=0, help_text="Files whose bytes are not there any more.")),
                ("found_again", models.BigIntegerField(default=0, help_text="Files that were lost, and are there.")),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("-started_at",),
            },
        ),
    ]
