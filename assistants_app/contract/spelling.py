"""Numbers that remember how they were written, so that 1.50 and 1e3 survive a round trip."""

from __future__ import annotations


class SpelledInt(int):
    """A whole number whose spelling is not `str(int)`; in JSON that is only `-0`."""

    text: str

    def __new__(cls, text: str) -> SpelledInt:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


class SpelledFloat(float):
    """A number written with a point or an exponent; never a `str` subclass (lessons.md)."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> SpelledFloat:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


def spelled(number: int | float) -> str:
    """The spelling: as typed where it is known, else Python's shortest one, which JSON shares."""
    if isinstance(number, SpelledInt | SpelledFloat):
        return number.text
    return int.__repr__(number) if isinstance(number, int) else float.__repr__(number)
