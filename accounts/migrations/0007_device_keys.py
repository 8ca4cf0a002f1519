import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_devices"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="device",
            field=models.ForeignKey(
                blank=True,
                help_text="Set: the key sends readings of this device and opens nothing else.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to="accounts.device",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("device", None), ("scopes", ["ingest"]), _connector="OR"),
                name="accounts_apikey_device",
            ),
        ),
    ]
