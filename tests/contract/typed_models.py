"""Typed models as people write them for structured outputs: what the official SDK makes of each has
to be accepted as strict."""

from __future__ import annotations

# pydantic reads the annotations when the classes are made.
import datetime as dt  # noqa: TC003
import decimal  # noqa: TC003
import enum
import ipaddress  # noqa: TC003
import uuid  # noqa: TC003
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

import pydantic
from pydantic import BaseModel, Field

Item = TypeVar("Item")


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Priority(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Weather(BaseModel):
    """The one of every tutorial."""

    city: str
    celsius: float
    raining: bool
    hours: int


class Nothing(BaseModel):
    pass


class Described(BaseModel):
    """What a person wrote down about an order."""

    model_config = pydantic.ConfigDict(title="Order", extra="forbid")

    number: str = Field(description="As printed on the invoice.", title="Number")
    lines: list[str] = Field(description="One for each article.")


class Step(BaseModel):
    explanation: str
    output: str


class Reasoning(BaseModel):
    steps: list[Step]
    final_answer: str


class Address(BaseModel):
    street: str
    city: str


class Person(BaseModel):
    name: str
    home: Address
    work: Address | None


class DescribedParts(BaseModel):
    """A description beside a reference, which the SDK has to inline."""

    home: Address = Field(description="Where the person sleeps.")
    work: Address = Field(description="Where the person works.", title="Office")


class Nullable(BaseModel):
    nickname: str | None
    age: Optional[int]  # noqa: UP045
    tags: list[str] | None


class NullByDefault(BaseModel):
    nickname: str | None = None
    home: Address | None = None
    color: Color | None = None


class Enums(BaseModel):
    color: Color
    priority: Priority


class EnumByAllOf(BaseModel):
    color: Color = Field(description="Of the car.")


class Literals(BaseModel):
    size: Literal["s", "m", "l"]
    only: Literal["this"]
    level: Literal[1, 2, 3]
    mixed: Literal["a", 1, None]


class Scalars(BaseModel):
    either: Union[int, str]  # noqa: UP007
    three: bool | float | None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    breed: str


class Bird(BaseModel):
    wings: int


class TaggedUnion(BaseModel):
    """Told apart by a literal, though nothing says so to pydantic."""

    pet: Cat | Dog


class UnionOfObjects(BaseModel):
    pets: list[Cat | Bird | None]


class Node(BaseModel):
    """A recursive root, which pydantic writes as a reference with definitions."""

    name: str
    children: list[Node]


class LinkedList(BaseModel):
    value: int
    rest: LinkedList | None


class Tree(BaseModel):
    """Recursion below the root."""

    trunk: Branch


class Branch(BaseModel):
    length: float
    branches: list[Branch]


class Author(BaseModel):
    name: str
    books: list[Book]


class Book(BaseModel):
    title: str
    author: Author | None


class Mutual(BaseModel):
    first: Author


class Moments(BaseModel):
    day: dt.date
    at: dt.datetime
    clock: dt.time
    lasts: dt.timedelta


class Addresses(BaseModel):
    id: uuid.UUID
    four: ipaddress.IPv4Address
    six: ipaddress.IPv6Address


class Email(BaseModel):
    to: Annotated[str, Field(json_schema_extra={"format": "email"})]


class Constrained(BaseModel):
    rating: int = Field(ge=1, le=5)
    share: float = Field(gt=0, lt=1)
    even: int = Field(multiple_of=2)
    code: str = Field(pattern=r"^[A-Z]{3}$")
    three: list[int] = Field(min_length=3, max_length=3)


class Lengths(BaseModel):
    """Lengths of text are doubtful, not refused."""

    short: str = Field(min_length=1, max_length=10)


class Money(BaseModel):
    amount: decimal.Decimal
    currency: Literal["EUR", "USD"]


class Matrix(BaseModel):
    rows: list[list[float]]
    labels: list[list[str] | None]


class Box(BaseModel, Generic[Item]):
    inner: Item


class Boxes(BaseModel):
    number: Box[int]
    address: Box[Address]


class Base(BaseModel):
    id: int


class Derived(Base):
    name: str


class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")
    class_: str = Field(alias="class")
    odd: str = Field(alias="a/b~c d")


class Deep(BaseModel):
    """Four objects, one in the other."""

    class Inner(BaseModel):
        class Inmost(BaseModel):
            class Core(BaseModel):
                value: str

            core: Core

        inmost: Inmost

    inner: Inner


class Rooted(pydantic.RootModel[Any]):
    """No object at the root: refused by every server, and not in the list."""

    root: list[int]


class Discriminated(BaseModel):
    """Declared so that pydantic writes `oneOf`: refused as it is, and not in the list."""

    pet: Cat | Dog = Field(discriminator="kind")


MODELS: tuple[type[BaseModel], ...] = (
    Weather,
    Nothing,
    Described,
    Reasoning,
    Person,
    DescribedParts,
    Nullable,
    NullByDefault,
    Enums,
    EnumByAllOf,
    Literals,
    Scalars,
    TaggedUnion,
    UnionOfObjects,
    Node,
    LinkedList,
    Tree,
    Mutual,
    Moments,
    Addresses,
    Email,
    Constrained,
    Lengths,
    Money,
    Matrix,
    Boxes,
    Derived,
    Aliased,
    Deep,
)
