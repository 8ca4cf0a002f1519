"""What PostgreSQL knows of a stored file."""

from typing import ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import Role, User
from storage_app.files.names import NUMBER_MAX_BYTES, PATH_MAX_BYTES


class FileState(models.TextChoices):
    """Where a file is in its life."""

    UPLOADING = "uploading", "Uploading"
    CHECKING = "checking", "Waiting for the virus scanner"
    READY = "ready", "Ready"
    INFECTED = "infected", "Infected: its bytes are deleted"
    LOST = "lost", "Lost: its bytes are not in the object store"
    DELETING = "deleting", "Being deleted"


LISTED = (FileState.CHECKING, FileState.READY, FileState.INFECTED, FileState.LOST)
STORED = (FileState.CHECKING, FileState.READY, FileState.LOST)
"""States whose bytes should be in the object store."""
COUNTED = (FileState.UPLOADING, FileState.CHECKING, FileState.READY)
"""States that use the owner's quota."""


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Questions about files."""

    def visible_to(self, user: User) -> Self:
        """One's own; an admin sees everybody's."""
        listed = self.filter(state__in=LISTED)
        return listed if user.role == Role.ADMIN else listed.filter(owner=user)

    def with_shown_path(self, user: User) -> Self:
        """`shown_path` is how this user names a file: its path, after `~<owner>/` when it is another's."""
        owner = Cast("owner_id", models.TextField())
        foreign = Concat(models.Value("~"), owner, models.Value("/"), "path", output_field=models.TextField())
        return self.annotate(
            shown_path=models.Case(
                models.When(owner_id=user.pk, then="path"), default=foreign, output_field=models.TextField()
            )
        )

    def shown_path_begins(self, prefix: str) -> Self:
        """After `with_shown_path`: those whose path, as shown, begins so."""
        return self.filter(shown_path__startswith=prefix) if prefix else self

    def bytes_used(self, owner: User) -> int:
        """What counts against this owner's quota, uploads under way by what they announced."""
        used = self.filter(owner=owner, state__in=COUNTED).aggregate(total=models.Sum("size"))["total"]
        return int(used or 0)


class StoredFile(models.Model):
    """A file, from its first byte on. Only listed states have a path of their own."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="files")
    key = models.CharField(max_length=255, unique=True, help_text="Where its bytes are in the bucket.")
    path = models.CharField(max_length=PATH_MAX_BYTES + NUMBER_MAX_BYTES, help_text="Within the owner's space.")
    state = models.CharField(max_length=16, choices=FileState.choices, default=FileState.UPLOADING)
    size = models.BigIntegerField(default=0, help_text="In bytes; of an upload under way, what it announced.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="In hexadecimal; empty until it is computed.")
    content_type = models.CharField(max_length=128, blank=True, help_text="Judged by the content.")
    upload_id = models.TextField(blank=True, help_text="The object store's name of the multipart upload.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When reconciliation last met its bytes.")

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "path")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "path"], condition=models.Q(state__in=LISTED), name="stored_file_path"
            ),
            models.CheckConstraint(condition=models.Q(state__in=FileState.values), name="stored_file_state"),
            models.CheckConstraint(condition=models.Q(size__gte=0), name="stored_file_size"),
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "-created_at"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        return self.path

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class Reconciliation(models.Model):
    """One comparison of PostgreSQL with the object store, and what it did."""

    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it runs, or it failed.")
    objects_seen = models.BigIntegerField(default=0, help_text="Objects met in the bucket.")
    orphans_deleted = models.BigIntegerField(default=0, help_text="Objects without a record.")
    lost = models.BigIntegerField(default=0, help_text="Files whose bytes are not there any more.")
    found_again = models.BigIntegerField(default=0, help_text="Files that were lost, and are there.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}"
