"""What a brand's page says: everything that is locked, and why it can be trusted."""

from collections.abc import Mapping
from itertools import groupby

from brandstudio.domain.brand import Brand, LockedLora, Swatch
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.layout import Layout
from brandstudio.domain.people import Person
from brandstudio.errors import count_of
from brandstudio.web.bundles import address
from brandstudio.web.gradio.views.markup import Markup, element, text

HASH_SHOWN = 12


def brand_sheet(brand: Brand, catalogue: Catalogue) -> Markup:
    """One brand, everything of it."""
    return element(
        "article",
        _title(brand),
        element(
            "div",
            _card("Logo", _logos(brand), wide=True),
            _card("Palette", _palette(brand.palette), wide=True),
            _card("Typeface", _specimen(brand), wide=True),
            _card("Locked look", *(_lora(lora) for lora in brand.loras), locked=True),
            _card("Never drawn", _negative(brand), locked=True),
            _card("Words this brand does not use", _words(brand.forbidden_words), locked=True),
            _card("Templates", _templates(brand, catalogue), wide=True),
            _card("Layouts", _layouts(brand, catalogue), wide=True),
            _card("Placements", _placements(brand, catalogue), wide=True),
            class_="bs-sheet-grid",
        ),
        class_="bs-sheet",
        id=f"brand-{brand.slug}",
    )


def broken_brands(catalogue: Catalogue) -> Markup:
    """Brands that cannot be used, with the reason; empty when all is well."""
    notices = (
        element(
            "div",
            icon("warning"),
            element(
                "div",
                element("strong", text(f"{slug} cannot be used. {error.public_message}.")),
                element("span", text(error.hint)),
            ),
            class_="bs-notice bad",
        )
        for (kind, slug), error in catalogue.broken.items()
        if kind == "brand"
    )
    markup = "".join(notices)
    return element("static-part", markup) if markup else ""


def no_brand(person: Person) -> Markup:
    """The message for a person without a role in any brand."""
    if person.is_administrator:
        reason = "There is no brand yet."
        remedy = "Add one below presets/brands, then start the studio again."
    else:
        reason = "You do not work for any brand yet."
        remedy = "Ask an administrator, or a brand's owner, to give you a role; then reload."
    return element(
        "static-part",
        element(
            "div",
            element("h2", text(reason)),
            element("p", text(remedy)),
            class_="bs-empty",
        ),
    )


def logo_urls(brand: Brand) -> tuple[str, str]:
    """Where the logo for light and the one for dark ground are."""
    return f"/brands/{brand.slug}/logo.svg", f"/brands/{brand.slug}/logo-on-dark.svg"


def sketch_of(layout: Layout) -> dict[str, object]:
    """What the drawing of a layout needs."""
    return {
        "aspect": layout.aspect,
        "product": layout.product.model_dump(),
        "copy_space": layout.copy_space.model_dump(),
        "horizon": layout.horizon,
        "stand": layout.stand,
    }


def lock_line(title: str, value: str) -> Markup:
    """One locked thing in a list."""
    return element(
        "li",
        icon("lock"),
        element("span", text(title)),
        element("strong", text(value), title=value),
    )


def icon(name: str) -> Markup:
    """A decorative icon of the sprite."""
    use = element("use", href=f"{address('icons/sprite.svg')}#{name}")
    return element("svg", use, class_="icon", width=14, height=14, aria_hidden="true")


def _title(brand: Brand) -> Markup:
    version = element("span", text(f"Version {brand.version}"), class_="bs-chip")
    return element(
        "header",
        element("div", element("h2", text(brand.name)), version, class_="bs-sheet-name"),
        element("p", text(brand.tagline), class_="bs-sheet-tagline"),
        element("p", text(brand.about), class_="bs-sheet-about"),
    )


def _card(title: str, *content: Markup, wide: bool = False, locked: bool = False) -> Markup:
    lock = element("span", icon("lock"), "Locked", class_="bs-chip") if locked else ""
    return element(
        "section",
        element(
            "div", element("h3", text(title), class_="bs-eyebrow"), lock, class_="bs-card-head"
        ),
        *content,
        class_="bs-card bs-sheet-card wide" if wide else "bs-card bs-sheet-card",
    )


def _logos(brand: Brand) -> Markup:
    on_light, on_dark = logo_urls(brand)
    return element(
        "div",
        element("div", _image(on_light, f"{brand.name} logo"), class_="bs-logo-on-light"),
        element(
            "div", _image(on_dark, f"{brand.name} logo for dark ground"), class_="bs-logo-on-dark"
        ),
        class_="bs-logos",
    )


def _image(source: str, alt: str) -> Markup:
    return element("img", src=source, alt=alt, loading="lazy").removesuffix("</img>")


def _palette(palette: tuple[Swatch, ...]) -> Markup:
    swatches = (
        element(
            "li",
            element("i", style=f"background:{swatch.hex}"),
            element("strong", text(swatch.name)),
            element("code", text(swatch.hex.upper())),
        )
        for swatch in palette
    )
    return element("ul", *swatches, class_="bs-palette")


def _specimen(brand: Brand) -> Markup:
    fonts = brand.typography
    return element(
        "brand-specimen",
        family=fonts.family,
        headline=f"/brands/{brand.slug}/{fonts.headline.file}",
        body=f"/brands/{brand.slug}/{fonts.body.file}",
        line=brand.tagline,
        sentence=brand.about,
        licence=fonts.licence,
    )


def _lora(lora: LockedLora) -> Markup:
    return _rows(
        {
            "LoRA": lora.name,
            "Scale": f"{lora.scale:g}",
            "For base model": lora.base_model,
            "Begins every prompt with": lora.trigger,
            "Checksum": f"{lora.sha256[:HASH_SHOWN]}…",
        }
    )


def _rows(values: Mapping[str, str]) -> Markup:
    pairs = (element("dt", text(name)) + element("dd", text(v)) for name, v in values.items())
    return element("dl", *pairs, class_="bs-rows")


def _negative(brand: Brand) -> Markup:
    return element("p", text(brand.negative_prompt or "Nothing is excluded."), class_="bs-plain")


def _words(words: tuple[str, ...]) -> Markup:
    chips = (element("li", text(word), class_="bs-chip") for word in words)
    return element("ul", *chips, class_="bs-chips") if words else element("p", "None.")


def _templates(brand: Brand, catalogue: Catalogue) -> Markup:
    templates = (catalogue.template(slug) for slug in brand.templates)
    entries = (
        element("li", element("strong", text(t.title)), element("span", text(t.summary)))
        for t in templates
    )
    return element("ul", *entries, class_="bs-list two")


def _layouts(brand: Brand, catalogue: Catalogue) -> Markup:
    layouts = (catalogue.layout(slug) for slug in brand.layouts)
    entries = (
        element(
            "li",
            element("layout-sketch", layout=sketch_of(layout)),
            element("strong", text(layout.title)),
            element("span", text(layout.aspect)),
        )
        for layout in layouts
    )
    return element("ul", *entries, class_="bs-layouts")


def _placements(brand: Brand, catalogue: Catalogue) -> Markup:
    placements = sorted((catalogue.placement(s) for s in brand.placements), key=lambda p: p.channel)
    channels = (
        element(
            "li",
            element("strong", text(channel)),
            element(
                "span", text(", ".join(f"{p.title} {p.width_px} × {p.height_px}" for p in members))
            ),
        )
        for channel, members in ((c, list(m)) for c, m in groupby(placements, lambda p: p.channel))
    )
    total = element("p", text(count_of(len(brand.placements), "placement")), class_="bs-quiet")
    return total + element("ul", *channels, class_="bs-list two")
