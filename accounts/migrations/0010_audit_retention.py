"""A way to delete old lines of the audit log, and only old ones."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_second_factor"),
    ]

    operations = [
        # Nothing changes a line, and no line of the last 30 days is deleted, by whomever. An older one goes through
        # accounts_auditentry_expire alone: a DELETE that somebody writes by mistake is refused as before.
        migrations.RunSQL(
            sql="""
                CREATE OR REPLACE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE'
                        AND current_setting('accounts.auditentry_expire', true) = 'on'
                        AND OLD.at < now() - interval '30 days'
                    THEN
                        RETURN OLD;
                    END IF;
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
                END $$;
                CREATE FUNCTION accounts_auditentry_expire(before timestamptz, most integer) RETURNS bigint
                    LANGUAGE plpgsql AS $$
                DECLARE
                    deleted bigint;
                BEGIN
                    PERFORM set_config('accounts.auditentry_expire', 'on', true);
                    DELETE FROM accounts_auditentry WHERE id IN (
                        SELECT id FROM accounts_auditentry WHERE at < before ORDER BY at LIMIT most
                    );
                    GET DIAGNOSTICS deleted = ROW_COUNT;
                    PERFORM set_config('accounts.auditentry_expire', 'off', true);
                    RETURN deleted;
                END $$;
            """,
            reverse_sql="""
                DROP FUNCTION accounts_auditentry_expire(timestamptz, integer);
                CREATE OR REPLACE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
                END $$;
            """,
        ),
    ]
