"""Markup from values, always escaped: the only place where the pages' HTML is put together."""

import json
from collections.abc import Mapping, Sequence
from html import escape

Markup = str
"""HTML that is safe to show: made by the functions here, never by hand from a value."""


def element(tag: str, /, *children: Markup, **attributes: object) -> Markup:
    """One element: attributes are escaped, values that are not text become JSON.

    A trailing underscore is dropped and inner ones become hyphens: `class_`, `data_run`.
    `True` is an attribute without a value; `None` and `False` leave it out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return f"<{tag}{written}>{''.join(children)}</{tag}>"


def text(value: object) -> Markup:
    """A value as text."""
    return _one_line(escape(str(value)))


def block(*children: Markup) -> Markup:
    """Markup that Gradio's Markdown passes through untouched: one line inside a block element."""
    return f"<div>{''.join(children)}</div>" if children else ""


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    match value:
        case None | False:
            return ""
        case True:
            return f" {name}"
        case str():
            written = value
        case Mapping() | Sequence():
            written = json.dumps(value, ensure_ascii=False)
        case _:
            written = str(value)
    return f' {name}="{_one_line(escape(written))}"'


def _one_line(escaped: str) -> str:
    return escaped.replace("\r", "").replace("\n", "&#10;")
