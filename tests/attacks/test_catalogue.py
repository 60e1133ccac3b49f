"""Every attack of the catalogue, in the box and without it."""

from __future__ import annotations

import pytest
from harness import LIMITS
from world import catalogue

ATTACKS = catalogue()


def test_the_catalogue_is_large_and_says_what_it_tries():
    assert len(ATTACKS) >= 60
    assert all("Known from:" in attack.text for attack in ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_in_the_box_it_gains_sees_and_harms_nothing(ours, attack):
    seen = ours.run(attack)
    assert not seen.points, "it gained points"
    assert not seen.secret, "it saw an answer"
    assert seen.harm == []
    assert seen.seconds < LIMITS.submission_seconds + 5
    if attack.outcome is not None:
        assert seen.outcome == attack.outcome, seen.message


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_without_the_box_it_does_what_it_says(naive, attack):
    assert getattr(naive.run(attack), attack.shows)
