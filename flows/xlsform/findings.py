"""What was found wrong with a form, gathered as it is read."""

import difflib
from collections.abc import Collection, Sequence

from flows.workbook import Cell, Finding


class Findings:
    """Errors, warnings and hints in the order in which they were met, each once."""

    def __init__(self) -> None:
        self._all: dict[Finding, None] = {}

    def error(self, cell: Cell, message: str) -> None:
        """The form cannot be a poll, because of this cell."""
        self._all[Finding("error", cell.sheet, cell.row, cell.column, message)] = None

    def warn(self, cell: Cell, message: str) -> None:
        """Somebody should look at this cell."""
        self._all[Finding("warning", cell.sheet, cell.row, cell.column, message)] = None

    def warn_of_all(self, said: Sequence[tuple[Cell, str]], of_all: str) -> None:
        """What is said of each of these cells of a column; where there are several, `of_all` in one line."""
        (first, message), (last, _) = said[0], said[-1]
        if len(said) == 1:
            self.warn(first, message)
        else:
            self._all[Finding("warning", first.sheet, first.row, first.column, of_all, f"{last.column}{last.row}")] = None

    def hint(self, cell: Cell, message: str) -> None:
        """It is well as it is, and could be better here."""
        self._all[Finding("hint", cell.sheet, cell.row, cell.column, message)] = None

    @property
    def all(self) -> tuple[Finding, ...]:
        return tuple(self._all)

    @property
    def has_errors(self) -> bool:
        return any(finding.severity == "error" for finding in self._all)


def one_of(written: str, known: Collection[str]) -> str:
    """What may be written in place of an unknown word, as the end of a sentence: the closest, and all that there are."""
    close = difflib.get_close_matches(written.lower(), known, n=1)
    meant = f"is it '{close[0]}'? There are" if close else "there are"
    return f": {meant} {', '.join(sorted(known))}"
