"""GET /v1/models, /v1/files and /v1/vector_stores: the pickers of a connected dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistants_app import contract
from tests.api.conftest import API, error

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = ["/v1/models", "/v1/files", "/v1/vector_stores"]


def test_the_models_are_those_of_the_catalogue(api: API) -> None:
    answer = api.get("/v1/models")

    assert answer.status_code == 200
    assert list(answer.json()) == ["object", "data"]
    assert [row["id"] for row in answer.json()["data"]] == list(contract.MODELS)
    for row in answer.json()["data"]:
        assert list(row) == ["id", "object", "created", "owned_by"]
        assert row["object"] == "model"
        assert type(row["created"]) is int


@pytest.mark.parametrize("path", PATHS[1:])
def test_files_and_collections_are_an_empty_page(api: API, path: str) -> None:
    answer = api.get(f"{path}?limit=10000&order=asc&purpose=assistants&after=file_1")

    assert answer.status_code == 200
    assert answer.json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_they_answer_401(api: API, path: str) -> None:
    assert error(API().get(path), 401)["code"] == "invalid_api_key"
    assert api.get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_they_are_only_read(
    api: API, path: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    api.get(path)
    with django_assert_max_num_queries(3):
        api.get(path)
    for method in ("POST", "DELETE", "PUT"):
        answer = api.call(method, path, {})
        error(answer, 405)
        assert answer["Allow"] == "GET, HEAD"
