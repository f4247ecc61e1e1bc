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
from brandstudio.export.manifest import entry, guarded, manifest_csv, manifest_json
from tests.export.samples import LAYOUT, OVERLAY, asset, pack, placement


def entry_of(own: PackAsset, content: PackContent) -> dict[str, Any]:
    source = SourceImage(
        own.variant_id, own.arm, 7, 256, 256, LAYOUT.product, LAYOUT.copy_space, OVERLAY, 4.0
    )
    plan = plan_rendition(source, placement(1080, 1350), EstimatedMetrics())
    assert isinstance(plan, RenditionPlan)
    return entry(PackFile("a/b.jpg", "e" * 64, 123), plan, own, content, "JPEG quality 92")


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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(start: str):
    own = asset()
    hostile = replace(own, decision=replace(own.decision, comment=f"{start}1+1"))
    [row] = rows_of(manifest_csv([entry_of(hostile, pack())]))
    assert row["decision_comment"] == f"'{start}1+1"


def test_a_negative_number_stays_a_number():
    [row] = rows_of(manifest_csv([entry_of(asset(), pack())]))
    assert row["score_aesthetic"] == "-0.4"
    assert guarded(-0.4) == -0.4


def test_problems_are_listed_beside_what_was_made():
    problem = RenditionProblem("display-728x90", 1, "No room")
    document = json.loads(
        manifest_json(pack(), [entry_of(asset(), pack())], {1: "originals/a.png"}, [problem])
    )
    assert document["problems"] == [
        {"placement": "display-728x90", "variant_id": 1, "reason": "No room"}
    ]
    assert document["originals"][0]["path"] == "originals/a.png"
    assert len(document["renditions"]) == 1
