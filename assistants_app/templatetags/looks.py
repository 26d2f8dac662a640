"""Small components that a list shows hundreds of times: drawn once for each look, then kept.

The language is a part of the look. The templates of `ui/parts` stay the only place that knows their
markup.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from django import template
from django.template.loader import render_to_string
from django.utils.translation import get_language

from assistants_app import markup

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from assistants_app.models import User
    from assistants_app.views.badges import Badge
    from assistants_app.views.list_rows import Row
    from assistants_app.views.tags import Tag

register = template.Library()
_HERE = "address-of-the-next-step"
_PK, _ID, _NAME = "key-of-the-row", "id-of-the-row", "name-of-the-row"


@lru_cache(maxsize=512)
def _badge(look: Badge, language: str | None) -> SafeString:  # noqa: ARG001  # a part of the key
    return render_to_string("ui/parts/_badge.html", {"badge": look})


@register.filter
def badge(shown: Badge) -> SafeString:
    """`_badge.html`; where it leads is put in afterwards, since that differs from row to row."""
    if not shown.url:
        return _badge(shown, get_language())
    return markup.put(_badge(replace(shown, url=_HERE), get_language()), _HERE, shown.url)


@lru_cache(maxsize=1024)
def _avatar(name: str, size: str, language: str | None) -> SafeString:  # noqa: ARG001
    return render_to_string("ui/parts/_avatar.html", {"person": name, "size": size})


@register.filter
def avatar(person: User, size: str = "") -> SafeString:
    """`_avatar.html`."""
    return _avatar(person.display_name, size, get_language())


@lru_cache(maxsize=512)
def _abilities(tags: tuple[Tag, ...], language: str | None) -> SafeString:  # noqa: ARG001
    return render_to_string("assistants/parts/_abilities.html", {"tags": tags})


@register.filter
def abilities(tags: tuple[Tag, ...]) -> SafeString:
    """The first tag, and how many more there are."""
    return _abilities(tags, get_language())


@lru_cache(maxsize=64)
def _menu(urls: tuple[tuple[str, str], ...], language: str | None) -> SafeString:  # noqa: ARG001
    told = {"urls": dict(urls), "pk": _PK, "id": _ID, "name": _NAME}
    return render_to_string("assistants/parts/_row_menu.html", told)


@register.filter
def menu(row: Row) -> SafeString:
    """What one may do with an assistant of the list; rows differ in keys, ids and names."""
    shape = tuple((lead, url.replace(f"/{row.pk}/", f"/{_PK}/")) for lead, url in row.urls.items())
    html = _menu(shape, get_language())
    for here, text in ((_PK, row.pk), (_ID, row.id), (_NAME, row.name)):
        html = markup.put(html, here, text)
    return html
