"""No body, however odd, makes a fault: each is refused in the envelope, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistants_app import contract
from assistants_app.models import Assistant, AuditEntry
from tests.api.conftest import API, LIST, error

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP = 100_000
UNREADABLE: list[bytes] = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"0",
    b'"model"',
    b"true",
    b"{",
    b"}",
    b"{}{}",
    b'{"model":"gpt-4o",}',
    b"{'model':'gpt-4o'}",
    b'{"model":"gpt-4o"}\x00',
    b'\xff\xfe{"model":"gpt-4o"}',
    b'{"model":"gpt-4o\xff"}',
    b'{"model":"\\ud800"}',
    b'{"\\ud800":"gpt-4o"}',
    b'{"model":"\\u0000"}',
    b'{"model":"gpt-4o","temperature":1e999}',
    b'{"model":"gpt-4o","temperature":-Infinity}',
    b'{"model":"gpt-4o","temperature":' + b"9" * 5000 + b"}",
    b'{"model":"gpt-4o","temperature":0.' + b"1" * 5000 + b"}",
    b'{"model":"gpt-4o","tools":' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"a":' * 70 + b"1" + b"}" * 70,
    b'{"model":"gpt-4o","metadata":{"team":"a","team":"b"}}',
    b'{"model":"gpt-4o","tools":[{"type":"function","function":{"name":"f","parameters":[]}}]}',
    b'{"model":"gpt-4o","tools":[{"type":"function","function":{"name":"f","parameters":'
    b'{"type":"string"}}}]}',
    b"model=gpt-4o",
    b"<xml/>",
    b"\x1f\x8b\x08\x00",
]


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_bad_body_is_a_400(api: API, make: Callable[..., Assistant], body: bytes) -> None:
    row = make()
    entries = AuditEntry.objects.count()

    for path in (LIST, f"{LIST}/{row.public_id}"):
        told = error(api.post(path, body), 400)
        assert told["type"] == "invalid_request_error"
        assert told["code"]

    assert Assistant.objects.get().digest == row.digest
    assert AuditEntry.objects.count() == entries


ODD_VALUES: list[Any] = [None, True, 0, -1, 1.5, 10**30, "", "x", "\u202e", [], [None], {}, {"": 0}]


@pytest.mark.parametrize("field", [*contract.FIELDS, "owner", "state", "workspace", "is_staff"])
def test_an_odd_value_anywhere_is_no_fault(api: API, field: str) -> None:
    for value in ODD_VALUES:
        for wrapped in (value, [{"type": "function", "function": value}]):
            answer = api.post(LIST, {"model": "gpt-4o", field: wrapped})
            assert answer.status_code in (200, 400), (wrapped, answer.content)
            if field not in contract.FIELDS:
                assert error(answer, 400)["code"] == "unknown_parameter"


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *contract.FIELDS,
                    "type",
                    "function",
                    "name",
                    "parameters",
                    "strict",
                    "json_schema",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_whatever_is_sent_is_accepted_or_refused(api: API, tree: Any) -> None:
    answer = api.post(LIST, contract.dumps(tree))

    if answer.status_code == 200:
        assert answer.json()["object"] == "assistant"
    else:
        error(answer, 400)
