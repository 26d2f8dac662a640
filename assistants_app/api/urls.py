"""Addresses under `/v1`: no trailing slash, never a redirect; ids are opaque, slashes and all."""

from __future__ import annotations

from django.urls import path, re_path

from assistants_app.api import openai

urlpatterns = [
    path("v1/assistants", openai.AssistantList.as_view(), name="v1_assistant_list"),
    re_path(
        r"^v1/assistants/(?P<assistant_id>[\s\S]+)\Z",
        openai.OneAssistant.as_view(),
        name="v1_assistant",
    ),
    path("v1/models", openai.Models.as_view(), name="v1_model_list"),
    path("v1/files", openai.NothingKept.as_view(), name="v1_file_list"),
    path("v1/vector_stores", openai.NothingKept.as_view(), name="v1_vector_store_list"),
    re_path(r"^v1(?:/[\s\S]*)?\Z", openai.Unknown.as_view(), name="v1_unknown"),
]
