"""Which statements of a notebook must run so that graded code finds what it reads.

From the names that graded code reads one goes backwards over what each statement does to names (uses.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from autograder.reading.uses import Uses


def needed(statements: Sequence[Uses], wanted: Iterable[str], never: Set[str] = frozenset()) -> set[int]:
    """Return the places of the statements that bind or change what is wanted, and of those that they need in turn.

    Args:
        statements: in the order of the notebook.
        wanted: the names that graded code reads.
        never: functions whose calls don't count as a change of anything, which are the exercises.
    """
    search = _Search(statements, never)
    waiting = list(wanted)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            for place in search.that_set(name):
                waiting += statements[place].reads
    return search.chosen


class _Search:
    def __init__(self, statements: Sequence[Uses], never: Set[str]) -> None:
        self.statements, self.never = statements, never
        self.chosen: set[int] = set()
        self._agents: set[int] = set()
        self._by_binding, self._by_acting = (
            _index(one.binds for one in statements),
            _index(one.acts_on for one in statements),
        )
        self._callers = _index(one.at_once for one in statements)
        self._readers = _index(one.reads - one.at_once for one in statements)

    def that_set(self, name: str) -> list[int]:
        """Return the places, not given before, of the statements that bind a name or call what changes it."""
        found = [*self._by_binding[name]]
        waiting = [*self._by_acting[name]]
        while waiting:
            agent = waiting.pop()
            if agent in self._agents:
                continue
            self._agents.add(agent)
            for called in self.statements[agent].binds - self.never:
                found += self._callers[called]
                waiting += self._readers[called]
        fresh = [place for place in dict.fromkeys(found) if place not in self.chosen]
        self.chosen.update(fresh)
        return fresh


def _index(names_of: Iterable[Set[str]]) -> defaultdict[str, list[int]]:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for place, names in enumerate(names_of):
        for name in names:
            index[name].append(place)
    return index
