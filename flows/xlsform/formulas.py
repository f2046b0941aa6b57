"""The cells that hold a formula, a condition, or yes or no: compiled, or an error that names the cell and the character."""

import re

from flows.expressions import Expression, compile_expression
from flows.workbook import Cell
from flows.xlsform.findings import Findings
from flows.xpath.values import NUMBER, ExpressionError

YES = {"yes", "true", "true()", "1", "oui", "vrai", "x"}
NO = {"", "no", "false", "false()", "0", "non", "faux"}
_TRUE, _FALSE = ("yes", "true", "vrai"), ("no", "false", "faux")
_CALL = re.compile(r"[a-z][a-z0-9:-]*\(")


class Formulas:
    """Reads formulas, and remembers which questions each refers to and where."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.references: list[tuple[Cell, str]] = []

    def read(self, cell: Cell, columns: frozenset[str] = frozenset()) -> Expression | None:
        """The formula of a cell; `columns` are the bare names that it may use."""
        if not cell.text:
            return None
        folded = cell.text.lower()
        source = {**dict.fromkeys(_TRUE, "true()"), **dict.fromkeys(_FALSE, "false()")}.get(folded, cell.text)
        try:
            compiled = compile_expression(source)
        except ExpressionError as why:
            self._findings.error(cell, str(why))
            return None
        for unknown in sorted(compiled.columns - columns):
            self._findings.error(
                cell, f"'{unknown}' is neither an answer (write ${{{unknown}}}) nor a word (write '{unknown}')"
            )
        self.references += [(cell, name) for name in sorted(compiled.names)]
        return compiled

    def all_of(self, cell: Cell, conditions: list[Expression]) -> Expression | None:
        """A condition that holds where all of these do: a row's own, and those of its groups."""
        sources = [condition.source for condition in conditions]
        return self.derived(cell, " and ".join(f"({source})" for source in sources) if len(sources) > 1 else "".join(sources))

    def derived(self, cell: Cell, source: str) -> Expression | None:
        """A formula made of others that were read already."""
        try:
            return compile_expression(source) if source else None
        except ExpressionError as why:
            self._findings.error(cell, f"with the conditions of its groups: {why}")
            return None

    def default(self, cell: Cell, kind: str) -> Expression | None:
        """What stands for an answer: a formula where it looks like one, a number for numbers, else the words themselves."""
        if "${" in cell.text or _CALL.match(cell.text):
            return self.read(cell)
        if not cell.text or (kind in ("integer", "decimal") and NUMBER.fullmatch(cell.text)):
            return self.read(cell)
        return self.derived(cell, quoted(cell.text))

    def flag(self, cell: Cell) -> bool:
        """Yes or no; an error where it is neither."""
        if (said := _word(cell)) not in YES | NO:
            self._findings.error(cell, f"'{cell.text}' is neither yes nor no")
        return said in YES

    def flag_or_condition(self, cell: Cell, otherwise: str) -> bool:
        """Yes or no; a condition is read, and counts as no, with a warning that says what happens."""
        if (said := _word(cell)) in YES | NO:
            return said in YES
        if self.read(cell):
            self._findings.warn(cell, f"a condition here is not followed: {otherwise}")
        return False


def _word(cell: Cell) -> str:
    """What the cell says in small letters, without the quotes that some write around a yes."""
    return cell.text.lower().strip("'\"’‘“”«» ")


def quoted(text: str) -> str:
    """The text as a literal; one that holds both quotes in parts."""
    if "'" not in text or '"' not in text:
        return f"'{text}'" if "'" not in text else f'"{text}"'
    return "concat(" + ", ".join(f"'{part}'" if part != "'" else f'"{part}"' for part in re.split("(')", text)) + ")"
