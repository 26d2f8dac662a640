"""Every address of the pages and of `/v1`; the permission table of the tests names each one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from assistants_app.views import account, home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("-/health/", home.health, name="health"),
    path("-/csp/", home.csp_report, name="csp_report"),
    # one's own account
    path("account/", account.profile, name="account_profile"),
    path("account/sample/<int:pk>/", account.sample_signin, name="sample_signin"),
]
