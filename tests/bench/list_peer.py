"""The peer of the list: Django's own admin over the same table, beside the product's addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from assistants_app.models import Assistant

site = admin.AdminSite()


class AssistantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "workspace", "model", "description", "changed_by", "changed_at")
    list_per_page = 50
    list_select_related = ("workspace", "changed_by")
    ordering = ("-changed_at",)


site.register(Assistant, AssistantAdmin)
urlpatterns = [path("peer/", site.urls), path("", include("dashboard.urls"))]
