"""Scores point the right way, and the CLIP model is asked no more often than needed."""

import random
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from coloraide import Color
from PIL import Image, ImageDraw, ImageFilter
from safetensors.torch import save_file

from brandstudio.domain.ranking import SCORES
from brandstudio.domain.values import Box
from brandstudio.errors import WeightsError
from brandstudio.imaging.scorers.clip import aesthetic, build_head
from brandstudio.imaging.scorers.colour import delta_e_2000, lab_of, rgb_of
from brandstudio.imaging.scorers.pixels import copy_space_quiet, palette_distance, sharpness
from brandstudio.imaging.scorers.studio import StudioScorer, build_scorer
from brandstudio.services.ports import Exhibit
from tests.imaging.conftest import catalogue_of, profile_with, scorer_profile

VIOLET, LIME = "#5A2CA0", "#B6F000"
LEFT_HALF = Box(left=0, top=0, width=0.5, height=1)
TOP = Box(left=0, top=0, width=1, height=0.4)
exhibit = partial(Exhibit, prompt="a red mug", palette=(VIOLET, LIME), copy_space=TOP)


def picture(width_px: int = 96, height_px: int = 96, background: str = VIOLET) -> Image.Image:
    """A disc on a plain background, in brand colours."""
    image = Image.new("RGB", (width_px, height_px), background)
    ImageDraw.Draw(image).ellipse((30, 50, 70, 90), fill=LIME)
    return image


def speckled(image: Image.Image, box: Box) -> Image.Image:
    left, top, right, bottom = box.pixels(*image.size)
    noise = np.random.default_rng(1).integers(0, 255, (bottom - top, right - left, 3))
    image.paste(Image.fromarray(noise.astype(np.uint8)), (left, top))
    return image


@pytest.fixture(scope="session")
def scorer() -> StudioScorer:
    return build_scorer(catalogue_of(profile_with()), device="cpu")


def test_every_score_of_the_ranking_is_given(scorer: StudioScorer) -> None:
    scores = scorer.score("house", [exhibit(picture()), exhibit(picture(160, 64))])
    assert [set(row) for row in scores] == [set(SCORES), set(SCORES)]
    assert all(np.isfinite(list(row.values())).all() for row in scores)


def test_scores_do_not_depend_on_what_is_judged_beside_it(scorer: StudioScorer) -> None:
    wanted, other = exhibit(picture()), exhibit(picture(160, 64), prompt="a can")
    [_, beside] = scorer.score("house", [other, wanted])
    [alone] = scorer.score("house", [wanted])
    assert beside == pytest.approx(alone, abs=1e-4)


def test_nothing_to_judge_gives_no_scores(scorer: StudioScorer) -> None:
    assert scorer.score("house", []) == []


def test_a_prompt_is_encoded_once(scorer: StudioScorer) -> None:
    clip = scorer.clip_scorer("house")
    encoded = clip.encoded_texts
    for _ in range(2):
        scorer.score("house", [exhibit(picture(), prompt="said only here")] * 3)
    assert clip.encoded_texts == encoded + 1


def test_clip_prefers_the_prompt_that_says_what_is_shown(scorer: StudioScorer) -> None:
    red, blue = (Image.new("RGB", (96, 96), colour) for colour in ("#D02020", "#2040D0"))
    prompts = ["a bottle on a red background", "a bottle on a blue background"]
    pairs = [exhibit(image, prompt=prompt) for image in (red, blue) for prompt in prompts]
    scores = [row["clip"] for row in scorer.score("house", pairs)]
    assert scores[0] - scores[1] > scores[2] - scores[3]


def test_a_banner_is_judged_whole(scorer: StudioScorer) -> None:
    banner = picture(288, 96)
    marked = banner.copy()
    ImageDraw.Draw(marked).rectangle((250, 0, 288, 96), fill=LIME)
    clip = scorer.clip_scorer("house")
    assert not torch.allclose(*clip.embed_images([banner, marked]), atol=1e-3)


def test_image_embeddings_have_length_one(scorer: StudioScorer) -> None:
    lengths = scorer.clip_scorer("house").embed_images([picture(), picture(160, 64)]).norm(dim=-1)
    assert lengths.tolist() == pytest.approx([1, 1], abs=1e-5)


def test_a_base_model_without_an_aesthetic_head_is_not_given_that_score() -> None:
    headless = profile_with(scorer=scorer_profile())
    [scores] = build_scorer(catalogue_of(headless), device="cpu").score(
        "house", [exhibit(picture())]
    )
    assert set(scores) == set(SCORES) - {"aesthetic"}


@pytest.mark.parametrize(
    "changes",
    [
        scorer_profile(clip="local-dir:elsewhere"),
        scorer_profile(aesthetic_head="absent"),
        scorer_profile(revision="0" * 64, aesthetic_head="absent"),
    ],
    ids=["no model", "no head", "off its lock"],
)
def test_a_missing_judge_is_named_and_leaves_the_scores_of_the_pixels(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    lost = build_scorer(catalogue_of(profile_with(scorer=changes)), device="cpu")
    [scores] = lost.score("house", [exhibit(picture())])
    assert set(scores) == set(SCORES) - {"clip", "aesthetic"}
    assert any(word in caplog.text for word in ("elsewhere", "absent", "is locked to 00000000"))


def test_a_model_known_to_open_clip_by_name_judges_by_the_same_code(tmp_path: Path) -> None:
    torch.manual_seed(1)
    weights = tmp_path / "open_clip_model.safetensors"
    save_file(open_clip.create_model("RN50", load_weights=False).state_dict(), weights)
    named = profile_with(scorer={"clip": "RN50", "pretrained": str(weights)})
    [scores] = build_scorer(catalogue_of(named), device="cpu").score("house", [exhibit(picture())])
    assert -1 <= scores["clip"] <= 1


def layers(*widths: int) -> dict[str, torch.Tensor]:
    """Numbered as LAION's head is: a gap after each layer where dropout was."""
    torch.manual_seed(1)
    tensors: dict[str, torch.Tensor] = {}
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        tensors[f"layers.{number * 2}.weight"] = torch.randn(outputs, inputs) / inputs**0.5
        tensors[f"layers.{number * 2}.bias"] = torch.randn(outputs)
    return tensors


def test_the_laion_head_is_linear_from_end_to_end() -> None:
    head = build_head(layers(768, 1024, 128, 64, 16, 1))
    one, other = torch.randn(2, 1, 768)
    middle = aesthetic((one + other) / 2, head)
    assert middle == pytest.approx((aesthetic(one, head) + aesthetic(other, head)) / 2, abs=1e-4)


def test_any_other_head_bends_between_its_layers() -> None:
    head = build_head(layers(256, 128, 1))
    kinds = [type(module).__name__ for module in head]
    assert kinds == ["Linear", "GELU", "Linear"]


@pytest.mark.parametrize("widths", [(256, 128), ()], ids=["not one number", "empty"])
def test_a_head_that_does_not_end_in_one_number_is_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(WeightsError, match="do not fit together"):
        build_head(layers(*widths))


def test_brand_colours_are_nearer_to_the_palette_than_others() -> None:
    on, off = picture(), picture(background="#C04000")
    assert palette_distance(on, [VIOLET, LIME]) < 3 < palette_distance(off, [VIOLET, LIME])


def test_an_image_of_one_brand_colour_is_on_palette() -> None:
    assert palette_distance(Image.new("RGB", (32, 48), LIME), [VIOLET, LIME]) == pytest.approx(0)


def test_busy_copy_space_is_less_quiet() -> None:
    calm = copy_space_quiet(picture(), TOP)
    busy = copy_space_quiet(speckled(picture(), TOP), TOP)
    assert calm > 0.95
    assert busy < 0.3


def test_a_busy_product_does_not_disturb_quiet_copy_space() -> None:
    beside = Box(left=0.6, top=0, width=0.4, height=1)
    assert copy_space_quiet(speckled(picture(), beside), LEFT_HALF) > 0.7


def test_a_plain_image_is_quiet_and_not_sharp_everywhere() -> None:
    plain = Image.new("RGB", (64, 64), VIOLET)
    whole = Box(left=0, top=0, width=1, height=1)
    assert copy_space_quiet(plain, whole) == 1
    assert sharpness(plain) == pytest.approx(0, abs=1e-9)


def test_a_blurred_image_is_less_sharp() -> None:
    blurred = [picture().filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 3)]
    sharp = [sharpness(image) for image in blurred]
    assert sharp == sorted(sharp, reverse=True)
    assert sharp[0] > sharp[2] + 1


def test_delta_e_agrees_with_a_reference_implementation() -> None:
    chance = random.Random(1)
    hexes = [f"#{chance.randrange(2**24):06x}" for _ in range(400)] + ["#000000", "#ffffff"]
    hexes += ["#808080", "#0000ff", "#2020ff", "#00ff00"]
    ones, others = hexes, hexes[1:] + hexes[:1]
    ours = delta_e_2000(
        lab_of(np.array([rgb_of(colour) for colour in ones])),
        lab_of(np.array([rgb_of(colour) for colour in others])),
    )
    theirs = [
        Color(one).delta_e(Color(other), method="2000", space="lab-d65")
        for one, other in zip(ones, others, strict=True)
    ]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
