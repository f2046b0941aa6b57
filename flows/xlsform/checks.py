"""What is said of a form as a whole: that names exist, that no formula runs in a circle, in which order they are computed."""

import difflib
import re
from collections.abc import Iterator

from flows.expressions import LAST_SAVED, compile_expression
from flows.poll import Question
from flows.workbook import Cell
from flows.xlsform import aliases
from flows.xlsform.findings import Findings
from flows.xlsform.formulas import Formulas
from flows.xlsform.survey import Survey

_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_SAID = ("label", "hint", "constraint_message")


def whole(findings: Findings, formulas: Formulas, survey: Survey) -> list[Question]:
    """The questions of a form whose parts fit together, in the order in which they are asked and computed."""
    _check_references(findings, formulas, survey)
    questions = [*_metadata(findings, formulas, survey), *survey.questions]
    _check_order(findings, survey, questions)
    if not any(question.type != "calculate" for question in questions):
        findings.error(Cell("survey", 2, "A", ""), "there is no question")
    return _in_order(findings, survey, questions)


def _said(survey: Survey) -> Iterator[tuple[Cell, str]]:
    """The answers that are said again in a label, a hint or a message."""
    for row in survey.rows.values():
        for header, cell in row.cells.items():
            if header.partition("::")[0] in _SAID and "${" in cell.text:
                yield from ((cell, name) for name in _REFERENCE.findall(cell.text))


def _check_references(findings: Findings, formulas: Formulas, survey: Survey) -> None:
    known = {name for name in (*survey.rows, *survey.metadata, *(one.name for one in survey.questions)) if name}
    for cell, name in (*formulas.references, *_said(survey)):
        if name in known:
            continue
        if name in survey.groups:
            findings.error(cell, f"refers to ${{{name}}}, which is a group: refer to one of its questions")
            continue
        if name.startswith("last-saved#"):
            findings.error(cell, f"“${{{name}}}” is not known: {LAST_SAVED}")
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = f": the closest is ${{{close[0]}}}" if close else ""
        findings.error(cell, f"refers to ${{{name}}}, and there is no such question{hint}")


def _metadata(findings: Findings, formulas: Formulas, survey: Survey) -> Iterator[Question]:
    """What a form gathers by itself, where something refers to it: the day is known here too, nothing else is."""
    names = {name for _, name in (*formulas.references, *_said(survey))}
    for name, row in survey.metadata.items():
        if name not in names or name in survey.rows:
            continue
        if " ".join(row.text("type").lower().split()) in aliases.DAYS:
            yield Question(name, "calculate", {}, calculation=compile_expression("today()"))
        else:
            findings.warn(row["type"], f"'{name}' is not known on a basic phone: it counts as empty")
            yield Question(name, "calculate", {}, calculation=compile_expression("''"))


def _check_order(findings: Findings, survey: Survey, questions: list[Question]) -> None:
    """A condition on what is asked later is false when its question's turn comes."""
    places = {question.name: place for place, question in enumerate(questions) if question.type not in ("calculate", "note")}
    for place, question in enumerate(questions):
        if question.relevant is None or question.name not in survey.rows:
            continue
        cell = survey.rows[question.name]["relevant"]
        for name in sorted(question.relevant.names):
            if name == question.name:
                findings.error(cell, f"'{name}' would be asked only once it is answered")
            elif places.get(name, 0) > place:
                findings.warn(cell, f"depends on '{name}', which is asked later: it is not answered yet")


def _in_order(findings: Findings, survey: Survey, questions: list[Question]) -> list[Question]:
    """The questions as they stand, each formula moved before the first that needs it; a circle is an error."""
    by_name = {question.name: question for question in questions}
    ordered: dict[str, Question] = {}
    done: set[str] = set()
    for question in questions:
        under_way = {question.name: iter(_needs(question))}
        while under_way:
            name = next(reversed(under_way))
            needed = next(under_way[name], None)
            if needed is None:
                del under_way[name]
                done.add(name)
                if by_name[name].type == "calculate":
                    ordered.setdefault(name, by_name[name])
            elif needed in under_way:
                _error_of_circle(findings, survey, [*under_way][[*under_way].index(needed) :])
            elif needed in by_name and needed not in done:
                under_way[needed] = iter(_needs(by_name[needed]))
        ordered.setdefault(question.name, question)
    return list(ordered.values())


def _needs(question: Question) -> list[str]:
    """The answers that its value is computed from."""
    formula = question.calculation or question.default
    return sorted(formula.names) if formula else []


def _error_of_circle(findings: Findings, survey: Survey, names: list[str]) -> None:
    for name in names:
        if row := survey.rows.get(name):
            cell = row["calculation"] if row.text("calculation") else row["default"]
            findings.error(cell, f"is computed in a circle: {' → '.join([*names, names[0]])}")
