"""The sheet `survey`: its rows, one after the other, as questions; groups lend their conditions to what stands in them."""

import re
from typing import NamedTuple

from flows.expressions import Expression, compile_expression
from flows.poll import PROFILE_NAMES, Choice, Question, QuestionType
from flows.workbook import Cell, Row
from flows.xlsform import aliases, canonical
from flows.xlsform.aliases import Type
from flows.xlsform.choices import Lists
from flows.xlsform.findings import Findings, one_of
from flows.xlsform.formulas import Formulas
from flows.xlsform.languages import Languages

OTHER = "other"
ACKNOWLEDGED = "OK"
"""The value of a ticked `acknowledge` in ODK."""

_NAME = re.compile(r"[^\W\d][\w.-]{0,63}")
_PARAMETER = re.compile(r"(start|end|step)\s*=\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_RANGE = {"start": "1", "end": "10", "step": "1"}
"""What pyxform takes where the column `parameters` is silent."""


class Block(NamedTuple):
    """A group or repeat that is open."""

    kind: str
    cell: Cell
    relevant: Expression | None


class Survey:
    """The questions, and where each name stands: also the names of groups and of what was passed over or refused."""

    def __init__(self, findings: Findings, formulas: Formulas, languages: Languages, lists: Lists, rows: list[Row]) -> None:
        self._findings, self._formulas, self._languages, self._lists = findings, formulas, languages, lists
        self._blocks: list[Block] = []
        self.questions: list[Question] = []
        self.rows: dict[str, Row] = {}
        self.groups: set[str] = set()
        self.metadata: dict[str, Row] = {}
        for row in rows:
            self._read(row)
        for block in self._blocks:
            findings.error(block.cell, f"this {block.kind} is not ended: add a row 'end_{block.kind}'")

    def _read(self, row: Row) -> None:
        written = " ".join(row.text("type").lower().split())
        if self._formulas.flag(row["disabled"]) or "label" in row.text("appearance").split():
            return  # of a table, the row with the appearance 'label' is its head
        if not written and (row.text("name") or row.text("label")):
            self._findings.error(row["type"], "has no type: say what is asked, or empty the row")
        asked = aliases.read_type(row.text("type"))
        if asked.kind.startswith(("begin_", "end_")):
            self._block(row, asked)
        elif asked.wrong:
            self._findings.error(row["type"], asked.wrong)
            self.rows.setdefault(row.text("name"), row)
        elif asked.kind:
            self._ask(row, asked)
        elif written:
            self.metadata.setdefault(row.text("name") or written, row)

    def _block(self, row: Row, asked: Type) -> None:
        """Opens or closes a group; a repeat is refused where it begins."""
        cell, (edge, _, kind) = row["type"], asked.kind.partition("_")
        if edge == "begin":
            if kind == "repeat":
                self._findings.error(cell, asked.wrong)
            self._blocks.append(Block(kind, cell, self._formulas.read(row["relevant"])))
            self.groups.add(row.text("name"))
        elif not self._blocks:
            self._findings.error(cell, f"there is no {kind} to end")
        elif (begun := self._blocks.pop()).kind != kind:
            self._findings.error(cell, f"ends a {kind}, and what stands open is the {begun.kind} of row {begun.cell.row}")

    def _ask(self, row: Row, asked: Type) -> None:
        """The question of one row; with `or_other`, a second one that asks for the words."""
        question = self._question(row, asked)
        self._add(row, question)
        self._advise(row, question)
        if question.profile:
            self._check_profile(row, question, asked.listed)
        if asked.or_other:
            condition = f"selected(${{{question.name}}}, '{OTHER}')"
            if _NAME.fullmatch(question.name):
                words = self._languages.phrase("specify")
                name = f"{question.name}_{OTHER}"
                self._add(row, Question(name, "text", words, relevant=compile_expression(condition)))

    def _add(self, row: Row, question: Question) -> None:
        name = question.name
        if not _NAME.fullmatch(name):
            advice = "begin with a letter, then letters, digits, _ - . and 64 at most"
            self._findings.error(row["name"], f"'{name}' is not a name: {advice}" if name else f"needs a name: {advice}")
        elif name in self.rows:
            also = self.rows[name]
            self._findings.error(row["name"], f"the name '{name}' stands twice: also in row {also.number}")
        self.rows.setdefault(name, row)
        self.questions.append(question)

    def _advise(self, row: Row, question: Question) -> None:
        """What only the answers would tell: a number without limits."""
        if question.type in ("integer", "decimal") and question.constraint is None:
            advice = "to refuse what cannot be, write a constraint, such as . >= 0 and . <= 120"
            self._findings.hint(row["type"], f"'{question.name}' takes any number: {advice}")

    def _question(self, row: Row, asked: Type) -> Question:
        kind = self._kind(row, asked)
        is_asked = kind != "calculate"
        relevant = self._relevant(row)
        return Question(
            name=row.text("name") or (f"note_{row.number}" if kind == "note" else ""),
            type=kind,
            label=self._languages.label(row, "label", "hint") if is_asked else {},
            hint=self._hint(row, asked) if is_asked else {},
            choices=self._choices(row, asked),
            relevant=relevant if is_asked else None,
            constraint=self._constraint(row, asked),
            constraint_message=self._languages.sentence(row, "constraint_message"),
            choice_filter=self._formulas.read(row["choice_filter"], self._lists.columns(asked.listed)),
            default=self._default(row, kind) if is_asked else None,
            calculation=None if is_asked else self._calculation(row, relevant),
            required=self._formulas.flag_or_condition(row["required"], "the question can be skipped"),
            profile=self._formulas.flag(row["profile"]),
        )

    def _kind(self, row: Row, asked: Type) -> QuestionType:
        """What is asked, as a phone asks it: a range is a number, an acknowledgement one choice, what is read only a note."""
        kind = {"range": "integer", "acknowledge": "select_one"}.get(asked.kind, asked.kind)
        if asked.kind == "range" and any("." in limit for limit in _limits(row).values()):
            kind = "decimal"
        if kind in ("text", "integer", "decimal", "date") and asked.kind != "range":
            has_label = self._languages.sentence(row, "label") or self._languages.sentence(row, "hint")
            if row.text("calculation") and not has_label:
                kind = "calculate"
            elif self._formulas.flag_or_condition(row["readonly"], "the question is asked"):
                kind = "note"
        return kind  # type: ignore[return-value]

    def _choices(self, row: Row, asked: Type) -> tuple[Choice, ...]:
        if asked.kind == "acknowledge":
            return (Choice(ACKNOWLEDGED, self._languages.everywhere(ACKNOWLEDGED)),)
        if not asked.kind.startswith("select"):
            return ()
        choices = self._lists.choices(row["type"], asked.listed, asked.kind, bool(row.text("choice_filter")))
        if asked.or_other and all(choice.name != OTHER for choice in choices):
            choices = (*choices, Choice(OTHER, self._languages.phrase(OTHER)))
        return choices

    def _hint(self, row: Row, asked: Type) -> dict[str, str]:
        hint = self._languages.sentence(row, "hint")
        if not self._languages.sentence(row, "label"):
            return {}  # it stands for the label
        if asked.kind == "range" and not hint:
            limits = _limits(row)
            return self._languages.everywhere(f"({limits['start']} - {limits['end']})")
        return hint

    def _relevant(self, row: Row) -> Expression | None:
        """The row's own condition and those of the groups that it stands in."""
        own = self._formulas.read(row["relevant"])
        conditions = [block.relevant for block in self._blocks if block.relevant] + ([own] if own else [])
        return self._formulas.all_of(row["relevant"], conditions)

    def _constraint(self, row: Row, asked: Type) -> Expression | None:
        """The row's constraint, in which its own name is the answer being given; for a range, with its limits."""
        cell, name = row["constraint"], re.escape(row.text("name"))
        own = self._formulas.read(cell)
        if own and row.text("name") in own.names:
            own = self._formulas.derived(cell, re.sub(rf"\$\{{\s*{name}\s*\}}", ".", own.source)) or own
        if asked.kind != "range":
            return own
        limits = _limits(row)
        within = compile_expression(f". >= {limits['start']} and . <= {limits['end']}")
        return self._formulas.all_of(cell, [within, own] if own else [within])

    def _default(self, row: Row, kind: QuestionType) -> Expression | None:
        """What stands for an answer until there is one: the default, or what an asked row computes."""
        if not row.text("calculation"):
            return self._formulas.default(row["default"], kind)
        if kind != "note":
            self._findings.warn(row["calculation"], "this formula stands for the answer until one is given")
        return self._formulas.read(row["calculation"])

    def _calculation(self, row: Row, relevant: Expression | None) -> Expression | None:
        """The formula of a row that nobody sees; empty where it is not relevant, as in ODK."""
        formula = row["calculation"]
        if not formula.text and row.text("default"):
            computed = self._formulas.default(row["default"], "calculate")
        elif formula.text:
            computed = self._formulas.read(formula)
        else:
            self._findings.warn(row["type"], "has no formula in the column 'calculation': its value is empty")
            return compile_expression("''")
        if computed is None or relevant is None:
            return computed
        return self._formulas.derived(formula, f"if({relevant.source}, {computed.source}, '')")

    def _check_profile(self, row: Row, question: Question, listed: str) -> None:
        name = question.name
        if name not in PROFILE_NAMES:
            self._findings.error(row["name"], f"'{name}' is no profile answer{one_of(name, PROFILE_NAMES)}")
        elif question.type != "select_one":
            self._findings.error(row["type"], "a profile question is a select_one: results are broken down by its choices")
        for choice in question.choices:
            if refusal := canonical.refusal(name, choice.name):
                self._findings.error(self._lists.cell(listed, choice.name) or row["type"], refusal)
        if doubt := canonical.doubt(question):
            self._findings.warn(row["type"], doubt)


def _limits(row: Row) -> dict[str, str]:
    """`start`, `end` and `step` of a range."""
    return _RANGE | {name.lower(): limit for name, limit in _PARAMETER.findall(row.text("parameters"))}
