"""People."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

USERNAME_MAX_LENGTH = 150


class Role(models.TextChoices):
    """What somebody may do; each role may do what the ones before it may."""

    STUDENT = "student", "Student"
    TEACHER = "teacher", "Teacher"
    ADMIN = "admin", "Admin"


class UserManager(BaseUserManager["User"]):
    """Makes people, and finds them by either of their two names."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Addresses are kept in lower case, the part before the @ too."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        """The one whose email or username this is, in any case. Signing in goes through here.

        Raises:
            User.DoesNotExist
        """
        name = username or ""
        field = "email" if "@" in name else "username"
        return self.get(Exact(Lower(field), Lower(models.Value(name))))

    def create_user(self, *, email: str, username: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user; without a password nobody can sign in as them.

        Raises:
            IntegrityError: the email or the username is taken.
        """
        user = self.model(email=self.normalize_email(email), username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, username: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new admin (`manage.py createsuperuser`)."""
        return self.create_user(email=email, username=username, password=password, role=Role.ADMIN, **fields)


class User(AbstractUser):
    """Somebody who may sign in, by email or by username."""

    email = models.EmailField("email address")
    username = models.CharField(
        max_length=USERNAME_MAX_LENGTH,
        unique=True,
        validators=[
            # No @: a username must never be mistaken for somebody's email.
            RegexValidator(r"^[\w.+-]+\Z", "Use letters, digits and the characters . + - _ only.")
        ],
        error_messages={"unique": "This username is taken."},
    )
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.STUDENT)

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # other arguments than AbstractUser's

    class Meta:
        ordering = ("username",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"), name="accounts_user_email", violation_error_message="This email is taken."
            ),
            models.UniqueConstraint(
                Lower("username"), name="accounts_user_username", violation_error_message="This username is taken."
            ),
            models.CheckConstraint(
                condition=~models.Q(username__contains="@"), name="accounts_user_username_is_no_email"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_user_role"),
        )

    @property
    def is_staff(self) -> bool:  # type: ignore[override]  # derived, so that it cannot differ from the role
        """Whether the admin's pages are open to them."""
        return self.role == Role.ADMIN

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]  # as is_staff
        """Whether they may do everything on the admin's pages."""
        return self.role == Role.ADMIN
