"""What the collection of the tests is told of their places is true of the places."""

import pytest

from tests.collection import CAMPAIGNS, EACH_IN_EVERY_RUN, HEAVY, HERE


@pytest.mark.parametrize("place", sorted({*CAMPAIGNS, *EACH_IN_EVERY_RUN, *HEAVY}))
def test_every_place_that_is_named_is_there(place: str):
    assert (HERE / place).exists()
