"""The URL root: the application's own addresses and the sign-in pages of allauth that we use."""

from __future__ import annotations

from allauth.account import views as allauth
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from assistants_app.views.account import Reauthenticate, SignIn

urlpatterns = [
    path("account/login/", SignIn.as_view(), name="account_login"),
    path("account/logout/", allauth.logout, name="account_logout"),
    path("account/inactive/", allauth.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", Reauthenticate.as_view(), name="account_reauthenticate"),
    path("account/password/change/", allauth.password_change, name="account_change_password"),
    path("account/password/set/", allauth.password_set, name="account_set_password"),
    path("account/password/reset/", allauth.password_reset, name="account_reset_password"),
    path(
        "account/password/reset/done/",
        allauth.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # Nobody signs up alone; allauth's sign-in page asks for this name all the same.
    path(
        "account/signup/",
        RedirectView.as_view(pattern_name="account_login"),
        name="account_signup",
    ),
    path("", include("assistants_app.urls")),
]
handler400 = "assistants_app.views.errors.bad_request"
handler404 = "assistants_app.views.errors.not_found"
handler500 = "assistants_app.views.errors.server_error"
