"""Infotext must be read back by the expression that image tools use."""

import json
import re

from brandstudio.export.infotext import infotext
from tests.export.samples import DESCRIBED, params

# The expression of the tool that made this form common.
PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def settings_of(text: str) -> dict[str, str]:
    pairs = PAIR.findall(text.splitlines()[-1])
    return {key: json.loads(value) if value.startswith('"') else value for key, value in pairs}


def test_prompt_negative_prompt_and_settings_stand_on_lines_of_their_own():
    lines = infotext(params(), DESCRIBED).splitlines()
    assert lines[0] == "brand style, an orange box, product on the left <lora:look:0.9>"
    assert lines[1] == "Negative prompt: blurry, text"
    assert len(lines) == 3


def test_every_setting_is_read_back_by_the_usual_expression():
    read = settings_of(infotext(params(), DESCRIBED))
    expected = {
        "Steps": "12",
        "Sampler": "DPM++ 2M",
        "Schedule type": "Karras",
        "CFG scale": "4.5",
        "Seed": "7",
        "Size": "256x256",
        "Model": "house",
        "Model hash": "abcdef1234",
        "Lora hashes": "look: b6ba5b0b9c12",
        "Fingerprint": params().fingerprint,
        "Torch": "2.15.0",
    }
    assert expected.items() <= read.items()


def test_a_value_with_commas_colons_or_quotes_is_read_back_whole():
    odd = 'a "b": c, d'
    assert settings_of(infotext(params(), {"device": odd}))["Device"] == odd


def test_the_controlnet_and_its_scale_are_named():
    control = settings_of(infotext(params(), DESCRIBED))["ControlNet 0"]
    assert control == "Model: house/controlnet [cccccccccc], Weight: 1, Drawing: box"


def test_without_printed_hashes_a_lora_is_named_by_its_own():
    assert settings_of(infotext(params(), {}))["Lora hashes"] == "look: bbbbbbbbbbbb"


def test_a_prompt_stays_on_one_line():
    text = infotext(params(prompt="one\nNegative prompt: two"), DESCRIBED)
    assert text.splitlines()[0].startswith("one Negative prompt: two")


def test_without_negative_prompt_control_and_lora_nothing_is_left_empty():
    bare = params(negative_prompt="", control=None, loras=())
    text = infotext(bare, {})
    assert len(text.splitlines()) == 2
    assert not {"ControlNet 0", "Lora hashes", "Model hash"} & set(settings_of(text))
