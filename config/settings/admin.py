"""The admin's look (django-unfold)."""

UNFOLD = {
    "SITE_TITLE": "Tidewatch",
    "SITE_HEADER": "Tidewatch",
    "SITE_SYMBOL": "waves",
    "LOGIN": {"form": "accounts.admin_sign_in.SignInForm"},
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
