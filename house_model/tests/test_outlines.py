"""The outlines in presets/ and the shapes of the renderer are one thing."""

from pathlib import Path

import pytest

from house_model.scenes.products import PRODUCTS, outline_svg

OUTLINES = Path(__file__).parents[2] / "presets" / "outlines"


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_shipped_outline_is_the_one_the_renderer_draws(name: str) -> None:
    shipped = (OUTLINES / f"{name}.svg").read_text()
    assert shipped == outline_svg(PRODUCTS[name])


@pytest.mark.parametrize("name", PRODUCTS)
def test_no_line_leaves_the_products_own_box(name: str) -> None:
    product = PRODUCTS[name]
    width, height = product.height * product.aspect, product.height
    points = [
        point
        for part in product.at_height(height)
        for _, group in part.path.commands
        for point in group
        if part.is_line and not part.width
    ]
    # A curve stays within its control points' hull, and only two handles' hulls reach out a little.
    assert all(abs(x) <= width / 2 + 1 for x, _ in points)
    assert all(-1.13 * height <= y <= 0 for _, y in points)
