"""What can be reached: the hops of the longest path, and the questions that nobody can come to.

By enumerating the select_one answers that conditions depend on; where they depend on more, nothing is claimed.
"""

import itertools
from collections.abc import Iterator, Mapping

from flows.expressions import Expression
from flows.poll import Poll, Question
from flows.xpath.values import Scope, Value

MOST_COMBINATIONS = 50_000
HOPS_BEFORE = 2
"""The dial, and the key that agrees."""
PROFILE_HOPS = 2


def out_of_reach(poll: Poll) -> tuple[list[Question], list[Question]]:
    """(questions that are proved out of reach, questions of which nothing could be proved)."""
    proved, unproved = [], []
    for question in poll.questions:
        if question.relevant is None or question.type == "calculate":
            continue
        names = _depends_on(poll, question.relevant)
        if not _enumerable(poll, names):
            unproved.append(question)
        elif not any(_is_asked(poll, question, answers) for answers in _combinations(poll, names)):
            proved.append(question)
    return proved, unproved


def longest_path(poll: Poll) -> tuple[int, bool]:
    """(hops from the dial to the end, whether that is exact: else it is at most that many)."""
    names = frozenset().union(*(_depends_on(poll, question.relevant) for question in poll.own if question.relevant))
    profile = min(PROFILE_HOPS, len(poll.profile))
    if not _enumerable(poll, names):
        return HOPS_BEFORE + len(poll.own) + profile, False
    longest = max(sum(_is_asked(poll, question, answers) for question in poll.own) for answers in _combinations(poll, names))
    return HOPS_BEFORE + longest + profile, True


def _depends_on(poll: Poll, expression: Expression) -> frozenset[str]:
    """The questions whose answers decide it, those that decide whether these are asked among them."""
    found: set[str] = set()
    waiting = set(expression.names)
    while waiting:
        name = waiting.pop()
        question = poll.by_name.get(name)
        if question is None or name in found:
            continue
        found.add(name)
        for more in (question.relevant, question.calculation, question.choice_filter):
            waiting |= more.names if more else set()
    return frozenset(found)


def _enumerable(poll: Poll, names: frozenset[str]) -> bool:
    questions = [poll.by_name[name] for name in names]
    size = 1
    for question in questions:
        size *= len(question.choices) + 1 if question.type == "select_one" else 1
    return size <= MOST_COMBINATIONS and all(question.type in ("select_one", "calculate") for question in questions)


def _combinations(poll: Poll, names: frozenset[str]) -> Iterator[dict[str, Value]]:
    """Every way in which the select_one questions among `names` can be answered or passed."""
    asked = [poll.by_name[name] for name in sorted(names) if poll.by_name[name].type == "select_one"]
    for values in itertools.product(*((None, *(choice.name for choice in question.choices)) for question in asked)):
        yield dict(zip((question.name for question in asked), values, strict=True))


def _is_asked(poll: Poll, question: Question, answers: Mapping[str, Value]) -> bool:
    """Whether somebody who would answer so comes to the question: an answer that is never asked for is not given."""
    given: dict[str, Value] = {}
    scope = Scope(answers=given)
    for one in poll.questions:
        relevant = one.relevant is None or one.relevant.holds(scope)
        if one is question:
            return relevant
        if one.calculation is not None:
            given[one.name] = one.calculation.value(scope)
        elif relevant and answers.get(one.name) is not None:
            given[one.name] = answers[one.name]
    return False
