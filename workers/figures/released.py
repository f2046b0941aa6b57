"""The figures of a release, as in the contract: what the masks of disclosure.py let through, and nothing beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from flows.poll import Poll, Question
from workers.figures import results
from workers.figures.additive import Round, figures
from workers.figures.grain import Grain, Key, Names
from workers.figures.tables import Table, Values, released

Figure = int | None
"""None where it is hidden."""


class Made(NamedTuple):
    """A table of the release: as it stands, by what it is shown, as the rules let it be, and the numbers behind it."""

    table: Table
    level: Names
    round: Round
    values: Values


class Making(NamedTuple):
    """All that a release is made of."""

    poll: Poll
    grain: Grain
    level: Names
    tables: Mapping[str, Made]


def content(making: Making) -> dict[str, Any]:
    """The release in the contract's shape, but for when it is from."""
    return {
        "poll": making.poll.slug,
        "version": results.all_versions(making.poll),
        **_told({"respondents": _row(making, "respondents", making.grain.everybody)[0]}),
        "questions": [_question(making, question) for question in making.poll.questions if released(question)],
    }


def breakdowns(level: Names) -> list[Names]:
    """The break-downs of a level: by each of its strata, and by their cross."""
    ways = product(*(("", name) if name else ("",) for name in level))
    return sorted((way for way in ways if any(way)), key=lambda way: sum(map(bool, way)))


def _question(making: Making, question: Question) -> dict[str, Any]:
    answers, skipped = _of(making, question, making.grain.everybody)
    shown: dict[str, Any] = {
        "name": question.name,
        "label": making.poll.text(question.label, making.poll.default_language),
        "type": question.type,
        "profile": question.profile,
        "answered": answers[0],
        "skipped": skipped,
    }
    if question.is_choice:
        shown["choices"] = [
            {
                "name": choice.name,
                "label": making.poll.text(choice.label, making.poll.default_language),
                **_told(_share(count, answers[0])),
            }
            for choice, count in zip(question.choices, _choices(question, answers), strict=True)
        ]
    if question.type in ("integer", "decimal"):
        shown |= _middle(making.tables[f"{question.name}/answers"], answers[0])
    if any(making.level) and not question.profile:
        shown["by"] = {
            ",".join(filter(None, names)): list(_rows(making, question, names)) for names in breakdowns(making.level)
        }
    return _told(shown)


def _rows(making: Making, question: Question, names: Names) -> Iterator[dict[str, Any]]:
    """The groups of a break-down. One that nobody could know of is not named before it shows a figure: its name is one."""
    for key in making.grain.keys(names):
        answers, skipped = _of(making, question, key)
        shown: dict[str, Any] = {"value": _value(key), "answered": answers[0], "skipped": skipped}
        if question.is_choice:
            shown["choices"] = dict(zip((one.name for one in question.choices), _choices(question, answers), strict=True))
        if skipped is not None or any(count is not None for count in answers) or _is_offered(making, key):
            yield _told(shown)


def _of(making: Making, question: Question, key: Key) -> tuple[list[Figure], Figure]:
    """What is shown of a question in a row: those who answered and each category, and those who skipped."""
    return _row(making, f"{question.name}/answers", key), _row(making, f"{question.name}/skipped", key)[0]


def _row(making: Making, table: str, key: Key) -> list[Figure]:
    made, number = making.tables[table], making.grain.rows[key]
    people = figures(making.grain.members[[number]], made.table.shape, made.round.counts)[0].tolist()
    return [count if shown else None for count, shown in zip(people, made.round.shown[number], strict=True)]


def _choices(question: Question, row: list[Figure]) -> list[Figure]:
    """The figure of each choice; where there is but one, everybody gave the same answer."""
    if len(question.choices) == 1:
        return [None]
    return row[1::2] if question.type == "select_multiple" else row[1:]


def _share(count: Figure, answered: Figure) -> dict[str, Any]:
    if count is None or answered is None:
        return {"count": None, "share": None, "low": None, "high": None}
    return results.share(count, answered)


def _middle(made: Made, answered: Figure) -> dict[str, Any]:
    """Mean and median of everybody, where not all gave the same, nor all who came since the last making."""
    total = _sum(made.values)
    earlier = [_sum(values) for values in made.table.earlier_values if values != made.values]
    since = [{number for number in {*total, *before} if total[number] != before[number]} for before in earlier]
    if answered is None or len(total) < 2 or any(len(changed) == 1 for changed in since):
        return {"mean": None, "median": None}
    return results.middle({float(number): count for number, count in total.items()})


def _sum(values: Values) -> Counter[str]:
    total: Counter[str] = Counter()
    for cell in values:
        total.update(cell)
    return total


def _value(key: Key) -> str | list[str]:
    values = [part[1] for part in key if part]
    return values if len(values) > 1 else values[0]


def _is_offered(making: Making, key: Key) -> bool:
    """Whether the poll itself offers the group, so that naming it tells nothing."""
    return all(part is None or part[1] in _offered(making, axis, part[0]) for axis, part in enumerate(key))


def _offered(making: Making, axis: int, name: str) -> set[str]:
    steps = making.grain.axes[axis]
    question = making.poll.by_name.get(steps[0].name)
    step = next(step for step in steps if step.name == name)
    return {"", *(step.values[choice.name] for choice in (question.choices if question else ()))}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """The row, with `suppressed` where one of its own figures is hidden."""
    choices = row.get("choices")
    own = [*row.values(), *(choices.values() if isinstance(choices, dict) else ())]
    return {**row, "suppressed": True} if None in own else row
