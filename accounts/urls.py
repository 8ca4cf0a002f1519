"""The accounts' endpoints; config.urls says where they are."""

from django.urls import path

from accounts.views import Login, Logout, Me, Refresh, Register

urlpatterns = [
    path("auth/register", Register.as_view()),
    path("auth/login", Login.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("auth/me", Me.as_view()),
]
