"""The chain of decisions: each row's hash covers the row and the hash of the one before.

The hash of a decision is the sha256 of one JSON object in ASCII: the fields of FIELDS and
`prev_hash`, keys sorted, no spaces, moments as `2026-11-20T12:00:00.000000Z`; `"own_work": true`
is among them only where somebody decided on what they made themselves. Whoever changes,
drops, inserts or reorders a row breaks the chain there; whoever also rewrites every later hash
ends at another head than the one in the packs' manifests, which left the house long ago.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

GENESIS = "0" * 64
"""What the first decision follows."""
FIELDS = (
    "id",
    "request_id",
    "variant_id",
    "expected_version",
    "verdict",
    "reviewer_id",
    "reviewer",
    "reviewer_role",
    "comment",
    "sha256",
    "brand_digest",
    "supersedes_id",
    "decided_at",
)

ChainedDecision = Mapping[str, object]
"""One decision as stored: FIELDS, `own_work`, `prev_hash` and `hash`; `decided_at` as in the
JSON."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row of the log that is not what was written."""

    decision_id: int
    reason: str

    def __str__(self) -> str:
        return f"decision {self.decision_id} {self.reason}"


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What came of walking the chain from its start."""

    count: int
    head: str
    fault: Fault | None = None
    holds_wanted: bool = True
    """Whether the head that was asked for is the hash of some decision."""


def moment(at: datetime) -> str:
    """A moment of UTC as the chain writes it: always with six digits of a second."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def digest(decision: ChainedDecision, prev_hash: str) -> str:
    """The hash of a decision that follows `prev_hash`."""
    content = {name: decision[name] for name in FIELDS} | {"prev_hash": prev_hash}
    if decision.get("own_work"):
        content["own_work"] = True
    return hashlib.sha256(_ENCODER.encode(content).encode("ascii")).hexdigest()


# json.dumps with these options would build an encoder for each row: a million of them.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def walk(decisions: Iterable[ChainedDecision], wanted_head: str = GENESIS) -> ChainReport:
    """Check decisions in the order of their ids, and whether a known head is among them."""
    count, head, holds_wanted = 0, GENESIS, wanted_head == GENESIS
    for decision in decisions:
        fault = _fault(decision, count, head)
        if fault:
            return ChainReport(count, head, fault, holds_wanted)
        count, head = count + 1, str(decision["hash"])
        holds_wanted = holds_wanted or head == wanted_head
    return ChainReport(count, head, None, holds_wanted)


def _fault(decision: ChainedDecision, count: int, head: str) -> Fault | None:
    expected, actual = count + 1, int(str(decision["id"]))
    if actual != expected:
        return Fault(expected, f"is missing: decision {actual} stands in its place")
    if decision["prev_hash"] != head:
        return Fault(actual, "does not follow the one before: it was inserted, moved or changed")
    if digest(decision, head) != decision["hash"]:
        return Fault(actual, "is not what was written: it was changed")
    return None
