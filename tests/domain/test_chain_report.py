"""What walking the chain of decisions reports: how far it is sound, and what is wrong where."""

import hashlib
import json

import pytest

from brandstudio.domain.decision_chain import (
    FIELDS,
    GENESIS,
    ChainedDecision,
    ChainReport,
    Fault,
    digest,
    walk,
)


def link(number: int, prev_hash: str, **more: object) -> dict[str, object]:
    made: dict[str, object] = dict.fromkeys(FIELDS, "x") | {"id": number, **more}
    return made | {"prev_hash": prev_hash, "hash": digest(made, prev_hash)}


FIRST = link(1, GENESIS)
SECOND = link(2, str(FIRST["hash"]))
THIRD = link(3, str(SECOND["hash"]))
HEAD = str(FIRST["hash"])


@pytest.mark.parametrize(
    ("second", "fault", "sentence"),
    [
        pytest.param(
            THIRD,
            Fault(2, "is missing: decision 3 stands in its place"),
            "decision 2 is missing: decision 3 stands in its place",
            id="dropped",
        ),
        pytest.param(
            link(2, GENESIS),
            Fault(2, "does not follow the one before: it was inserted, moved or changed"),
            "decision 2 does not follow the one before: it was inserted, moved or changed",
            id="follows another",
        ),
        pytest.param(
            SECOND | {"comment": "y"},
            Fault(2, "is not what was written: it was changed"),
            "decision 2 is not what was written: it was changed",
            id="changed",
        ),
    ],
)
def test_the_first_fault_ends_the_walk_with_what_was_sound_before_it(second, fault, sentence):
    links: list[ChainedDecision] = [FIRST, second, THIRD]
    assert walk(links, HEAD) == ChainReport(1, HEAD, fault, holds_wanted=True)
    assert walk(links, str(THIRD["hash"])) == ChainReport(1, HEAD, fault, holds_wanted=False)
    assert str(fault) == sentence


@pytest.mark.parametrize("wanted", [FIRST, SECOND, THIRD], ids=["first", "second", "last"])
def test_a_known_head_is_found_wherever_it_stands(wanted):
    report = walk([FIRST, SECOND, THIRD], str(wanted["hash"]))
    assert report == ChainReport(3, str(THIRD["hash"]), None, holds_wanted=True)


def test_a_decision_on_ones_own_work_has_the_mark_in_its_hash():
    own = dict.fromkeys(FIELDS, "x") | {"own_work": True}
    content = json.dumps(own | {"prev_hash": GENESIS}, sort_keys=True, separators=(",", ":"))
    assert digest(own, GENESIS) == hashlib.sha256(content.encode()).hexdigest()
