"""The URL root: the application's own addresses and the sign-in pages of allauth that we use."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("assistants_app.urls"))]
handler400 = "assistants_app.views.errors.bad_request"
handler404 = "assistants_app.views.errors.not_found"
handler500 = "assistants_app.views.errors.server_error"
