"""Polls for the tests, written as workbooks and read as any other: what staff would do in a spreadsheet."""

import functools
import tempfile
from pathlib import Path

import openpyxl

from flows import xlsform
from flows.poll import Poll

YES_NO = [["yn", "oui", "Oui", "Yes"], ["yn", "non", "Non", "No"]]
SURVEY = [
    "type",
    "name",
    "label::Français (fr)",
    "label::English (en)",
    "required",
    "relevant",
    "constraint",
    "choice_filter",
    "calculation",
    "profile",
    "default",
]
CHOICES = ["list_name", "name", "label::Français (fr)", "label::English (en)", "cercle"]


def workbook(survey: list[list[str]], choices: list[list[str]], path: Path, **settings: str) -> Path:
    """Writes an XLSForm; rows may be shorter than the headers."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, header, rows in (("survey", SURVEY, survey), ("choices", CHOICES, choices)):
        sheet = book.create_sheet(name)
        for row in ([*header], *rows):
            sheet.append(row)
    sheet = book.create_sheet("settings")
    sheet.append([*settings])
    sheet.append([*settings.values()])
    book.save(path)
    return path


def poll(survey: list[list[str]], choices: list[list[str]], **settings: str) -> Poll:
    """The poll in such a workbook; it must be without errors."""
    with tempfile.TemporaryDirectory() as folder:
        read = xlsform.read(workbook(survey, choices, Path(folder) / "poll.xlsx", **settings))
    assert read.poll is not None, "\n".join(map(str, read.findings))
    return read.poll


@functools.cache
def radio() -> Poll:
    """A question that the radio reads, answered by dialling."""
    survey = [
        ["select_one v", "voix", "Un guichet dans chaque cercle?", "A help desk in each cercle?", "yes"],
        ["integer", "age", "Quel âge avez-vous?", "How old are you?"],
    ]
    choices = [
        ["v", "oui", "D'accord", "Agree"],
        ["v", "non", "Pas d'accord", "Disagree"],
        ["v", "nsp", "Je ne sais pas", "I don't know"],
    ]
    return poll(survey, choices, form_id="guichet", form_title="Le guichet", dial="3", radio="yes")


@functools.cache
def discreet() -> Poll:
    """A question that nobody in the house must know was answered."""
    survey = [
        ["select_one yn", "route", "Pensez-vous à partir?", "Do you think of leaving?", "yes"],
        ["select_one yn", "peur", "Avez-vous peur de dire non?", "Are you afraid to say no?", "yes"],
        ["text", "mot", "Un mot de plus?", "One more word?"],
    ]
    return poll(survey, YES_NO, form_id="discret", form_title="Entre nous", dial="4", discreet="yes")


@functools.cache
def every_type() -> Poll:
    """Every type of question, a group, a formula, a default, a cascade, and an answer said again in a label."""
    survey = [
        ["note", "mot", "Quelques questions sur votre projet.", "A few questions on your project."],
        ["select_one cercle", "lieu", "Quel cercle?", "Which cercle?", "yes"],
        ["select_one commune", "village", "Quelle commune?", "Which commune?", "yes", "", "", "cercle = ${lieu}"],
        ["begin_group", "projet", "Projet", "Project", "", "${village} != ''"],
        ["select_one projet or_other", "quoi", "Quel projet à ${village}?", "Which project in ${village}?", "yes"],
        ["decimal", "somme", "Combien, en millions?", "How much, in millions?", "yes", "", ". > 0"],
        ["date", "quand", "Depuis quand?", "Since when?", "yes", "", ". <= today()"],
        ["integer", "parts", "Combien de personnes?", "How many people?", "", "", "", "", "", "", "1"],
        ["end_group"],
        ["calculate", "part", "", "", "", "", "", "", "round(${somme} div ${parts}, 1)"],
        ["note", "merci", "Cela fait ${part} millions par personne.", "That makes ${part} millions a person."],
    ]
    choices = [
        ["cercle", "kayes", "Kayes", "Kayes"],
        ["cercle", "kita", "Kita", "Kita"],
        *(["commune", f"ka{n}", f"Kayes {n}", f"Kayes {n}", "kayes"] for n in range(1, 13)),
        *(["commune", f"ki{n}", f"Kita {n}", f"Kita {n}", "kita"] for n in range(1, 34)),
        ["projet", "puits", "Un puits", "A well"],
        ["projet", "ecole", "Une école", "A school"],
    ]
    return poll(survey, choices, form_id="projet", form_title="Votre projet", dial="5", keyword="PROJET")


@functools.cache
def wells() -> Poll:
    """Labels that begin with articles, several choices, and a date whose label says how to write it; no hint of its own."""
    survey = [
        ["select_multiple mal", "mal", "Qu'est-ce qui ne va pas au puits?", "What is wrong with the well?", "yes"],
        ["date", "jour", "Depuis quel jour (jour/mois/année)?", "Since which day (day/month/year)?", "yes"],
        ["date", "fin", "Et avant?", "And before?"],
        ["select_one cote", "cote", "De quel côté du village?", "On which side of the village?", "yes"],
        ["select_one yn", "aide", "Êtes-vous prêts à aider?", "Are you ready to help?", "yes"],
    ]
    choices = [
        ["mal", "panne", "Une panne", "A breakdown"],
        ["mal", "sale", "De l'eau sale", "Dirty water"],
        ["mal", "loin", "C'est trop loin", "It is too far"],
        ["cote", "nord", "Au nord", "In the north"],
        ["cote", "sud", "Au sud", "In the south"],
        ["yn", "oui", "Oui tout de suite", "Yes, at once"],
        ["yn", "non", "Non pas encore", "No, not yet"],
    ]
    return poll(survey, choices, form_id="mal", form_title="Le puits", dial="8")


def dated(slug: str, dial: str, **days: str) -> Poll:
    """One question, of certain days."""
    survey = [["select_one yn", "eau", "De l'eau?", "Water?", "yes"]]
    return poll(survey, YES_NO, form_id=slug, form_title="Le puits", dial=dial, keyword=slug, **days)


@functools.cache
def coming() -> Poll:
    """Not open yet."""
    return dated("puits", "6", opens="2099-12-01")


@functools.cache
def over() -> Poll:
    """No longer open."""
    return dated("ancien", "7", closes="2020-12-31")


BY_NAME = {"radio": radio, "discreet": discreet, "every_type": every_type, "wells": wells, "coming": coming, "over": over}
