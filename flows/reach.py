"""What can be reached: the hops of the longest path, and the questions that nobody can come to.

By enumerating the select_one answers that conditions depend on; where they depend on more, nothing is claimed.
"""

import itertools
import re
from collections.abc import Iterator, Mapping

from flows.expressions import Expression
from flows.poll import Poll, Question
from flows.xpath.values import Scope, Value

MOST_COMBINATIONS = 50_000
HOPS_BEFORE = 2
"""The dial, and the key that agrees."""
PROFILE_HOPS = 2
_CLOCK = re.compile(r"\b(?:now|today)\s*\(")


def out_of_reach(poll: Poll) -> tuple[list[Question], list[Question]]:
    """(questions that are proved out of reach, questions of which nothing could be proved)."""
    proved, unproved = [], []
    for question in (*poll.own, *poll.profile):
        if question.relevant is None:
            continue
        names = _depends_on(poll, [question])
        if names is None:
            unproved.append(question)
        elif not any(question.name in _asked(poll, answers) for answers in _combinations(poll, names)):
            proved.append(question)
    return proved, unproved


def longest_path(poll: Poll) -> tuple[int, bool]:
    """(hops from the dial to the last answer, whether that is exact: else it is at most that many).

    Whether messages may come is asked once behind it, when all is counted: a call that is cut there has lost nothing.
    """
    names = _depends_on(poll, poll.own)
    profile = min(PROFILE_HOPS, len(poll.profile))
    if names is None:
        return HOPS_BEFORE + len(poll.own) + profile, False
    own = {question.name for question in poll.own}
    longest = max(len(own & _asked(poll, answers).keys()) for answers in _combinations(poll, names))
    return HOPS_BEFORE + longest + profile, not any(question.relevant for question in poll.profile)


def _depends_on(poll: Poll, questions: list[Question] | tuple[Question, ...]) -> frozenset[str] | None:
    """The answers that decide whether these are asked, those that decide over these among them; None where not all can
    be enumerated.
    """
    found: set[str] = set()
    waiting = {name for question in questions for name in _names(question.relevant)}
    formulas = [question.relevant for question in questions]
    while waiting:
        name = waiting.pop()
        question = poll.by_name.get(name)
        if question is None or name in found:
            continue
        found.add(name)
        decides = (question.relevant, question.calculation, question.default, question.choice_filter, question.constraint)
        formulas += decides
        waiting |= {more for formula in decides for more in _names(formula)}
    if any(formula and _CLOCK.search(formula.source) for formula in formulas):
        return None
    return frozenset(found) if _enumerable(poll, found) else None


def _names(formula: Expression | None) -> frozenset[str]:
    return formula.names if formula else frozenset()


def _enumerable(poll: Poll, names: set[str]) -> bool:
    questions = [poll.by_name[name] for name in names]
    size = 1
    for question in questions:
        size *= len(question.choices) + 1 if question.type == "select_one" else 1
    return size <= MOST_COMBINATIONS and all(question.type in ("select_one", "calculate", "note") for question in questions)


def _combinations(poll: Poll, names: frozenset[str]) -> Iterator[dict[str, Value]]:
    """Every way in which the select_one questions among `names` can be answered or passed."""
    asked = [poll.by_name[name] for name in sorted(names) if poll.by_name[name].type == "select_one"]
    for values in itertools.product(*((None, *dict.fromkeys(choice.name for choice in one.choices)) for one in asked)):
        yield {question.name: value for question, value in zip(asked, values, strict=True) if value is not None}


def _asked(poll: Poll, answers: Mapping[str, Value]) -> dict[str, bool]:
    """The questions that somebody who would answer so comes to, in order: an answer that is never asked for is not given.

    A profile answer may be known from an earlier poll, and then counts from the beginning.
    """
    given = {question.name: answers[question.name] for question in poll.profile if question.name in answers}
    asked = {}
    for question in (*poll.own, *poll.profile):
        scope = _scope(poll, given)
        if question.relevant is not None and not question.relevant.holds(scope):
            continue
        asked[question.name] = True
        if question.name in answers and _is_open(question, answers[question.name], scope):
            given[question.name] = answers[question.name]
            _prune(poll, given, question.name)
    return asked


def _prune(poll: Poll, given: dict[str, Value], answered: str) -> None:
    """Takes out what the answer just given made irrelevant (rule 7), where a condition looks ahead to it."""
    changed = {answered, *(question.name for question in poll.computed)}
    for question in poll.own:
        if question.name not in given or question.relevant is None or not question.relevant.names & changed:
            continue
        if not question.relevant.holds(_scope(poll, given)):
            del given[question.name]
            changed.add(question.name)


def _scope(poll: Poll, given: Mapping[str, Value]) -> Scope:
    """What conditions see, formulas and defaults computed in the form's order, as on the phone (`asking.scope_of`)."""
    known = dict(given)
    scope = Scope(answers=known)
    for question in poll.computed:
        if question.calculation is not None:
            known[question.name] = question.calculation.value(scope)
        elif question.default is not None and known.get(question.name) is None:
            known[question.name] = question.default.value(scope)
    return scope


def _is_open(question: Question, answer: Value, scope: Scope) -> bool:
    """Whether the answer can be given: it is shown, and allowed."""
    if question.constraint and not question.constraint.holds(scope._replace(here=answer)):
        return False
    rows = ({"name": choice.name, **choice.columns} for choice in question.choices if choice.name == answer)
    return question.choice_filter is None or any(question.choice_filter.holds(scope._replace(row=row)) for row in rows)
