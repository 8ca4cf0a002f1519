"""Files. names.RESERVED holds the words that would read as one of these."""

from django.urls import path

from storage_app.files.views import FileDownload, FileItem, FileList, FileUpload

urlpatterns = [
    path("files", FileList.as_view()),
    path("files/upload", FileUpload.as_view()),
    path("files/download/<path:path>", FileDownload.as_view()),
    path("files/<path:path>", FileItem.as_view()),
]
