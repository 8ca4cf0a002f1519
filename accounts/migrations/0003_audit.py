import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_api_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "actor_id",
                    models.CharField(blank=True, db_index=True, help_text="Empty: nobody known.", max_length=32),
                ),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                ("actor_kind", models.CharField(blank=True, help_text="user, api_key or system.", max_length=16)),
                ("action", models.CharField(db_index=True, max_length=128)),
                ("outcome", models.CharField(choices=[("allowed", "Allowed"), ("refused", "Refused")], max_length=16)),
                ("object_type", models.CharField(blank=True, max_length=64)),
                ("object_id", models.CharField(blank=True, max_length=255)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("request_id", models.CharField(blank=True, max_length=128)),
                ("details", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name_plural": "audit log",
                "ordering": ("-at", "-id"),
            },
        ),
        # TRUNCATE is left to the owner of the table: no code of ours says it.
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
                END $$;
                CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
                    FOR EACH ROW EXECUTE FUNCTION accounts_auditentry_refuse();
            """,
            reverse_sql="""
                DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry;
                DROP FUNCTION accounts_auditentry_refuse();
            """,
        ),
    ]
