"""Small real content for packs: a drawn picture, the shipped brands, a few placements."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngImageFile

from brandstudio.domain.arrangement import Overlay
from brandstudio.domain.brand import Brand
from brandstudio.domain.layout import ControlDrawing, Layout
from brandstudio.domain.placement import Placement, SafeZone
from brandstudio.domain.plan import ControlUse, GenerationParams, LoraUse
from brandstudio.domain.review import Decision, Verdict
from brandstudio.domain.values import Box
from brandstudio.export.content import BrandFiles, PackAsset, PackContent
from brandstudio.export.encode import png_with_provenance

BRANDS = Path(__file__).parents[2] / "presets" / "brands"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DESCRIBED = {
    "device": "cpu",
    "torch": "2.15.0",
    "scheduler": "DPMSolverMultistepScheduler",
    "model_hash": "abcdef1234",
    "lora_hashes": "look: b6ba5b0b9c12",
}
LAYOUT = Layout(
    slug="product-left",
    title="Left",
    summary="Product on the left",
    family="product",
    position="left",
    aspect="1:1",
    product=Box(left=0.13, top=0.24, width=0.36, height=0.54),
    copy_space=Box(left=0.54, top=0.12, width=0.41, height=0.46),
)
OVERLAY = Overlay(
    "First light, first cup", "Roasted slowly for mornings outdoors", "Find your roast"
)


@cache
def brand(slug: str = "fjellro") -> Brand:
    return Brand.model_validate(yaml.safe_load((BRANDS / slug / "brand.yaml").read_text()))


@cache
def brand_files(slug: str = "fjellro") -> BrandFiles:
    folder, declared = BRANDS / slug, brand(slug)
    return BrandFiles(
        logo_svg=(folder / declared.logo.file).read_text(),
        logo_on_dark_svg=(folder / declared.logo_on_dark.file).read_text(),
        headline_font=(folder / declared.typography.headline.file).read_bytes(),
        body_font=(folder / declared.typography.body.file).read_bytes(),
        licence=(folder / "fonts" / "OFL.txt").read_text(),
    )


def placement(width_px: int, height_px: int, **changes: Any) -> Placement:
    facts = {
        "slug": f"test-{width_px}x{height_px}",
        "channel": "Test",
        "title": "Placement",
        "width_px": width_px,
        "height_px": height_px,
        "format": "jpeg",
        "max_bytes": 5_000_000,
        "grade": "A",
        "source": "test",
        "checked_on": date(2026, 11, 20),
    }
    return Placement.model_validate(facts | changes)


STORY = placement(
    1080, 1920, safe_zone=SafeZone(top_px=269, right_px=65, bottom_px=672, left_px=65)
)


def picture(size: int = 256, *, busy: bool = False) -> Image.Image:
    """A product box on a horizon; when busy, over stripes of black and white."""
    image = Image.new("RGB", (size, size), "#9CC7E8")
    pen = ImageDraw.Draw(image)
    if busy:
        for left in range(0, size, 8):
            pen.rectangle((left, 0, left + 3, size), fill="#000000")
            pen.rectangle((left + 4, 0, left + 7, size), fill="#FFFFFF")
    pen.rectangle((0, round(0.7 * size), size, size), fill="#5B8F5A")
    pen.rounded_rectangle(LAYOUT.product.pixels(size, size), radius=size // 20, fill="#D2542D")
    return image


def params(**changes: Any) -> GenerationParams:
    facts: dict[str, Any] = {
        "base_model": "house",
        "revision": "a" * 64,
        "prompt": "brand style, an orange box, product on the left",
        "negative_prompt": "blurry, text",
        "seed": 7,
        "width_px": 256,
        "height_px": 256,
        "steps": 12,
        "guidance_scale": 4.5,
        "scheduler": "dpmpp-2m-karras",
        "loras": (LoraUse(name="look", sha256="b" * 64, scale=0.9),),
        "control": ControlUse(
            controlnet="house/controlnet",
            revision="c" * 40,
            scale=1.0,
            drawing=ControlDrawing(
                outline="box", outline_sha256="d" * 64, product=LAYOUT.product, horizon=0.7
            ),
        ),
    }
    return GenerationParams.model_validate(facts | changes)


def asset(number: int = 1, *, image: Image.Image | None = None, **changes: Any) -> PackAsset:
    made_with = changes.pop("params", None) or params(seed=6 + number)
    png = png_with_provenance(image or picture(), made_with, DESCRIBED)
    decided = Decision(
        number, number, Verdict.APPROVE, "rita", "Lovely", hashlib.sha256(png).hexdigest(), NOON
    )
    own = PackAsset(
        variant_id=number,
        run_id=3,
        arm="forest · left",
        levels={"setting": "forest", "position": "left"},
        template="product-hero",
        layout=LAYOUT,
        overlay=OVERLAY,
        max_upscale=4.0,
        upscaled=None,
        read_upscaled_png=None,
        read_png=lambda: png,
        params=made_with,
        described=DESCRIBED,
        scores={"clip": 0.31, "aesthetic": -0.4},
        rank=1,
        decision=decided,
    )
    return replace(own, **changes)


def pack(*placements: Placement, brand_slug: str = "fjellro", **changes: Any) -> PackContent:
    own = PackContent(
        title="Spring campaign",
        brand=brand(brand_slug),
        files=brand_files(brand_slug),
        assets=(asset(),),
        placements=placements or (placement(600, 600), placement(320, 100)),
        as_of=NOON,
    )
    return replace(own, **changes)


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def text_of(image: Image.Image) -> Mapping[str, str]:
    """The text blocks of a PNG."""
    assert isinstance(image, PngImageFile)
    return image.text


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
