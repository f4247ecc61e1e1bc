"""The manifest tells everything, and opens safely in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from brandstudio.domain.arrangement import EstimatedMetrics
from brandstudio.domain.pack import RenditionPlan, RenditionProblem, SourceImage, plan_rendition
from brandstudio.export.content import PackAsset, PackContent, PackFile
from brandstudio.export.manifest import entry, guarded, manifest_csv, manifest_json, original_entry
from tests.export.samples import LAYOUT, OVERLAY, asset, pack, placement


def entry_of(own: PackAsset, content: PackContent) -> dict[str, Any]:
    source = SourceImage(
        own.variant_id, own.arm, 7, 256, 256, LAYOUT.product, LAYOUT.copy_space, OVERLAY, 4.0
    )
    plan = plan_rendition(source, placement(1080, 1350), EstimatedMetrics())
    assert isinstance(plan, RenditionPlan)
    return entry(PackFile("a/b.jpg", "e" * 64, 123), plan, own, content, "JPEG quality 92")


def original() -> dict[str, Any]:
    return original_entry(PackFile("originals/a.png", "e" * 64, 123), asset(), None)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_an_entry_tells_where_a_file_came_from_and_who_approved_it():
    own = asset()
    told = entry_of(own, pack())
    expected = {
        "path": "a/b.jpg",
        "placement": "test-1080x1350",
        "mode": "full-bleed",
        "variant_id": 1,
        "run_id": 3,
        "arm": "forest · left",
        "levels": {"setting": "forest", "position": "left"},
        "seed": 7,
        "fingerprint": own.params.fingerprint,
        "prompt": own.params.prompt,
        "negative_prompt": own.params.negative_prompt,
        "base_model": "house",
        "base_model_revision": "a" * 64,
        "loras": [{"name": "look", "sha256": "b" * 64, "scale": 0.9}],
        "layout": "product-left",
        "scores": {"clip": 0.31, "aesthetic": -0.4},
        "rank": 1,
        "brand": "fjellro",
        "brand_version": pack().brand.version,
    }
    assert expected.items() <= told.items()
    assert told["enlargement_note"].startswith("Enlarged 5.")
    assert told["decision"] == {
        "id": 1,
        "hash": "",
        "verdict": "approve",
        "reviewer": "rita",
        "decided_at": "2026-11-20T12:00:00+00:00",
        "comment": "Lovely",
        "own_work": False,
        "image_sha256": own.decision.sha256,
    }


def test_the_table_starts_with_the_mark_that_spreadsheets_need_and_ends_lines_as_they_expect():
    content = manifest_csv([entry_of(asset(), pack())])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 2


def test_umlauts_quotes_commas_and_line_breaks_are_read_back():
    comment = 'Größe "L", bitte\nnoch heller'
    own = asset()
    own = replace(own, decision=replace(own.decision, comment=comment))
    [row] = rows_of(manifest_csv([entry_of(own, pack())]))
    assert row["decision_comment"] == comment


STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("start", STARTS)
def test_a_text_that_a_spreadsheet_would_run_is_disarmed_and_the_json_keeps_it(start: str):
    own = asset()
    hostile = replace(own, decision=replace(own.decision, comment=f"{start}1+1"))
    told = entry_of(hostile, pack())
    [row] = rows_of(manifest_csv([told]))
    assert row["decision_comment"] == f"'{start}1+1"
    [kept] = json.loads(manifest_json(pack(), [told], [], []))["renditions"]
    assert kept["decision"]["comment"] == f"{start}1+1"


INSIDE = (
    "fine;=1+1",
    "fine; =1+1",
    "fine\t@1",
    "fine\n=1+1",
    "fine\r\n=1+1",
    '";=1+1',
    'a"\n"=1+1',
)


@pytest.mark.parametrize("comment", INSIDE)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quote", ['"', None], ids=["quotes", "no quotes"])
def test_no_spreadsheet_finds_a_formula_whatever_it_takes_for_a_separator(
    comment: str, separator: str, quote: str | None
):
    """In half of Europe it is the semicolon, and then a quote in mid cell is no quote."""
    own = asset()
    hostile = replace(own, decision=replace(own.decision, comment=comment, reviewer=comment))
    text = manifest_csv([entry_of(hostile, pack())]).decode("utf-8-sig")
    how: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    lines = io.StringIO(text, newline="" if quote else None)
    cells = [cell for row in csv.reader(lines, delimiter=separator, **how) for cell in row]
    assert len(cells) > 1
    assert [c for c in cells if c.strip(' "')[:1] in {*"=@\uff1d\uff20"}] == []


def test_a_negative_number_stays_a_number():
    [row] = rows_of(manifest_csv([entry_of(asset(), pack())]))
    assert row["score_aesthetic"] == "-0.4"
    assert guarded(-0.4) == -0.4


def test_problems_are_listed_beside_what_was_made():
    problem = RenditionProblem("display-728x90", 1, "No room")
    document = json.loads(
        manifest_json(pack(), [entry_of(asset(), pack())], [original()], [problem])
    )
    assert document["problems"] == [
        {"placement": "display-728x90", "variant_id": 1, "reason": "No room"}
    ]
    assert document["originals"][0]["path"] == "originals/a.png"
    assert len(document["renditions"]) == 1
