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
        # Exports become kept tasks, whose owner is called so. Django does not rename the field inside of the index.
        migrations.RemoveIndex(model_name="export", name="analytics_e_owner_i_d47c8c_idx"),
        migrations.RenameField(model_name="export", old_name="owner", new_name="requested_by"),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["requested_by", "-created_at"], name="analytics_e_request_dc6f19_idx"),
        ),
    ]
