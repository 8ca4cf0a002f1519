"""People's results become narrow rows below the result of their course, or of all courses. Nothing stored is lost."""

import django.db.models.deletion
from django.db import migrations, models

# A person's result stands below the one of the same metric, period and course; none was ever stored without it.
_MOVE_PEOPLE = """
INSERT INTO analytics_personresult (result_id, user_id, value, part_1, part_2)
SELECT
    above.id, person.user_id, person.value,
    COALESCE(person.parts -> 'numerator', person.parts -> 'seconds')::float8,
    COALESCE(person.parts -> 'denominator', person.parts -> 'n')::float8
FROM analytics_metricresult AS person
JOIN analytics_metricresult AS above
    USING (metric, start, "end", timezone)
WHERE person.user_id IS NOT NULL AND above.user_id IS NULL AND above.course_id IS NOT DISTINCT FROM person.course_id
ORDER BY above.id, person.user_id
"""
_MOVE_BACK = """
INSERT INTO analytics_metricresult (
    metric, scope, course_id, user_id, start, "end", timezone, value, parts, unit, parameters, computed_at,
    computed_through
)
SELECT
    metric, CASE WHEN course_id IS NULL THEN 'user' ELSE 'course_user' END, course_id, person.user_id, start, "end",
    timezone, person.value,
    CASE metric
        WHEN 'time_on_task' THEN jsonb_build_object('seconds', part_1, 'n', part_2)
        ELSE jsonb_build_object('numerator', part_1, 'denominator', part_2)
    END,
    unit, parameters, computed_at, computed_through
FROM analytics_personresult AS person
JOIN analytics_metricresult AS above ON above.id = person.result_id
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_data_questions")]

    operations = [
        migrations.CreateModel(
            name="PersonResult",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "result_id", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.CharField(db_collation="C", max_length=128)),
                (
                    "value",
                    models.FloatField(blank=True, help_text="Empty when there is nothing to divide by.", null=True),
                ),
                ("part_1", models.FloatField()),
                ("part_2", models.FloatField()),
                (
                    "result",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="analytics.metricresult",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["user_id"], name="person_result_of_user")]},
        ),
        migrations.RunSQL(_MOVE_PEOPLE, _MOVE_BACK),
        migrations.RunSQL("DELETE FROM analytics_metricresult WHERE user_id IS NOT NULL", migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER TABLE analytics_metricresult RESET (fillfactor)",
            "ALTER TABLE analytics_metricresult SET (fillfactor = 45)",
        ),
        migrations.RemoveConstraint(model_name="metricresult", name="metric_result_unique"),
        migrations.RemoveIndex(model_name="metricresult", name="metric_result_of_user"),
        migrations.RemoveIndex(model_name="metricresult", name="metric_result_of_course"),
        # With a default, so that the way back can fill it in; the rows of all courses get theirs below.
        migrations.AlterField(
            model_name="metricresult", name="scope", field=models.CharField(max_length=16, default="course")
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop, "UPDATE analytics_metricresult SET scope = 'all' WHERE course_id IS NULL"
        ),
        migrations.RemoveField(model_name="metricresult", name="scope"),
        migrations.RemoveField(model_name="metricresult", name="user_id"),
        migrations.AddField(
            model_name="metricresult",
            name="seen_through",
            field=models.DateTimeField(
                blank=True,
                help_text="Every event that was stored up to here was in; a later one makes it stale.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="metricresult",
            name="people_digest",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="Of its people's numbers; while it stays, so do they.",
                max_length=32,
            ),
            preserve_default=False,
        ),
        # Events from before stored_at was kept count as stored when they were received.
        migrations.RunSQL("UPDATE analytics_metricresult SET seen_through = computed_through", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="metricresult", index=models.Index(fields=["course_id"], name="metric_result_of_course")
        ),
        migrations.AddConstraint(
            model_name="metricresult",
            constraint=models.UniqueConstraint(
                fields=("metric", "start", "end", "timezone", "course_id"),
                name="metric_result_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AlterField(
            model_name="nightlyrun",
            name="checked_through",
            field=models.DateTimeField(
                blank=True, help_text="Late events were looked for that were stored up to here.", null=True
            ),
        ),
    ]
