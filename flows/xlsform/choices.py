"""The sheet `choices`: its lists, looked at when a question asks for one."""

import difflib

from flows.poll import Choice, Labels
from flows.reading import number_of_choice
from flows.workbook import Cell, Row
from flows.xlsform.aliases import CHOICES
from flows.xlsform.figures import said as figures_said
from flows.xlsform.findings import Findings
from flows.xlsform.languages import Languages

LONGEST_NAME = 64
KEYS = {0: "goes back", 9: "turns the page"}


class Lists:
    """The choices by the name of their list; each list is made, and checked, once."""

    def __init__(
        self, findings: Findings, languages: Languages, rows: list[Row], external: list[Row], may_repeat: bool
    ) -> None:
        self._findings, self._languages, self._may_repeat = findings, languages, may_repeat
        self._made: dict[str, tuple[Choice, ...]] = {}
        self._rows = self._by_list(external) | self._by_list(rows)

    def _by_list(self, rows: list[Row]) -> dict[str, list[Row]]:
        lists: dict[str, list[Row]] = {}
        for row in rows:
            listed = row.text("list_name")
            if listed and any(cell.text for header, cell in row.cells.items() if header != "list_name"):
                lists.setdefault(listed, []).append(row)
            elif row.text("name") and not listed:
                self._findings.warn(row["list_name"], f"'{row.text('name')}' is in no list: fill in list_name")
        return lists

    def columns(self, listed: str) -> frozenset[str]:
        """The bare names that a choice_filter on this list may use."""
        headers = {header for row in self._rows.get(listed, []) for header in row.cells}
        return frozenset({"name"} | {header for header in headers if _is_own(header)})

    def choices(self, cell: Cell, listed: str, kind: str, is_filtered: bool) -> tuple[Choice, ...]:
        """The list of that name, in its order, as a question of `kind` may use it."""
        if listed not in self._rows:
            close = difflib.get_close_matches(listed, self._rows, n=1)
            hint = f": the closest is '{close[0]}'" if close else ""
            self._findings.error(cell, f"there is no list '{listed}' on the sheet 'choices'{hint}")
            return ()
        if listed not in self._made:
            rows = self._rows[listed]
            labels = self._languages.labels(rows, listed)
            self._made[listed] = tuple(self._choice(row, label) for row, label in zip(rows, labels, strict=True))
        self._check(listed, kind, is_filtered)
        return self._made[listed]

    def cell(self, listed: str, choice: str) -> Cell | None:
        """Where the choice of that name stands; None where a question has it without a list."""
        return next((row["name"] for row in self._rows.get(listed, []) if row.text("name") == choice), None)

    def _choice(self, row: Row, label: Labels) -> Choice:
        synonyms = {
            language: tuple(word.strip() for word in text.split(",") if word.strip())
            for language, text in self._languages.sentence(row, "synonyms").items()
        }
        columns = {header: cell.text for header, cell in row.cells.items() if cell.text and _is_own(header)}
        for cell in [cell for header, cell in row.cells.items() if header.startswith("label") and "${" in cell.text]:
            self._findings.error(cell, "an answer cannot be said again in a choice: put ${name} into the question")
        return Choice(row.text("name"), label, synonyms, columns)

    def _check(self, listed: str, kind: str, is_filtered: bool) -> None:
        """Names that can be told apart; two alike only where a choice_filter shows one of them at a time."""
        seen: set[object] = set()
        for row, choice in zip(self._rows[listed], self._made[listed], strict=True):
            name = choice.name
            place = (name, *sorted(choice.columns.items())) if is_filtered else name
            if not name:
                self._findings.error(
                    row["name"], "this choice has no name: write a short one in the column 'name', such as oui"
                )
            elif len(name) > LONGEST_NAME:
                self._findings.error(row["name"], f"'{name}' is too long for the name of a choice: {LONGEST_NAME} characters")
            elif any(letter.isspace() for letter in name) and kind == "select_multiple":
                self._findings.error(row["name"], f"'{name}' is not one word: select_multiple cannot tell its names apart")
            elif place in seen and not (is_filtered and self._may_repeat):
                hint = "" if is_filtered else " and no choice_filter tells them apart"
                self._findings.error(row["name"], f"the choice '{name}' stands twice in the list '{listed}'{hint}")
            seen.add(place)
        if not is_filtered:
            self._warn_of_numbers(listed)

    def _warn_of_numbers(self, listed: str) -> None:
        """Labels that say the number of another choice, or of a key: `2. 1 à 2`, `3. Deux`. What is typed means the place."""
        wrong: dict[str, list[tuple[Cell, str]]] = {}
        numbers = [number_of_choice(place) for place in range(1, len(self._rows[listed]) + 1)]
        for number, row in zip(numbers, self._rows[listed], strict=True):
            labels = [cell for header, cell in row.cells.items() if header.partition("::")[0] == "label" and cell.text]
            for cell in labels or [row["name"]]:
                if mistaken := _mistaken(cell.text, number, numbers):
                    said = f"is shown as '{number}. {cell.text}', and who types {mistaken}: ask it as an integer"
                    wrong.setdefault(cell.column, []).append((cell, said))
        for column in wrong.values():
            of_all = f"{column[0][1]} (so it is with {len(column)} choices of the list '{listed}')"
            self._findings.warn_of_all(column, of_all)


def _mistaken(label: str, number: int, numbers: list[int]) -> str:
    """A number that somebody who means this label could type, and what else that does; of keys only one that it says itself."""
    figures, covered = figures_said(label)
    other = next((one for one in numbers if one in covered and one != number), None)
    key = next((key for key in KEYS if key in figures), None)
    return f"{other} picks choice {other}" if other is not None else f"{key} {KEYS[key]}" if key is not None else ""


def _is_own(header: str) -> bool:
    """Whether a column is the author's own, for a choice_filter."""
    return header.partition("::")[0] not in CHOICES
