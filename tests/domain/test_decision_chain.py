"""The chain and the derived state, as arithmetic; tests/storage holds them against rows."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandstudio.domain.decision_chain import FIELDS, GENESIS, digest, moment, walk
from brandstudio.domain.review import OUTCOME, ReviewStatus, Verdict, ago, replay
from brandstudio.errors import ReviewClosedError

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def chain(*comments: str) -> list[dict[str, object]]:
    links: list[dict[str, object]] = []
    prev_hash = GENESIS
    for number, comment in enumerate(comments, start=1):
        link: dict[str, object] = dict.fromkeys(FIELDS, "x")
        link |= {"id": number, "comment": comment, "prev_hash": prev_hash}
        prev_hash = link["hash"] = digest(link, prev_hash)
        links.append(link)
    return links


def test_the_hash_is_the_one_that_the_documentation_describes():
    link = dict.fromkeys(FIELDS, "") | {"id": 1, "comment": "schön", "supersedes_id": None}
    link["decided_at"] = moment(NOON)
    content = (
        '{"brand_digest":"","comment":"sch\\u00f6n","decided_at":"2026-11-20T12:00:00.000000Z",'
        '"expected_version":"","id":1,"prev_hash":"' + "0" * 64 + '","request_id":"",'
        '"reviewer":"","reviewer_id":"","reviewer_role":"","sha256":"","supersedes_id":null,'
        '"variant_id":"","verdict":""}'
    )
    assert digest(link, GENESIS) == hashlib.sha256(content.encode()).hexdigest()


@given(st.lists(st.text(max_size=40), max_size=6))
@settings(max_examples=50)
def test_a_chain_that_nobody_touched_is_sound_and_ends_at_its_last_hash(comments):
    links = chain(*comments)
    report = walk(links)
    assert (report.count, report.fault) == (len(links), None)
    assert report.head == (links[-1]["hash"] if links else GENESIS)


def test_a_mark_of_own_work_cannot_be_taken_off():
    [link] = chain("fine")
    marked = link | {"own_work": True}
    marked["hash"] = digest(marked, GENESIS)
    assert walk([marked]).fault is None
    assert walk([marked | {"own_work": False}]).fault is not None


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.data())
@settings(max_examples=50)
def test_any_change_of_any_field_is_found_at_its_row(comments, data):
    links = chain(*comments)
    place = data.draw(st.integers(0, len(links) - 1))
    name = data.draw(st.sampled_from([*FIELDS[1:], "own_work", "prev_hash", "hash"]))
    links[place] = links[place] | {name: "another"}
    fault = walk(links).fault
    assert fault is not None
    assert fault.decision_id == place + 1


@given(st.integers(2, 8), st.data())
@settings(max_examples=50)
def test_a_dropped_row_is_named_unless_it_was_the_newest(count, data):
    links = chain(*map(str, range(count)))
    place = data.draw(st.integers(0, count - 2))
    head = str(links[-1]["hash"])
    fault = walk(links[:place] + links[place + 1 :]).fault
    assert fault is not None
    assert fault.decision_id == place + 1
    assert not walk(links[:-1], head).holds_wanted
    assert walk(links, head).holds_wanted


@given(st.lists(st.sampled_from(Verdict), max_size=30))
def test_a_status_is_what_its_verdicts_lead_to_or_the_log_is_not_the_studios(verdicts):
    status, possible = ReviewStatus.NEW, True
    for verdict in verdicts:
        possible = possible and (status, verdict) in OUTCOME
        status = OUTCOME.get((status, verdict), status)
    if possible:
        assert replay(verdicts) == (status, len(verdicts))
    else:
        with pytest.raises(ReviewClosedError):
            replay(verdicts)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (0.4, "just now"),
        (12, "12 s ago"),
        (119, "1 min ago"),
        (7_300, "2 h ago"),
        (172_799, "47 h ago"),
        (172_800, "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit_that_fits(seconds, said):
    assert ago(NOON + timedelta(seconds=seconds), NOON) == said
