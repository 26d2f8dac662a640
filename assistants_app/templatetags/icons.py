"""The icons of the heroicons package under its own tag, each drawn once: a list has hundreds."""

from __future__ import annotations

from functools import lru_cache

from django import template
from heroicons.templatetags import heroicons

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1024)
def heroicon_outline(name: str, size: int = 24, **attrs: str) -> str:
    """An icon of 24 by 24 lines, `size` pixels wide and high; further attributes of its `svg`."""
    return heroicons.heroicon_outline(name, size=size, **attrs)
