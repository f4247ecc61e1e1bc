from itertools import product

import pytest

from brandstudio.domain.review import OUTCOME, ReviewStatus, Verdict, next_status
from brandstudio.errors import CommentNeededError, ReviewClosedError


@pytest.mark.parametrize(("status", "verdict"), list(product(ReviewStatus, Verdict)))
def test_a_verdict_either_moves_the_variant_by_the_table_or_is_refused(status, verdict):
    if (status, verdict) in OUTCOME:
        assert next_status(1, status, verdict, "a reason") is OUTCOME[status, verdict]
    else:
        with pytest.raises(ReviewClosedError):
            next_status(1, status, verdict, "a reason")


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.REQUEST_CHANGES])
def test_a_refusal_needs_a_reason(verdict):
    with pytest.raises(CommentNeededError, match="A reason is needed"):
        next_status(1, ReviewStatus.PENDING, verdict, "   ")
