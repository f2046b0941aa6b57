"""What can be reached: the hops of the longest path, the questions that nobody can come to, and those left without choices.

By enumerating the select_one answers that conditions depend on; where they depend on more, nothing is claimed.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from flows import asking
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
        if question.relevant is None and question.choice_filter is None:
            continue
        names = _depends_on(poll, _conditions(question))
        if names is None:
            unproved.append(question)
        elif not any(question.name in _asked(poll, answers) for answers in _combinations(poll, names)):
            proved.append(question)
    return proved, unproved


def longest_path(poll: Poll) -> tuple[int, bool]:
    """(hops from the dial to the last answer, whether that is exact: else it is at most that many).

    Whether messages may come is asked once behind it, when all is counted: a call that is cut there has lost nothing.
    """
    names = _depends_on(poll, [condition for question in poll.own for condition in _conditions(question)])
    profile = min(PROFILE_HOPS, len(poll.profile))
    if names is None:
        return HOPS_BEFORE + len(poll.own) + profile, False
    own = {question.name for question in poll.own}
    longest = max(len(own & _asked(poll, answers)) for answers in _combinations(poll, names))
    return HOPS_BEFORE + longest + profile, not any(question.relevant for question in poll.profile)


def without_choices(poll: Poll) -> list[tuple[Question, list[dict[str, Value]]]]:
    """The questions whose filter leaves no choice to some who come to them and answered all that it asks for; with those
    answers, in the form's order. Nothing is said of what cannot be enumerated.
    """
    questions = [question for question in (*poll.own, *poll.profile) if question.choice_filter]
    return [(question, empty) for question in questions if (empty := _empty(poll, question))]


def _empty(poll: Poll, question: Question) -> list[dict[str, Value]]:
    """The answers that decide over its filter, where they leave no choice."""
    deciding, names = _depends_on(poll, [question.choice_filter]), _depends_on(poll, _conditions(question))
    if deciding is None or names is None:
        return []
    needed = {name for name in _names(question.choice_filter) & names if poll.by_name[name].is_choice}
    empty: dict[tuple[tuple[str, Value], ...], None] = {}
    for answers in _combinations(poll, names):
        for asked, given, has_choice in _walk(poll, answers):
            if asked is question and not has_choice and needed <= given.keys():
                names_given = [one.name for one in poll.questions if one.name in deciding & given.keys()]
                empty[tuple((name, given[name]) for name in names_given)] = None
    return [dict(one) for one in empty if one]


def _conditions(question: Question) -> tuple[Expression | None, ...]:
    """What decides whether it is asked: also its filter, as a question without choices is passed over."""
    return question.relevant, question.choice_filter


def _depends_on(poll: Poll, conditions: Iterable[Expression | None]) -> frozenset[str] | None:
    """The answers that decide over these conditions, those that decide over these among them; None where not all can be
    enumerated.
    """
    found: set[str] = set()
    formulas = list(conditions)
    waiting = {name for formula in formulas for name in _names(formula)}
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


def _asked(poll: Poll, answers: Mapping[str, Value]) -> set[str]:
    """The questions that somebody who would answer so is asked."""
    return {question.name for question, _, has_choice in _walk(poll, answers) if has_choice}


def _walk(poll: Poll, answers: Mapping[str, Value]) -> Iterator[tuple[Question, Mapping[str, Value], bool]]:
    """The questions that somebody who would answer so comes to, in order, with what they gave before it, and whether there is
    anything to choose: else it is passed over. An answer that is never asked for is not given.

    A profile answer may be known from an earlier poll, and then counts from the beginning.
    """
    given = {question.name: answers[question.name] for question in poll.profile if question.name in answers}
    for question in (*poll.own, *poll.profile):
        scope = _scope(poll, given)
        if question.relevant is not None and not question.relevant.holds(scope):
            continue
        has_choice = _has_choice(question, scope)
        yield question, given, has_choice
        if has_choice and question.name in answers and _is_open(question, answers[question.name], scope):
            given[question.name] = answers[question.name]
            _prune(poll, given, question.name)


def _has_choice(question: Question, scope: Scope) -> bool:
    """Whether its filter leaves one; noted with the question, so that a long list is gone through once for the same answers."""
    if question.choice_filter is None:
        return True
    noted: dict[object, bool] = question.__dict__.setdefault("has_choice", {})
    answers = tuple(scope.answers.get(name) for name in sorted(question.choice_filter.names))
    if answers not in noted:
        noted[answers] = any(asking.are_shown(question, scope))
    return noted[answers]


def _prune(poll: Poll, given: dict[str, Value], answered: str) -> None:
    """Takes out what the answer just given made irrelevant (rule 7), where a condition looks ahead to it."""
    changed = {answered, *(question.name for question in poll.computed)}
    for question in poll.own:
        if question.name not in given or not changed & (_names(question.relevant) | _names(question.choice_filter)):
            continue
        if not asking.stands(question, given[question.name], _scope(poll, given)):
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
    return any(asking.is_shown(question, choice, scope) for choice in question.choices if choice.name == answer)
