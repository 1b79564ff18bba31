"""Tags of all pages: icons, tiles of HR tools, the place in the navigation, query strings, times for people."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.templatetags.tz import do_timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from rollcall.connections import gallery
from rollcall.web.tools import tiles

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """Return an icon of the lucide set as SVG. It is decoration: the word beside it carries the meaning.

    Drawing one takes as long as a statement of the database; names come from us, never from people.
    """
    svg = lucide(name, size=size, aria_hidden="true", focusable="false")
    return format_html("{}", SafeString(str(svg).replace("<svg ", '<svg class="icon" ', 1)))


@register.simple_tag
def tile(key: str, name: str, size: int = 40) -> SafeString:
    """Return the drawn tile of an HR tool as SVG: ``{% tile tool.key tool.name %}``, its name beside it."""
    return tiles.drawn(key, name, size)


@register.filter
def place(tool: gallery.Tool) -> str:
    """Return what sentences call the system behind an HR tool."""
    return gallery.place_of(tool)


@register.simple_tag(takes_context=True)
def here(context: template.Context, address: str) -> SafeString:
    """Return the mark of the current page when the request's path lies at or under the address."""
    request = context.get("request")
    if request is not None and address and request.path.startswith(address):
        return SafeString('aria-current="page"')
    return SafeString("")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """Return ``?...`` of this page with these parameters set; an empty value takes its parameter out."""
    asked = QueryDict(mutable=True)
    asked.update(context["request"].GET)
    for name, value in changes.items():
        asked.pop(name, None)
        if value not in (None, ""):
            asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    """Return the value under the key, or ``None``."""
    return mapping.get(key)


@register.filter
def in_zone(moment: datetime | None, zone: str) -> datetime | None:
    """Return the moment in an IANA zone, for ``date`` behind it; ``None`` stays ``None``."""
    # A plain datetime would be turned back into the server's zone by `date`.
    return do_timezone(moment, ZoneInfo(zone)) if moment else None


@register.filter
def described(field: BoundField) -> BoundField:
    """Return the field's input, dressed, its help and errors named as its description (WCAG 1.3.1, 3.3.1)."""
    ids = []
    if getattr(field.field.widget, "input_type", "") not in {"checkbox", "radio", "hidden"}:
        field.field.widget.attrs.setdefault("class", "input")
    if field.help_text:
        ids.append(f"{field.id_for_label}_help")
    if field.errors:
        ids.append(f"{field.id_for_label}_errors")
        field.field.widget.attrs["aria-invalid"] = "true"
    if ids:
        field.field.widget.attrs["aria-describedby"] = " ".join(ids)
    return field
