"""Files over HTTP: parse, ask one service or selector, answer."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from storage_app.files.models import StoredFile, StoredFileQuerySet
from storage_app.files.selectors import file_get, file_link, file_list
from storage_app.files.serializers import (
    FileFilterSerializer,
    FileLinkSerializer,
    FileSerializer,
    UploadedSerializer,
    UploadSerializer,
)
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.uploads import files_upload

TAGS = ["Files"]
UPLOAD_REFUSALS = {
    413: OpenApiResponse(description="Over the limit of a file or of the caller's quota"),
    415: OpenApiResponse(description="Not multipart, or content of a type that is not taken"),
    422: OpenApiResponse(description="The virus scanner found something"),
}


def caller(request: Request) -> User:
    """Whoever is signed in; the permission classes have let nobody else through."""
    if not isinstance(request.user, User):
        raise TypeError("a view of files without authentication")
    return request.user


class FileUpload(APIView):
    """Files in, through this process."""

    @extend_schema(
        tags=TAGS,
        operation_id="files_upload",
        request={"multipart/form-data": UploadSerializer},
        responses={201: UploadedSerializer, **UPLOAD_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        """Store files. A name that is taken gets a number; of several files all are stored or none."""
        # Not request.data: DRF would read the whole body first.
        files = files_upload(owner=caller(request), request=request._request)
        answers = FileSerializer(files, many=True).data
        return Response(answers[0] if len(answers) == 1 else {"files": answers}, status=201)


class FileList(ListAPIView[StoredFile]):
    """The files."""

    serializer_class = FileSerializer

    @extend_schema(tags=TAGS, operation_id="files_list", parameters=[FileFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your files, newest first; an admin sees everybody's."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> StoredFileQuerySet:
        """Those that fit the query parameters."""
        parameters = FileFilterSerializer(data=self.request.query_params)
        parameters.is_valid(raise_exception=True)
        return file_list(viewer=caller(self.request), **parameters.validated_data)


class FileDownload(APIView):
    """A file's bytes."""

    @extend_schema(tags=TAGS, operation_id="files_download", responses=FileLinkSerializer)
    def get(self, request: Request, path: str) -> Response:
        """A link to the object store that works for a short time."""
        return Response(FileLinkSerializer(file_link(viewer=caller(request), shown_path=path)).data)


class FileItem(APIView):
    """One file."""

    @extend_schema(tags=TAGS, operation_id="files_get", responses=FileSerializer)
    def get(self, request: Request, path: str) -> Response:
        """What is known of a file."""
        return Response(FileSerializer(file_get(viewer=caller(request), shown_path=path)).data)

    @extend_schema(tags=TAGS, operation_id="files_delete", responses={204: None})
    def delete(self, request: Request, path: str) -> Response:
        """Delete a file. Its bytes go at once, or as soon as the object store is back."""
        file_delete(file=file_get(viewer=caller(request), shown_path=path))
        return Response(status=204)
