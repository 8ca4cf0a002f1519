"""What requests for files may hold and what answers look like."""

from typing import Any

from rest_framework import serializers

from storage_app.files.models import LISTED, StoredFile
from storage_app.files.names import NameInvalid, prefix_check
from storage_app.files.selectors import BIGINT_MAX


class FileSerializer(serializers.ModelSerializer[StoredFile]):
    """One file."""

    path = serializers.SerializerMethodField(help_text="What the other endpoints take; another's begins with ~.")
    owner = serializers.IntegerField(source="owner_id")
    state = serializers.ChoiceField([state.value for state in LISTED])

    class Meta:
        model = StoredFile
        fields = ("path", "name", "size", "content_type", "sha256", "state", "owner", "created_at", "expires_at")

    def get_path(self, file: StoredFile) -> str:
        """As the caller names it."""
        return getattr(file, "shown_path", file.path)


class UploadSerializer(serializers.Serializer[Any]):
    """A multipart body."""

    file = serializers.FileField(help_text="One or several; the parts' own names do not matter.")
    prefix = serializers.CharField(required=False, help_text="The folder they go to.")


class UploadedSerializer(FileSerializer):
    """The file; of several, all of them instead."""

    files = FileSerializer(many=True, required=False, help_text="Several files: only this, one entry each.")

    class Meta(FileSerializer.Meta):
        fields = (*FileSerializer.Meta.fields, "files")  # type: ignore[assignment]  # one more


class FileFilterSerializer(serializers.Serializer[Any]):
    """What to restrict a list of files by."""

    prefix = serializers.CharField(required=False, trim_whitespace=False, help_text="How the path begins.")
    content_type = serializers.CharField(required=False, help_text="text/csv, or image/ for every image.")
    min_size = serializers.IntegerField(required=False, min_value=0, max_value=BIGINT_MAX, help_text="In bytes.")
    max_size = serializers.IntegerField(required=False, min_value=0, max_value=BIGINT_MAX, help_text="In bytes.")

    def validate_prefix(self, prefix: str) -> str:
        """As a path may begin."""
        try:
            return prefix_check(prefix)
        except NameInvalid as error:
            raise serializers.ValidationError(str(error), code="invalid_name") from None


class FileLinkSerializer(serializers.Serializer[Any]):
    """A link that works for a while, for whoever holds it."""

    url = serializers.URLField()
    expires_in = serializers.IntegerField(help_text="In seconds.")
