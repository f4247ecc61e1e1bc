"""How the studio looks: Gradio's theme in our design tokens, our style sheets, our scripts."""

from pathlib import Path
from typing import Any

from gradio.themes import Base

STATIC = Path(__file__).parent.parent / "static"
# In this order: later sheets may refine earlier ones.
SHEETS = (
    "tokens",
    "controls",
    "shell",
    "form",
    "grid",
    "lightbox",
    "runs",
    "library",
    "brands",
    "references",
    "administration",
)
_FONT = ("Instrument Sans", "system-ui", "sans-serif")
_MONO = ("ui-monospace", "SF Mono", "Menlo", "monospace")

# Gradio's names on the left, our tokens on the right; dark mode is decided by the tokens alone.
_LOOK = {
    "body_text_color": "var(--bs-ink)",
    "body_text_color_subdued": "var(--bs-ink-3)",
    "background_fill_primary": "var(--bs-surface)",
    "background_fill_secondary": "var(--bs-canvas)",
    "border_color_accent": "var(--bs-accent)",
    "border_color_accent_subdued": "var(--bs-accent-line)",
    "border_color_primary": "var(--bs-line)",
    "color_accent_soft": "var(--bs-accent-soft)",
    "link_text_color": "var(--bs-accent-ink)",
    "link_text_color_hover": "var(--bs-accent-ink)",
    "link_text_color_active": "var(--bs-accent-ink)",
    "link_text_color_visited": "var(--bs-accent-ink)",
    "block_background_fill": "transparent",
    "block_border_color": "transparent",
    "block_label_background_fill": "transparent",
    "block_label_border_color": "transparent",
    "block_label_text_color": "var(--bs-ink)",
    "block_title_text_color": "var(--bs-ink)",
    "block_info_text_color": "var(--bs-ink-3)",
    "panel_background_fill": "transparent",
    "panel_border_color": "transparent",
    "accordion_text_color": "var(--bs-ink)",
    "error_background_fill": "var(--bs-bad-soft)",
    "error_border_color": "var(--bs-bad-line)",
    "error_text_color": "var(--bs-bad-ink)",
    "input_background_fill": "var(--bs-surface)",
    "input_background_fill_focus": "var(--bs-surface)",
    "input_background_fill_hover": "var(--bs-surface)",
    "input_border_color": "var(--bs-line-strong)",
    "input_border_color_hover": "var(--bs-line-control)",
    "input_border_color_focus": "var(--bs-focus)",
    "input_placeholder_color": "var(--bs-ink-3)",
    "checkbox_background_color": "var(--bs-surface)",
    "checkbox_background_color_hover": "var(--bs-surface)",
    "checkbox_background_color_focus": "var(--bs-surface)",
    "checkbox_background_color_selected": "var(--bs-accent)",
    "checkbox_border_color": "var(--bs-line-control)",
    "checkbox_border_color_hover": "var(--bs-line-control)",
    "checkbox_border_color_focus": "var(--bs-focus)",
    "checkbox_border_color_selected": "var(--bs-accent)",
    "checkbox_label_background_fill": "var(--bs-surface)",
    "checkbox_label_background_fill_hover": "var(--bs-hover)",
    "checkbox_label_background_fill_selected": "var(--bs-accent-soft)",
    "checkbox_label_border_color": "var(--bs-line-strong)",
    "checkbox_label_border_color_hover": "var(--bs-line-control)",
    "checkbox_label_border_color_selected": "var(--bs-accent)",
    "checkbox_label_text_color": "var(--bs-ink)",
    "checkbox_label_text_color_selected": "var(--bs-accent-ink)",
    "button_primary_background_fill": "var(--bs-accent)",
    "button_primary_background_fill_hover": "var(--bs-accent-hover)",
    "button_primary_border_color": "transparent",
    "button_primary_border_color_hover": "transparent",
    "button_primary_text_color": "var(--bs-on-accent)",
    "button_primary_text_color_hover": "var(--bs-on-accent)",
    "button_secondary_background_fill": "var(--bs-surface)",
    "button_secondary_background_fill_hover": "var(--bs-hover)",
    "button_secondary_border_color": "var(--bs-line-strong)",
    "button_secondary_border_color_hover": "var(--bs-line-strong)",
    "button_secondary_text_color": "var(--bs-ink)",
    "button_secondary_text_color_hover": "var(--bs-ink)",
    "button_cancel_background_fill": "var(--bs-surface)",
    "button_cancel_background_fill_hover": "var(--bs-bad-soft)",
    "button_cancel_border_color": "var(--bs-line-strong)",
    "button_cancel_border_color_hover": "var(--bs-bad-line)",
    "button_cancel_text_color": "var(--bs-bad-ink)",
    "button_cancel_text_color_hover": "var(--bs-bad-ink)",
}
_SHAPE = {
    "body_text_size": "14px",
    "prose_text_size": "14px",
    "block_border_width": "0px",
    "block_padding": "0px",
    "block_radius": "var(--bs-radius-lg)",
    "block_shadow": "none",
    "block_title_text_weight": "600",
    "block_title_text_size": "13px",
    "block_info_text_size": "13px",
    "container_radius": "var(--bs-radius)",
    "form_gap_width": "0px",
    "layout_gap": "20px",
    "input_radius": "var(--bs-radius)",
    "input_text_size": "14px",
    "input_shadow": "none",
    "input_border_width": "1px",
    "checkbox_border_radius": "5px",
    "checkbox_label_padding": "7px 13px",
    "checkbox_label_shadow": "none",
    "checkbox_label_text_size": "13px",
    "checkbox_label_border_width": "1px",
    "button_border_width": "1px",
    "button_large_radius": "var(--bs-radius)",
    "button_small_radius": "var(--bs-radius)",
    "button_large_text_size": "14px",
    "button_large_text_weight": "600",
    "button_small_text_size": "13px",
    "button_small_text_weight": "550",
    "button_primary_shadow": "var(--bs-shadow-1)",
    "button_secondary_shadow": "var(--bs-shadow-1)",
}


def launch_look() -> dict[str, Any]:
    """What `gr.mount_gradio_app` needs to look like the studio."""
    return {"theme": _theme(), "head": _head(), "favicon_path": str(STATIC / "icons" / "mark.svg")}


def _theme() -> Base:
    base: Any = Base(font=_FONT, font_mono=_MONO)
    in_dark = {f"{name}_dark": value for name, value in _LOOK.items()}
    return base.set(
        **_LOOK,
        **in_dark,
        **_SHAPE,
        # The page shows these before any style sheet has arrived, so they are plain colours.
        body_background_fill="#f6f6f6",
        body_background_fill_dark="#121212",
    )


def _head() -> str:
    sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in SHEETS)
    return f'{sheets}<script type="module" src="/static/js/main.js"></script>'
