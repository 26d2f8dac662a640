"""Files and knowledge of a Change: ids come and go, everything else stays as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_app import contract
from assistants_app.actions import attachments, changes
from assistants_app.errors import Conflict, NotAllowed
from tests.actions.changed import fresh
from tests.actions.told import refuses, tells, writes_nothing
from tests.builders import acting, make_change

if TYPE_CHECKING:
    from assistants_app.models import Assistant, Change, User

pytestmark = pytest.mark.django_db
ODD = '{"azure_ai_search":{"x":1.50},"code_interpreter":{"file_ids":["a"],"y":null}}'


def held(assistant: Assistant, alice: User, resources: Any) -> Change:
    return make_change(assistant, alice, tool_resources=resources)


def test_ids_come_in_behind_and_never_twice(assistant: Assistant, alice: User) -> None:
    change = held(assistant, alice, contract.parse(ODD))
    with tells("change.edited"):
        attachments.attach(change, actor=acting(alice), kind="files", ids=["b", "a", "b", "c"])
    expected = ODD.replace('["a"]', '["a","b","c"]')
    assert contract.dumps(fresh(change).tool_resources) == expected
    with writes_nothing():
        attachments.attach(change, actor=acting(alice), kind="files", ids=["c"])


def test_the_last_id_takes_its_empty_place_along(assistant: Assistant, alice: User) -> None:
    change = held(assistant, alice, None)
    attachments.attach(change, actor=acting(alice), kind="knowledge", ids=["vs_1"])
    assert fresh(change).tool_resources == {"file_search": {"vector_store_ids": ["vs_1"]}}
    attachments.choose(change, actor=acting(alice), kind="knowledge", ids=["vs_2"])
    assert fresh(change).tool_resources == {"file_search": {"vector_store_ids": ["vs_2"]}}
    attachments.detach(change, actor=acting(alice), kind="knowledge", id="vs_2")
    assert fresh(change).tool_resources is None
    assert changes.is_same(fresh(change))


def test_what_else_stands_there_stays(assistant: Assistant, alice: User) -> None:
    change = held(assistant, alice, contract.parse(ODD))
    attachments.detach(change, actor=acting(alice), kind="files", id="a")
    assert contract.dumps(fresh(change).tool_resources) == ODD.replace('"file_ids":["a"],', "")
    attachments.detach(change, actor=acting(alice), kind="files", id="nonsense")


def test_two_people_add_two_files(assistant: Assistant, alice: User, bob: User) -> None:
    change = held(assistant, alice, None)
    for person, id_ in ((alice, "a"), (bob, "b")):
        attachments.attach(change, actor=acting(person), kind="files", ids=[id_])
    assert fresh(change).tool_resources == {"code_interpreter": {"file_ids": ["a", "b"]}}


@pytest.mark.parametrize(
    "odd", [[1], {"code_interpreter": 3}, {"code_interpreter": {"file_ids": "a"}}]
)
def test_what_is_no_list_of_ids_is_not_touched(assistant: Assistant, alice: User, odd: Any) -> None:
    change = held(assistant, alice, odd)
    with refuses(Conflict, "unread"):
        attachments.attach(change, actor=acting(alice), kind="files", ids=["a"])


def test_json_that_cannot_be_read_stands_in_the_way(assistant: Assistant, alice: User) -> None:
    change = held(assistant, alice, None)
    unread = {"tool_resources": "{"}
    now = changes.edit(change, actor=acting(alice), lock=change.lock, values={}, unread=unread)
    with refuses(Conflict, "unread"):
        attachments.detach(now, actor=acting(alice), kind="files", id="a")


def test_whoever_may_not_write_changes_nothing(
    assistant: Assistant, alice: User, carol: User
) -> None:
    change = held(assistant, alice, None)
    with refuses(NotAllowed):
        attachments.attach(change, actor=acting(carol), kind="files", ids=["a"])
