"""Python is parsed and never run: signatures, annotations and docstrings become inputs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.imported import functions, kinds, only, parameters, properties, refused

GOOGLE = '''
    """Order something.

    Only after the customer agreed.

    Args:
        sku (str): The article
            number.
        count: How many: at least one.
        *tags: Any words.

    Returns:
        dict: What was ordered.
    """
'''
NUMPY = '''
    """Order something.

    Parameters
    ----------
    sku : str, optional
        The article
        number.
    size, colour : {'s', 'l'}
        One of them.

    Returns
    -------
    dict
    """
'''
SPHINX = '''
    """Order something.

    :param str sku: The article
        number.
    :param count: How many.
    :type count: int or None
    :returns: nothing
    """
'''


def test_a_google_docstring_explains_each_input() -> None:
    made = only(f"def order(sku, count: int = 1, *tags: str):{GOOGLE}")
    assert made.tool["function"]["description"] == (
        "Order something.\n\nOnly after the customer agreed."
    )
    assert made.tool["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "sku": {"type": "string", "description": "The article number."},
            "count": {
                "type": "integer",
                "default": 1,
                "description": "How many: at least one.",
            },
            "tags": {"type": "array", "items": {"type": "string", "description": "Any words."}},
        },
        "required": ["sku"],
    }


def test_a_numpy_docstring_tells_kinds_too() -> None:
    assert properties(f"def order(sku=None, size='s', colour='s'):{NUMPY}") == {
        "sku": {"type": "string", "description": "The article number."},
        "size": {
            "type": "string", "enum": ["s", "l"], "default": "s", "description": "One of them.",
        },
        "colour": {
            "type": "string", "enum": ["s", "l"], "default": "s", "description": "One of them.",
        },
    }  # fmt: skip


def test_a_sphinx_docstring_tells_kinds_too() -> None:
    assert properties(f"def order(sku, count=None):{SPHINX}") == {
        "sku": {"type": "string", "description": "The article number."},
        "count": {"type": ["integer", "null"], "description": "How many."},
    }


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("str", {"type": "string"}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("int | str | None",
         {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        ("typing.Union[int, None]", {"type": ["integer", "null"]}),
        ("list[float]", {"type": "array", "items": {"type": "number"}}),
        ("List", {"type": "array", "items": {"type": "string"}}),
        ("set[int]", {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("tuple[int, int]",
         {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
        ("dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("dict", {"type": "object"}),
        ('Literal["a", "b"]', {"type": "string", "enum": ["a", "b"]}),
        ("Literal[1, 'a', None]", {"enum": [1, "a", None]}),
        ("Any", {}),
        ("datetime.date", {"type": "string", "format": "date"}),
        ("'list[Literal[1]]'", {"type": "array", "items": {"type": "integer", "enum": [1]}}),
        ('Annotated[int, "How many"]', {"type": "integer", "description": "How many"}),
        ("Annotated[int, Field(description='N', ge=1, lt=9)]",
         {"type": "integer", "description": "N", "minimum": 1, "exclusiveMaximum": 9}),
    ],
)  # fmt: skip
def test_annotations_become_kinds(annotation: str, schema: Any) -> None:
    assert properties(f"def f(x: {annotation}): ...")["x"] == schema


def test_classes_of_the_same_text_are_groups_and_choices() -> None:
    text = """
class Size(str, Enum):
    SMALL = "s"
    LARGE = "l"

class Address(BaseModel):
    street: str
    no: int = Field(..., ge=1, description="House number")
    next: "Address | None" = None
    size: Size = Size.SMALL

def send(to: Address): ...
"""
    assert properties(text)["to"] == {
        "type": "object",
        "properties": {
            "street": {"type": "string"},
            "no": {"type": "integer", "minimum": 1, "description": "House number"},
            "next": {"type": "string"},
            "size": {"type": "string", "enum": ["s", "l"], "default": "s"},
        },
        "required": ["street", "no"],
    }


def test_a_data_model_alone_is_a_function_and_what_it_holds_is_none() -> None:
    text = '''
class Line(Base):
    """One line.

    Attributes:
        count: How many.
    """
    count: int = 1

class Base(BaseModel):
    sku: str = Field(description="What")
    known: ClassVar[int] = 3

class AddLines(BaseModel):
    """Add lines to an order."""
    lines: list[Line]
    note: str | None = Field(None, max_length=9)

    @field_validator("lines")
    def check(cls, value): ...
'''
    made = only(text)
    assert (made.name, made.tool["function"]["description"]) == (
        "AddLines",
        "Add lines to an order.",
    )
    assert made.tool["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "sku": {"type": "string", "description": "What"},
                        "count": {"type": "integer", "description": "How many.", "default": 1},
                    },
                    "required": ["sku"],
                    "description": "One line.",
                },
            },
            "note": {"type": ["string", "null"], "maxLength": 9},
        },
        "required": ["lines"],
    }


@pytest.mark.parametrize(
    ("head", "required"),
    [
        ("class P(TypedDict):", ["a", "b"]),
        ("class P(TypedDict, total=False):", ["a"]),
    ],
)
def test_a_typed_dictionary_says_what_may_be_left_out(head: str, required: list[str]) -> None:
    fields = "  a: Required[int]\n  b: str\n  c: NotRequired[str]"
    assert properties(f"{head}\n{fields}\ndef f(p: P): ...")["p"]["required"] == required


def test_names_that_the_text_gives_to_kinds_are_followed() -> None:
    text = """
UserId = NewType("UserId", int)
Color = Literal["red", "green"]
Loop = list["Loop"]
class Size(Enum):
    S = "s"
def paint(user: UserId, color: Color = "red", size: Size = Size.S, loop: Loop = None): ...
"""
    assert properties(text) == {
        "user": {"type": "integer"},
        "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
        "size": {"type": "string", "enum": ["s"], "default": "s"},
        "loop": {"type": "array", "items": {"type": "string"}},
    }


def test_what_is_said_of_an_argument_goes_before_what_is_said_of_its_class() -> None:
    text = '''
class A(BaseModel):
    """A place."""
    x: int
def f(to: A, back: A):
    """Go.

    :param to: Where to.
    """
'''
    said = {name: part["description"] for name, part in properties(text).items()}
    assert said == {"to": "Where to.", "back": "A place."}


def test_lines_of_an_interactive_session_will_do() -> None:
    assert parameters(">>> def f(a: int):\n...     return a\n")["required"] == ["a"]


def test_what_nothing_says_the_kind_of_is_text_and_said() -> None:
    made = only("def f(a, b: Session, c=2.5, d=None, **rest): pass")
    parameters = made.tool["function"]["parameters"]
    assert parameters["properties"] == {
        "a": {"type": "string"},
        "b": {"type": "string"},
        "c": {"type": "number", "default": 2.5},
        "d": {"type": "string"},
    }
    assert parameters["additionalProperties"] is True
    assert [note.said() for note in made.notes] == [
        "It takes further inputs with names of their own (**rest).",
        "Nothing says of what kind these are, so text is assumed: a, b, d.",
    ]


def test_every_public_function_and_method_is_one() -> None:
    text = """
import os
os.system("touch /tmp/never")
def _hidden(): ...
async def one(a: int, /, *, b: int): ...
class Tools:
    def two(self, a: int): ...
    @staticmethod
    def three(a: int): ...
    @classmethod
    def four(cls, a: int): ...
    @property
    def five(self): ...
"""
    made = functions(text)
    assert [one.name for one in made] == ["one", "two", "three", "four"]
    assert [list(one.tool["function"]["parameters"]["properties"]) for one in made] == [
        ["a", "b"], ["a"], ["a"], ["a"],
    ]  # fmt: skip


def test_a_hidden_function_alone_is_meant() -> None:
    assert only("def _f(): ...").name == "f"


@pytest.mark.parametrize(
    "text", ["def f(a: int)", "def f(a: int):", "  def f(a: int): ...", "\tdef f(a: int):\n\t\tx"]
)
def test_a_signature_alone_or_indented_will_do(text: str) -> None:
    assert parameters(text)["required"] == ["a"]


def test_broken_python_says_the_line() -> None:
    assert refused("x = 1\ndef f(a:): pass").startswith("Not readable as Python at line 2: ")


@pytest.mark.parametrize(
    "deep", ["-" * 100_000 + "1", "a" + ".b" * 100_000, "x|" * 100_000 + "x", "1+" * 100_000 + "1"]
)
def test_python_without_an_end_is_refused(deep: str) -> None:
    assert "deep" in refused(f"def f(a: {deep}): ...") or "nested" in refused(f"def f(a={deep}): 1")


def test_defaults_that_json_has_not_are_left_out() -> None:
    made = only("def f(a: int = MAX, b: float = 1e999, c: str = '\\ud800', d: bytes = b'x'): ...")
    for schema in made.tool["function"]["parameters"]["properties"].values():
        assert "default" not in schema
    assert kinds(made) == []
