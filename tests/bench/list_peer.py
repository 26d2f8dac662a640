"""The peer of the list: Django's own admin over the same table, beside the product's addresses.

Twice: bare, and narrowed by what our list narrows by, as somebody would set it up who needs that.
"""

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


class NarrowingAdmin(AssistantAdmin):
    list_filter = ("workspace", "model", "changed_by")
    search_fields = ("name", "description", "instructions", "upstream_id")
    date_hierarchy = "changed_at"


site.register(Assistant, AssistantAdmin)
narrowing = admin.AdminSite("narrowing")
narrowing.register(Assistant, NarrowingAdmin)
urlpatterns = [
    path("peer/", site.urls),
    path("narrowing/", narrowing.urls),
    path("", include("dashboard.urls")),
]
