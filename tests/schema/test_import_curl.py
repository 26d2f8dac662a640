"""A curl command is read as what it would send; nothing is sent."""

from __future__ import annotations

import pytest

from tests.schema.imported import functions, kinds, only, parameters, properties, refused


def test_the_address_the_query_and_the_body_are_inputs() -> None:
    made = only(
        "curl -X POST 'https://api.shop.example/v2/orders/4711/items?dry=true' \\\n"
        "  -H 'Authorization: Bearer geheim' -u me:geheim \\\n"
        """  -d '{"sku":"A1","count":2,"gift":null,"tags":["a"]}'"""
    )
    assert made.name == "post_orders_order_id_items"
    assert made.tool["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "order_id": {"type": "integer"},
            "dry": {"type": "boolean"},
            "sku": {"type": "string"},
            "count": {"type": "integer"},
            "gift": {"type": ["string", "null"]},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["order_id", "sku", "count", "gift", "tags"],
    }
    assert kinds(made) == ["sign_in_left", "guessed"]
    assert "geheim" not in repr(made)


@pytest.mark.parametrize(
    ("command", "name", "expected"),
    [
        ("curl x.example/users/{id}", "get_users_id", ["id"]),
        ("curl x.example/users/:user_id/posts", "get_users_user_id_posts", ["user_id"]),
        ("curl x.example/users/$USER", "get_users_USER", ["USER"]),
        ("curl 'x.example/u/{{ name }}'", "get_u_name", ["name"]),
        ("curl x.example/companies/7", "get_companies_company_id", ["company_id"]),
        ("curl x.example/a/123e4567-e89b-12d3-a456-426614174000", "get_a_a_id", ["a_id"]),
        ("curl 'x.example?q=a&page=2'", "get", ["q", "page"]),
        ("curl -G x.example/s --data-urlencode 'q=a b' -d n=1", "get_s", ["q", "n"]),
        ("curl -XDELETE x.example/a/1", "delete_a_a_id", ["a_id"]),
        ("curl --request=PUT --url=x.example/a -F file=@a.txt -F n=1", "put_a", ["file", "n"]),
        ("curl -sSLo out.txt -m 3 x.example/a?b=1", "get_a", ["b"]),
        ("curl x.example/f -d 'a=1&b=x'", "post_f", ["a", "b"]),
        ("curl --json '[1]' x.example/f", "post_f", ["body"]),
        ("curl -d @file x.example/f | jq .", "post_f", []),
        ("$ curl.exe http://[::1]:80/a", "get_a", []),
        ("curl --max-redirs 3 --http2 x.example/s", "get_s", []),
        (
            "curl x.example/s --data-urlencode 'q=a & b' --data-urlencode note@x.txt",
            "post_s",
            ["q", "note"],
        ),
        ("curl x.example/s --url-query 'q=a & b'", "get_s", ["q"]),
        ("""curl x.example/f --json '{"a":1.5,' --json '"b":"x"}'""", "post_f", ["a", "b"]),
        (
            """curl x.example/f --data-raw $'{"it\\'s":"\\u0021","b":"5$"}'""",
            "post_f",
            ["it's", "b"],
        ),
        ("curl x.example/f -d @- <<'EOF'\n{\"a\":1}\nEOF", "post_f", ["a"]),
        ('# first\nexport TOKEN=x\nX=1\n\ncurl -H "A: $TOKEN" x.example/f', "get_f", []),
        ("curl x.example/f\n\nIt's the list.", "get_f", []),
    ],
)
def test_commands_as_people_write_them(command: str, name: str, expected: list[str]) -> None:
    made = only(command)
    assert made.name == name
    assert list(made.tool["function"]["parameters"]["properties"]) == expected


WINDOWS = r"""curl ^"https://x.example/api/items?limit=10^&from=0^" ^
  -H ^"content-type: application/json^" ^
  --data-raw ^"^{^\^"name^\^":^\^"Bo^\^",^\^"n^\^":3^}^"
"""
POWER_SHELL = r"""curl.exe "https://x.example/api/items?limit=10&from=0" `
  -d '{\"name\":\"Bo\",\"n\":3}'
"""


@pytest.mark.parametrize("command", [WINDOWS, POWER_SHELL])
def test_commands_of_windows(command: str) -> None:
    made = only(command)
    assert (made.name, list(properties(command))) == ("post_items", ["limit", "from", "name", "n"])
    assert properties(command)["n"] == {"type": "integer"}


def test_names_with_brackets_say_where_a_value_belongs() -> None:
    command = (
        "curl x.example/f -d 'items[0][price]=p_1' -d 'items[0][count]=2' -d 'tags[]=a' "
        "-d 'tags[]=b' -d 'size[w]=1' -d id=7 -d id=8"
    )
    assert parameters(command) == {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"price": {"type": "string"}, "count": {"type": "integer"}},
                    "required": ["price", "count"],
                },
            },
            "tags": {"type": "array", "items": {"type": "string"}},
            "size": {
                "type": "object",
                "properties": {"w": {"type": "integer"}},
                "required": ["w"],
            },
            "id": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["items", "tags", "size", "id"],
    }


def test_a_file_that_is_sent_is_named() -> None:
    made = only("curl x.example/f -F 'photo=@face.jpg;type=image/jpeg' -F name=Bo")
    assert kinds(made) == ["files", "guessed"]
    assert "gives text instead: photo." in made.notes[0].said()


def test_several_commands_are_several_functions() -> None:
    made = functions("curl x.example/a\n\ncurl x.example/a \\\n  -d b=1\ncurl x.example/a\n")
    assert [one.name for one in made] == ["get_a", "post_a", "get_a_2"]


def test_kinds_of_values_in_an_address() -> None:
    assert properties("curl 'x.example?i=-3&d=1.5&t=007&b=false&e=&on=2026-01-31'") == {
        "i": {"type": "integer"},
        "d": {"type": "number"},
        "t": {"type": "string"},
        "b": {"type": "boolean"},
        "e": {"type": "string"},
        "on": {"type": "string", "format": "date"},
    }


def test_what_the_query_holds_may_be_left_out() -> None:
    assert "required" not in parameters("curl 'x.example?q=a'")


def test_a_body_that_is_no_json_is_said() -> None:
    for body in ('{"a": $B}', "<a>1</a>", "plain words"):
        made = only(f"curl x.example/a -d '{body}'")
        assert kinds(made) == ["body_unread"]
        assert made.tool["function"]["parameters"]["properties"] == {}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl 'x.example", "A closing quote is missing in the curl command."),
        ("curl -H a", "The curl command has no address that can be read."),
        ("curl http://[", "The curl command has no address that can be read."),
    ],
)
def test_a_broken_command_says_what_is_wrong(command: str, said: str) -> None:
    assert refused(command) == said
