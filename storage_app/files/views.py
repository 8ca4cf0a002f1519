"""Files over HTTP: parse, ask one service or selector, answer."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from storage_app.files.models import FileState, StoredFile, StoredFileQuerySet
from storage_app.files.preview import file_preview
from storage_app.files.selectors import file_get, file_link, file_list, file_ready
from storage_app.files.serializers import (
    DirectUploadSerializer,
    FileFilterSerializer,
    FileLinkSerializer,
    FileSerializer,
    PreviewQuery,
    PreviewSerializer,
    UploadCreateSerializer,
    UploadedSerializer,
    UploadSerializer,
)
from storage_app.files.services.deletion import file_delete
from storage_app.files.services.direct_uploads import (
    upload_abort,
    upload_complete,
    upload_create,
    upload_get,
    upload_part_links,
    upload_parts_received,
)
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


class DirectUploads(APIView):
    """Files in, past this process."""

    @extend_schema(
        tags=TAGS,
        operation_id="files_uploads_create",
        request=UploadCreateSerializer,
        responses={201: DirectUploadSerializer, 413: UPLOAD_REFUSALS[413]},
    )
    def post(self, request: Request) -> Response:
        """Begin a direct upload: PUT each part to its link, then complete it."""
        asked = UploadCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = upload_create(owner=caller(request), **asked.validated_data)
        return Response(_direct_upload(file), status=201)


class DirectUpload(APIView):
    """A direct upload."""

    @extend_schema(tags=TAGS, operation_id="files_uploads_get", responses=DirectUploadSerializer)
    def get(self, request: Request, upload_id: UUID) -> Response:
        """What has come, and links for what has not: an upload may be gone on with."""
        return Response(_direct_upload(upload_get(owner=caller(request), upload_id=str(upload_id))))

    @extend_schema(tags=TAGS, operation_id="files_uploads_abort", responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Drop a direct upload that is not complete."""
        upload_abort(owner=caller(request), upload_id=str(upload_id))
        return Response(status=204)


class DirectUploadComplete(APIView):
    """The end of a direct upload."""

    @extend_schema(
        tags=TAGS,
        operation_id="files_uploads_complete",
        request=None,
        responses={201: FileSerializer, **UPLOAD_REFUSALS},
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Make a file of the parts. Its sha256 is empty until a worker has read it. A second call changes nothing."""
        file = upload_complete(owner=caller(request), upload_id=str(upload_id))
        return Response(FileSerializer(file).data, status=201)


def _direct_upload(file: StoredFile) -> Any:
    received = upload_parts_received(file=file)
    parts = upload_part_links(file=file) if file.state == FileState.UPLOADING else []
    return DirectUploadSerializer(file, context={"parts": parts, "received": received}).data


class FileDownload(APIView):
    """A file's bytes."""

    @extend_schema(tags=TAGS, operation_id="files_download", responses=FileLinkSerializer)
    def get(self, request: Request, path: str) -> Response:
        """A link to the object store that works for a short time."""
        return Response(FileLinkSerializer(file_link(viewer=caller(request), shown_path=path)).data)


class FilePreview(APIView):
    """A look into a file."""

    @extend_schema(
        tags=TAGS,
        operation_id="files_preview",
        parameters=[PreviewQuery],
        responses={200: PreviewSerializer, 422: OpenApiResponse(description="No table that can be read")},
    )
    def get(self, request: Request, path: str) -> Response:
        """The first rows of a CSV, NDJSON or Parquet file, and the types its columns would have in a table."""
        query = PreviewQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        file = file_ready(viewer=caller(request), shown_path=path)
        preview = file_preview(file=file, **query.validated_data)
        return Response(asdict(preview))


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
