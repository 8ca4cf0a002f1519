from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0007_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="by_key",
            field=models.BooleanField(default=False, help_text="Asked by an API key, which never acts as an admin."),
        ),
    ]
