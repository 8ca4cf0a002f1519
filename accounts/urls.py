"""The accounts' endpoints; config.urls says where they are."""

from django.urls import path

from accounts.views.api_keys import ApiKeyCollection, ApiKeyItem
from accounts.views.audit import AuditLog
from accounts.views.erasures import ErasureCollection, ErasureReceipt
from accounts.views.me import Me, MyExport, Password
from accounts.views.sign_in import Login, Logout, Refresh, Register
from accounts.views.totp import Totp, TotpConfirm
from accounts.views.users import UserCollection, UserCourses, UserItem

urlpatterns = [
    path("auth/register", Register.as_view()),
    path("auth/login", Login.as_view()),
    path("auth/refresh", Refresh.as_view()),
    path("auth/logout", Logout.as_view()),
    path("auth/me", Me.as_view()),
    path("auth/me/export", MyExport.as_view()),
    path("auth/password", Password.as_view()),
    path("auth/totp", Totp.as_view()),
    path("auth/totp/confirm", TotpConfirm.as_view()),
    path("users", UserCollection.as_view()),
    path("users/<int:user_id>", UserItem.as_view()),
    path("users/<int:user_id>/courses", UserCourses.as_view()),
    path("audit", AuditLog.as_view()),
    path("erasures", ErasureCollection.as_view()),
    path("erasures/<uuid:erasure_id>", ErasureReceipt.as_view(), name="erasure"),
    path("api-keys", ApiKeyCollection.as_view()),
    path("api-keys/<uuid:api_key_id>", ApiKeyItem.as_view()),
]
