"""The columns give back exactly what was put in: order, spelling, secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from hypothesis import given
from hypothesis import strategies as some

from assistants_app import contract
from assistants_app.actions import connections
from assistants_app.models import Assistant, Change, Connection, Version
from assistants_app.models.content import OrderedJSONField, SealedField
from assistants_app.secret import Secret
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User, Workspace

CANARY = "sk-canary-0123456789"
TRICKY = '{"b":1.0,"a":[-0.0,1e23,1E+2,0.10,9223372036854775807],"é":"\\u2028 \\"x\\"","":null}'

text = some.text(some.characters(exclude_categories=("Cs",), exclude_characters="\0"))
trees = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**70), 2**70) | text
    | some.floats(allow_nan=False, allow_infinity=False),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(trees.filter(lambda tree: tree is not None))
def test_any_json_comes_back_from_the_column_as_it_went_in(tree: contract.JSON) -> None:
    field = OrderedJSONField()
    column = field.get_prep_value(tree)
    back = field.from_db_value(column, None, connection)
    assert back == tree
    assert field.get_prep_value(back) == column
    if isinstance(tree, dict):
        assert list(back) == list(tree)


@pytest.mark.django_db
def test_key_order_and_number_spelling_survive_the_database(workspace: Workspace) -> None:
    tree = contract.parse(TRICKY)
    row = Assistant.objects.create(workspace=workspace, tool_resources=tree)
    row.refresh_from_db()
    assert contract.dumps(row.tool_resources) == contract.dumps(tree)
    assert contract.dumps(row.tool_resources) == TRICKY.replace("\\u2028", "\u2028")


@pytest.mark.django_db
def test_null_is_unset_and_empty_values_are_not(workspace: Workspace) -> None:
    row = Assistant.objects.create(workspace=workspace, tools=[], metadata={}, temperature=0)
    row.refresh_from_db()
    assert (row.tools, row.metadata, row.temperature, row.top_p) == ([], {}, 0, None)
    assert row.document() == {"tools": [], "metadata": {}, "temperature": 0}


@pytest.mark.parametrize("holder", [Assistant, Change, Version])
@pytest.mark.parametrize(
    "document",
    [
        {"model": "m"},
        {"model": "m", "name": "", "description": "", "instructions": ""},
        {"model": "m", "name": " \n", "instructions": "a\r\nb\rc\n"},
        {"model": "m", "temperature": 0, "top_p": 1.0, "reasoning_effort": "none"},
        {"model": "m", "response_format": "auto", "tools": [], "metadata": {}},
        {"model": "m", "tool_resources": {"z": {}, "a": {"file_ids": []}}},
        {"model": "m", "response_format": {"type": "json_schema", "json_schema": {"b": 1, "a": 2}}},
        {"model": "m", "metadata": {"team": "x", "_dash": "op:1:abcd"}},
        {},
    ],
)
def test_the_digest_of_the_columns_is_the_digest_of_what_was_typed(
    holder: type[Assistant | Change | Version], document: contract.Document
) -> None:
    row = holder(**holder.columns(document))
    assert contract.fingerprint(row.document()) == contract.fingerprint(document)


def test_every_field_of_the_contract_has_its_column() -> None:
    columns = {field.name for field in Version._meta.fields}
    assert set(contract.FIELDS) <= columns
    assert set(Version.columns({})) == set(contract.FIELDS)


def _stored(row: Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM assistants_app_connection WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


@pytest.fixture
def sealed(workspace: Workspace) -> Connection:
    return Connection.objects.create(workspace=workspace, base_url="http://x", key=Secret(CANARY))


@pytest.mark.django_db
def test_a_key_is_sealed_in_the_column_and_a_secret_in_python(sealed: Connection) -> None:
    assert CANARY not in _stored(sealed)
    found = Connection.objects.get(pk=sealed.pk)
    assert isinstance(found.key, Secret)
    assert found.key.reveal() == CANARY
    assert CANARY not in repr(found.key) + str(found.key) + f"{found.key}" + repr(vars(found))


@pytest.mark.django_db
def test_no_key_is_an_empty_column(workspace: Workspace) -> None:
    row = Connection.objects.create(workspace=workspace, base_url="http://x")
    assert _stored(row) == ""
    assert not Connection.objects.get(pk=row.pk).key


@pytest.mark.django_db
def test_keys_rotate_old_ones_open_and_the_first_one_seals(
    sealed: Connection, settings: SettingsWrapper
) -> None:
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    found = Connection.objects.get(pk=sealed.pk)
    assert found.key.reveal() == CANARY
    found.save(update_fields=["key"])
    settings.FIELD_KEYS = [new]
    assert Connection.objects.get(pk=sealed.pk).key.reveal() == CANARY


@pytest.mark.django_db
def test_a_key_that_nothing_opens_reads_as_none(
    sealed: Connection, settings: SettingsWrapper
) -> None:
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert not Connection.objects.get(pk=sealed.pk).key


@pytest.mark.django_db
def test_what_was_changed_in_the_column_reads_as_none(sealed: Connection) -> None:
    tampered = _stored(sealed)[:-4] + "AAA="
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assistants_app_connection SET key = %s", [tampered])
    assert not Connection.objects.get(pk=sealed.pk).key


@pytest.mark.parametrize("value", ["", None, Secret("")])
def test_an_empty_secret_is_stored_as_nothing(value: object) -> None:
    assert SealedField().get_prep_value(value) == ""


@pytest.mark.django_db
def test_a_connection_shows_no_key_anywhere(workspace: Workspace, dora: User) -> None:
    connections.allow_origin("http://127.0.0.1:9", actor=builders.COMMAND, private=True)
    row = connections.set_connection(
        workspace, actor=builders.acting(dora), base_url="http://127.0.0.1:9/v1", key=CANARY
    )
    assert isinstance(row.key, Secret)
    assert CANARY not in repr(vars(row)) + str(row) + repr(row)
