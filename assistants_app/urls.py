"""Every address of the pages and of `/v1`; the permission table of the tests names each one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
