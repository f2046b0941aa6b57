"""The sheet `settings`: the poll's name, when it is open, how it is dialled, and what its figures are broken down by."""

import re

from flows.dialog import MAX_MEMBERS
from flows.distress import is_heard
from flows.poll import MAX_STRATA, STRATUM_NAMES, Question, moment
from flows.spelling import normalise
from flows.texting import COMMANDS
from flows.workbook import Cell, Row
from flows.xlsform.findings import Findings, one_of
from flows.xlsform.formulas import Formulas

MAX_GRAIN = 2
LONGEST_SLUG = 64


class Settings:
    """Reads the one row of the sheet."""

    def __init__(self, findings: Findings, formulas: Formulas, row: Row, stem: str) -> None:
        self._findings, self._formulas, self._row, self._stem = findings, formulas, row, stem

    def slug(self) -> str:
        """`form_id`, as letters that stand in an address; else the name of the file."""
        cell = self._row["form_id"]
        slug = _sluggish(cell.text) or _sluggish(self._stem) or "poll"
        if not cell.text:
            self._findings.warn(cell, f"there is no form_id: the poll will be called '{slug}', after its file")
        elif slug != cell.text:
            self._findings.warn(cell, f"form_id is the poll's slug, letters, digits, - and _: it will be '{slug}'")
        return slug

    def dial(self) -> str:
        cell = self._row["dial"]
        if cell.text and not (cell.text.isascii() and cell.text.isdigit()):
            self._findings.error(cell, "dial is digits: what is dialled after the service code")
        elif cell.text.startswith("0"):
            self._findings.error(cell, "dial does not begin with 0: *384*36*02# asks for the second language")
        return cell.text

    def keyword(self, distress: tuple[str, ...]) -> str:
        """The word that begins the poll by SMS; it must be no answer, no command, and no call for help, also of `distress`."""
        cell = self._row["keyword"]
        word = normalise(cell.text)
        if word in COMMANDS or word in ("oui", "yes", "non", "no"):
            self._findings.error(cell, f"'{cell.text}' means something to everybody who sends it: take another keyword")
        elif is_heard(word, distress):
            self._findings.error(cell, f"'{cell.text}' is heard as a call for help, which staff read: take another keyword")
        elif cell.text and (" " in word or not any(map(str.isalpha, word))):
            self._findings.error(cell, "keyword is one word with a letter in it: digits alone are answers")
        return cell.text.upper()

    def opening(self) -> tuple[str, str]:
        """`opens` and `closes`."""
        opens, closes = self._moment("opens"), self._moment("closes")
        if opens and closes and moment(closes, end_of_day=True) <= moment(opens):
            self._findings.error(self._row["closes"], f"closes before it opens ({opens}): nobody could answer")
        return opens, closes

    def _moment(self, header: str) -> str:
        """A date or a time, in ISO form; empty where it is none."""
        cell = self._row[header]
        try:
            if cell.text:
                moment(cell.text)
        except ValueError:
            self._findings.error(cell, f"'{cell.text}' is no date: write it as 2026-12-31")
            return ""
        return cell.text

    def radio(self, questions: list[Question], discreet: bool) -> bool:
        cell = self._row["radio"]
        radio = self._formulas.flag(cell)
        first = next((question for question in questions if question.type != "calculate"), None)
        if radio and (first is None or first.type != "select_one" or first.relevant or first.choice_filter):
            self._findings.error(
                cell, "a radio poll begins with a select_one that is asked of everybody, all its choices shown"
            )
        if radio and not self._row.text("dial"):
            self._findings.warn(cell, "a vote is dialled behind the poll's dial, and it has none: nobody can vote so")
        if radio and discreet:
            self._findings.warn(
                cell, f"in a discreet poll one phone may vote up to {MAX_MEMBERS} times: no screen may tell that it voted"
            )
        return radio

    def strata(self, questions: list[Question]) -> tuple[str, ...]:
        cell = self._row["strata"]
        strata = _names(cell)
        asked = {question.name for question in questions if question.profile} | {"country", "language", "channel"}
        for name in strata:
            if name not in STRATUM_NAMES:
                self._findings.error(cell, f"'{name}' is no stratum{one_of(name, STRATUM_NAMES)}")
            elif name not in asked:
                self._findings.warn(cell, f"no profile question of this poll asks '{name}'")
        if len(strata) > MAX_STRATA:
            self._findings.error(cell, f"at most {MAX_STRATA} strata a poll")
        return strata

    def grain(self, strata: tuple[str, ...]) -> tuple[str, ...]:
        cell = self._row["grain"]
        grain = _names(cell)
        if len(grain) > MAX_GRAIN or not set(grain) <= set(strata):
            self._findings.error(cell, f"grain is one or two of the strata: {', '.join(strata) or 'there are none'}")
        return grain


def _sluggish(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:LONGEST_SLUG]


def _names(cell: Cell) -> tuple[str, ...]:
    return tuple(cell.text.replace(",", " ").split())
