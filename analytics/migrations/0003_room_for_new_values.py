"""Leaves room in each page, so that a result that is calculated again is replaced where it stands, indexes untouched."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_six_metrics")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE analytics_metricresult SET (fillfactor = 45)",
            "ALTER TABLE analytics_metricresult RESET (fillfactor)",
        )
    ]
