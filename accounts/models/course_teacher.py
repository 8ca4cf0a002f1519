"""Which courses a teacher is limited to."""

from django.db import models

from accounts.models.user import User

COURSE_ID_MAX_LENGTH = 128


class CourseTeacher(models.Model):
    """A course of a teacher. `accounts.selectors.visible_courses` says what follows from having some, or none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="course_teachers")
    course_id = models.CharField(max_length=COURSE_ID_MAX_LENGTH)

    class Meta:
        ordering = ("course_id",)
        verbose_name = "course of a teacher"
        verbose_name_plural = "courses a teacher is limited to"
        constraints = (
            models.UniqueConstraint(fields=("user", "course_id"), name="accounts_courseteacher_once"),
            models.CheckConstraint(condition=~models.Q(course_id=""), name="accounts_courseteacher_course"),
        )

    def __str__(self) -> str:
        return self.course_id
