"""What a person reads whose answer could not be read as the number that was asked for."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.engine import advance
from flows.scene import Turn
from tests import forms


@pytest.mark.parametrize(
    ("kind", "typed", "hint"),
    [
        ("integer", "beaucoup", "Un nombre en chiffres."),
        ("integer", "2 heures", "Un nombre sans autre mot: 30"),
        ("integer", "2h", "Un nombre sans autre mot: 30"),
        ("integer", "2,500", "Un seul nombre, sans point ni virgule: 1000"),
        ("integer", "2,5", "Un seul nombre, sans point ni virgule: 1000"),
        ("integer", "0 20", "Un seul nombre, sans point ni virgule: 1000"),
        ("integer", "20 30", "Un seul nombre, sans point ni virgule: 1000"),
        ("integer", "2,500 mn", "Un seul nombre, sans point ni virgule: 1000"),
        ("decimal", "2,500", "Un seul nombre: 1000 ou 2,5"),  # `2,5` is a number there
    ],
)
def test_what_keeps_it_from_being_one_number_is_said(kind: str, typed: str, hint: str) -> None:
    poll = forms.read([[kind, "a", "Combien de minutes?"]]).poll
    assert poll is not None
    catalogue, dialog, person = Catalogue("1", (poll,), (poll,)), None, Person()
    for key in (None, "1", typed):
        step = advance(dialog, person, catalogue, Turn(key, 1.8e9, 7))
        dialog, person = step.dialog, step.person
    assert step.page.text.startswith(f"{hint}\nCombien de minutes?")
