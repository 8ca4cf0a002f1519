"""Files. names.RESERVED holds the words that would read as one of these."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from storage_app.files.views import (
    DirectUpload,
    DirectUploadComplete,
    DirectUploads,
    FileDownload,
    FileItem,
    FileList,
    FilePreview,
    FileUpload,
)


@csrf_exempt  # it does nothing
def no_such_upload(request: HttpRequest, rest: str) -> HttpResponse:
    """What is no upload's id would otherwise read as a file's path, and be told that its method is wrong."""
    raise Http404


urlpatterns = [
    path("files", FileList.as_view()),
    path("files/upload", FileUpload.as_view()),
    path("files/uploads", DirectUploads.as_view()),
    path("files/uploads/<uuid:upload_id>", DirectUpload.as_view()),
    path("files/uploads/<uuid:upload_id>/complete", DirectUploadComplete.as_view()),
    path("files/uploads/<path:rest>", no_such_upload),
    path("files/download/<path:path>", FileDownload.as_view()),
    path("files/preview/<path:path>", FilePreview.as_view()),
    path("files/<path:path>", FileItem.as_view()),
]
