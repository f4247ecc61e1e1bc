from itertools import product

import pytest

from brandstudio.domain.people import MAY, Action, Person, Role, require, require_other
from brandstudio.domain.review import OUTCOME, ReviewStatus, Verdict, next_status
from brandstudio.errors import CommentNeededError, ForbiddenError, ReviewClosedError


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


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_roles_may_do_what_the_table_says_and_nothing_else(role, action):
    person = Person(id=1, name="kim", role=role)
    if role in MAY[action]:
        require(person, action)
    else:
        with pytest.raises(ForbiddenError, match=f"kim is a {role} and may not {action}"):
            require(person, action)


def test_nobody_decides_on_their_own_run_unless_the_brand_allows_it():
    rita = Person(id=1, name="rita", role=Role.REVIEWER)
    with pytest.raises(ForbiddenError, match="Someone else must decide"):
        require_other(rita, 1, allow_self_review=False)
    require_other(rita, 1, allow_self_review=True)
    require_other(rita, 2, allow_self_review=False)
