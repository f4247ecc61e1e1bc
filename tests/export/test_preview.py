"""A preview is one file of a pack, or the reason why there is none."""

import pytest

from brandstudio.errors import PackError
from brandstudio.export.preview import render_preview
from tests.export.samples import OVERLAY, asset, opened, pack, placement


def test_a_preview_has_the_placements_size_and_format():
    image = opened(render_preview(pack(placement(300, 250))))
    assert (image.size, image.format) == ((300, 250), "JPEG")


def test_a_preview_with_a_character_the_typeface_lacks_says_which():
    odd = asset(1, overlay=OVERLAY.but(headline="Fresh 茶"))
    with pytest.raises(PackError, match=r"“茶” \(U\+8336\)"):
        render_preview(pack(placement(300, 250), assets=(odd,)))
