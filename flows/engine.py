"""advance(): the one function that moves a dialog on. Pure, and it never fails on any input.

At worst it shows the same screen again with a hint.
"""

from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from flows import screen as screens
from flows import unfinished
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.events import Event
from flows.menus import (
    discretion,
    farewell,
    home,
    language,
    messages,
    opening,
    pause,
    poll,
    profile,
    radio,
    reference,
    results,
    returning,
    settings,
    sharing,
    welcome,
)
from flows.poll import FREE_TYPES, Poll
from flows.scene import Scene, Turn, letters
from flows.screen import Page, Screen


class Menu(Protocol):
    """One thing that people can do: a module of `flows/menus/`."""

    def show(self, scene: Scene) -> Screen:
        """What stands there now."""

    def read(self, scene: Scene, typed: str) -> Scene:
        """What came of what was typed."""

    def back(self, scene: Scene) -> Scene:
        """What `0` does on the first page, where it is no choice of the screen."""


MENUS: dict[str, Menu] = {
    "welcome": welcome,
    "language": language,
    "opening": opening,
    "sharing": sharing,
    "returning": returning,
    "poll": poll,
    "profile": profile,
    "pause": pause,
    "messages": messages,
    "home": home,
    "settings": settings,
    "reference": reference,
    "results": results,
    "discretion": discretion,
    "radio": radio,
    "farewell": farewell,
}

LONGEST_INPUT = 1000
"""Characters of one reply that are looked at; a USSD reply has at most 182."""


class Step(Struct, frozen=True):
    """What came of one turn: the new state, the page to show, and what must be kept."""

    dialog: Dialog
    person: Person
    page: Page
    events: tuple[Event, ...]


def advance(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn) -> Step:
    """Moves the dialog on by one turn.

    Args:
        dialog: where the session stands; None when it begins.
        person: what is known of the phone; `Person()` when nothing is.
        catalogue: what can be talked about now.
        turn: what was typed, and the clock, seed and page budget of this turn.

    Returns:
        The new dialog and person, the page to show, and the events that must be durable before it is shown.
    """
    catalogue = catalogue.at(turn.now)
    scene = Scene(dialog or Dialog(), person, catalogue, turn)
    try:
        if dialog is None or turn.typed is None:
            scene = begin(scene)
        elif not turn.looks:
            scene = home.after_poll(_read(scene, turn.typed[:LONGEST_INPUT]))
        page = _show(scene)
    except LookupError:  # the poll, or a question of it, left the catalogue under an open dialog
        scene = begin(Scene(Dialog(), person, catalogue, replace(turn, dialled=())))
        page = _show(scene)
    return Step(scene.dialog, scene.person, page, scene.events)


def begin(scene: Scene) -> Scene:
    """The welcome page of the poll that was dialled, else of the one that this phone has most reason to answer."""
    catalogue = scene.catalogue
    language, dialled = _dialled_language(scene)
    chosen = catalogue.dialled(dialled[0]) if dialled else None
    if chosen and chosen.opens_at > scene.turn.now:
        return opening.enter(scene, chosen, language)
    if not catalogue.open:
        return farewell.enter(scene, "no_poll")
    scene = welcome.enter(scene, chosen or _most_reason(scene), language)
    if not dialled or (chosen and len(dialled) == 1):
        return scene
    vote = radio.enter(scene, dialled[1]) if chosen and len(dialled) == 2 else None
    return vote or scene.again(scene.say("unknown_choice" if chosen else "unknown_code"))


def _most_reason(scene: Scene) -> Poll:
    """The open poll that was cut off last and can be resumed with `2`; else the newest that this phone has not finished."""
    cut_off = unfinished.resumable(scene)
    polls = scene.catalogue.open
    first = [poll for poll in polls if cut_off and poll.slug == cut_off[0].slug]
    return (*first, *home.due(scene.person, polls), polls[0])[0]


def _dialled_language(scene: Scene) -> tuple[str, tuple[str, ...]]:
    """`*384*36*02#`, `*384*36*02*1#`: a part that begins with 0 is the place of a language, for posters and radio."""
    dialled, languages = scene.turn.dialled, scene.phrases.languages
    place = dialled[0] if dialled else ""
    if place.startswith("0") and place.isascii() and place.isdigit() and 0 < int(place[:3]) <= len(languages):
        return languages[int(place[:3]) - 1], dialled[1:]
    return "", dialled


def _read(scene: Scene, typed: str) -> Scene:
    """Takes the keys that mean the same everywhere, and leaves the rest to the menu."""
    dialog, menu = scene.dialog, MENUS.get(scene.dialog.menu, welcome)
    key = typed.strip()
    if key == "00" and not dialog.ended and scene.catalogue.open:
        return home.enter(scene)
    if key in ("0", "9"):
        screen, alphabet = menu.show(scene), letters(dialog.language, scene.phrases)
        last = len(screens.pages(screen, scene.turn.page_septets, dialog.hint, alphabet)) - 1
        if key == "9" and dialog.page < last:
            return _turn_page(scene, dialog.page + 1)
        if key == "0" and _goes_back(scene, screen):
            return _turn_page(scene, dialog.page - 1) if dialog.page else menu.back(scene)
    return menu.read(scene, typed)


def _goes_back(scene: Scene, screen: Screen) -> bool:
    """Not where the screen has a choice `0. Non`, on whatever page of it. On a question that is answered freely only `00` is
    reserved (contract): `0` is an answer there, and so is `9` once the whole of it was shown.
    """
    dialog = scene.dialog
    if dialog.menu in ("poll", "profile"):
        return scene.poll.by_name[dialog.question].type not in FREE_TYPES
    return not any(choice.startswith("0. ") for choice in screen.choices)


def _turn_page(scene: Scene, page: int) -> Scene:
    """Another page of the same screen; its hint is kept, for without it the pages would be cut elsewhere."""
    return replace(scene, dialog=replace(scene.dialog, page=page))


def _show(scene: Scene) -> Page:
    dialog = scene.dialog
    screen = MENUS.get(dialog.menu, welcome).show(scene)
    if scene.turn.by_sms:
        screen = screen._replace(keys=tuple(key for key in screen.keys if key.startswith("#")))
    alphabet = letters(dialog.language, scene.phrases)
    return screens.show(screen, dialog.page, scene.turn.page_septets, dialog.hint, alphabet, dialog.hinted_on)
