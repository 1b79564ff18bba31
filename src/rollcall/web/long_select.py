"""A select of hundreds of options, such as time zones."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """The usual select, written at once: a template for each option takes half a second for 700 of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select as HTML."""
        widget: Any = self.get_context(name, value, attrs)["widget"]
        groups = format_html_join(
            "", "{}", ((_group(label, options),) for label, options, _index in widget["optgroups"])
        )
        return format_html(
            '<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), groups
        )


def _group(label: str | None, options: list[dict[str, Any]]) -> SafeString:
    each = ((one["value"], flatatt(one["attrs"]), one["label"]) for one in options)
    inside = format_html_join("", '<option value="{}"{}>{}</option>', each)
    return format_html('<optgroup label="{}">{}</optgroup>', label, inside) if label else inside
