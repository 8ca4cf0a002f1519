"""What requests for files may hold and what answers look like."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.query_parameters import PAGE, QueryParameters
from storage_app.files.models import LISTED, FileState, StoredFile
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


class UploadCreateSerializer(serializers.Serializer[Any]):
    """A file that is to go to the object store directly."""

    name = serializers.CharField(trim_whitespace=False)
    prefix = serializers.CharField(default="", allow_blank=True, help_text="The folder it goes to.")
    size = serializers.IntegerField(min_value=1, max_value=BIGINT_MAX, help_text="In bytes, exactly.")


class PartLinkSerializer(serializers.Serializer[Any]):
    """PUT these bytes of the file to this address, without credentials."""

    part_number = serializers.IntegerField()
    start = serializers.IntegerField(help_text="The first byte of it in the file.")
    size = serializers.IntegerField()
    url = serializers.URLField()


class PartReceivedSerializer(serializers.Serializer[Any]):
    """A part that has come."""

    part_number = serializers.IntegerField(source="number")
    size = serializers.IntegerField()


class DirectUploadSerializer(serializers.ModelSerializer[StoredFile]):
    """A direct upload."""

    state = serializers.ChoiceField(FileState.choices)
    parts = serializers.SerializerMethodField(help_text="What to send; empty when it is complete.")
    received = serializers.SerializerMethodField(help_text="What has come.")

    class Meta:
        model = StoredFile
        fields = ("id", "path", "size", "state", "parts", "received")

    @extend_schema_field(PartLinkSerializer(many=True))
    def get_parts(self, file: StoredFile) -> Any:
        """A link each."""
        return PartLinkSerializer(self.context["parts"], many=True).data

    @extend_schema_field(PartReceivedSerializer(many=True))
    def get_received(self, file: StoredFile) -> Any:
        """By number."""
        return PartReceivedSerializer(self.context["received"], many=True).data


class FileFilterSerializer(QueryParameters[Any]):
    """What to restrict a list of files by."""

    beside = PAGE

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


class PreviewQuery(QueryParameters[Any]):
    """How much of a file to show."""

    beside = ()

    rows = serializers.IntegerField(default=20, min_value=1, max_value=1000)


class PreviewColumnSerializer(serializers.Serializer[Any]):
    """A column and the ClickHouse type it would have in a table."""

    name = serializers.CharField()
    type = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    """The first rows of a file."""

    columns = PreviewColumnSerializer(many=True)
    data = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # the API's word for rows


class FileLinkSerializer(serializers.Serializer[Any]):
    """A link that works for a while, for whoever holds it."""

    url = serializers.URLField()
    expires_in = serializers.IntegerField(help_text="In seconds.")
