"""The accounts' endpoints; config.urls says where they are."""

from django.urls import path

from accounts.views.api_keys import ApiKeyCollection, ApiKeyItem
from accounts.views.me import Me
from accounts.views.sign_in import Login, Logout, Refresh, Register

urlpatterns = [
    path("auth/register", Register.as_view()),
    path("auth/login", Login.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("auth/me", Me.as_view()),
    path("api-keys", ApiKeyCollection.as_view()),
    path("api-keys/<uuid:api_key_id>", ApiKeyItem.as_view()),
]
