"""Files. names.RESERVED holds the words that would read as one of these."""

from django.urls import path

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

urlpatterns = [
    path("files", FileList.as_view()),
    path("files/upload", FileUpload.as_view()),
    path("files/uploads", DirectUploads.as_view()),
    path("files/uploads/<uuid:upload_id>", DirectUpload.as_view()),
    path("files/uploads/<uuid:upload_id>/complete", DirectUploadComplete.as_view()),
    path("files/download/<path:path>", FileDownload.as_view()),
    path("files/preview/<path:path>", FilePreview.as_view()),
    path("files/<path:path>", FileItem.as_view()),
]
