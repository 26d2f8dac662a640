"""The URL root: the application's own addresses and the sign-in pages of allauth that we use."""

from __future__ import annotations

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from assistants_app.views import factors, passkeys, passwords
from assistants_app.views.account import Reauthenticate, SignIn

urlpatterns = [
    path("account/login/", SignIn.as_view(), name="account_login"),
    path("account/logout/", allauth.logout, name="account_logout"),
    path("account/inactive/", allauth.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", Reauthenticate.as_view(), name="account_reauthenticate"),
    path("account/password/change/", allauth.password_change, name="account_change_password"),
    path("account/password/set/", allauth.password_set, name="account_set_password"),
    path("account/password/reset/", passwords.Forgotten.as_view(), name="account_reset_password"),
    path(
        "account/password/reset/done/",
        passwords.Sent.as_view(),
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        passwords.Chosen.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # second factors
    path("account/factors/", mfa.index, name="mfa_index"),
    path("account/login/code/", factors.Confirm.as_view(), name="mfa_authenticate"),
    path("account/reauthenticate/code/", factors.ConfirmAgain.as_view(), name="mfa_reauthenticate"),
    path("account/factors/app/add/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/factors/app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/factors/codes/new/", factors.NewCodes.as_view(), name="mfa_generate_recovery_codes"
    ),
    path(
        "account/factors/codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("account/factors/passkeys/add/", passkeys.Add.as_view(), name="mfa_add_webauthn"),
    path(
        "account/factors/passkeys/<int:pk>/rename/",
        passkeys.Rename.as_view(),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/factors/passkeys/<int:pk>/remove/",
        passkeys.Remove.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("account/login/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "account/reauthenticate/passkey/",
        passkeys.ConfirmAgain.as_view(),
        name="mfa_reauthenticate_webauthn",
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
handler429 = "assistants_app.views.errors.too_many"  # which allauth asks for
handler404 = "assistants_app.views.errors.not_found"
handler500 = "assistants_app.views.errors.server_error"
