import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_device_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="CourseTeacher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("course_id", models.CharField(max_length=128)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="course_teachers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "course of a teacher",
                "verbose_name_plural": "courses a teacher is limited to",
                "ordering": ("course_id",),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "course_id"), name="accounts_courseteacher_once"),
                    models.CheckConstraint(
                        condition=models.Q(("course_id", ""), _negated=True), name="accounts_courseteacher_course"
                    ),
                ],
            },
        ),
    ]
