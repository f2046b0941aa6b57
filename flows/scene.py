"""What a menu sees of a turn, and the small moves it can make. A scene never changes: each move makes a new one."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Member, Person, Progress
from flows.events import Event
from flows.phrases import Phrases
from flows.poll import Poll
from flows.screen import GSM7, UCS2, Letters


class Turn(Struct, frozen=True):
    """What the world brings to one turn.

    `typed` is what was newly typed (None when a session begins: then `dialled` holds what followed the service code);
    `now` is seconds since 1970, UTC; `seed` any number, the only randomness there is; `page_septets` the channel's budget.
    `by_sms`: keys that only move about a screen are left out. `looks`: nothing was typed, the page is shown as it stands.
    `zero_rated`, `cost_line`: what the channel costs those who use it, as its settings say. `sent_at`: when an SMS was written,
    where its provider says so. `can_text`: whether messages of ours can go out by the channel.
    """

    typed: str | None
    now: float
    seed: int
    dialled: tuple[str, ...] = ()
    page_septets: int = 160
    country: str = ""
    by_sms: bool = False
    looks: bool = False
    zero_rated: bool = False
    cost_line: str = ""
    sent_at: float | None = None
    can_text: bool = False


class Scene(Struct, frozen=True):
    """One turn under way: what was loaded, and the events that it has made so far."""

    dialog: Dialog
    person: Person
    catalogue: Catalogue
    turn: Turn
    events: tuple[Event, ...] = ()

    @property
    def poll(self) -> Poll:
        """The poll talked about.

        Raises:
            LookupError: when it has left the catalogue (closed for good); the engine then starts anew.
        """
        poll = self.catalogue.find(self.dialog.poll, self.dialog.version)
        if poll is None:
            raise LookupError(self.dialog.poll)
        return poll

    @property
    def phrases(self) -> Phrases:
        """The system's own sentences."""
        return self.catalogue.phrases

    @property
    def member(self) -> Member:
        """Who is talking."""
        return self.person.member(self.dialog.ordinal)

    @property
    def progress(self) -> Progress:
        """How far they came in this poll."""
        return self.member.polls.get(self.dialog.poll) or Progress(self.dialog.version)

    def say(self, phrase: str, **values: str) -> str:
        """One of the system's own sentences in the language of the dialog."""
        return self.phrases.say(self.dialog.language, phrase, **values)

    def to(self, menu: str, **changes: Any) -> "Scene":
        """This scene at the first page of another menu, or of another place in the same one."""
        dialog = replace(self.dialog, **{"menu": menu, "page": 0, "tries": 0, "hint": "", "hinted_on": 0, **changes})
        return replace(self, dialog=dialog)

    def asks(self, question: str, **changes: Any) -> "Scene":
        """This scene at a question of its poll, in the menu that asks it."""
        return self.to("profile" if self.poll.by_name[question].profile else "poll", question=question, **changes)

    def again(self, hint: str) -> "Scene":
        """The same page shown again with a word on what was wrong."""
        dialog = replace(self.dialog, tries=self.dialog.tries + 1)
        return replace(self, dialog=dialog).with_hint(hint)

    def with_hint(self, hint: str) -> "Scene":
        """This scene with a word above its page that is no reproach."""
        return replace(self, dialog=replace(self.dialog, hint=hint, hinted_on=self.dialog.page))

    def heard(self, question: str) -> "Scene":
        """This scene, in which the question was answered in this session."""
        said = self.dialog.said
        return self if question in said else replace(self, dialog=replace(self.dialog, said=(*said, question)))

    def end(self, menu: str, **changes: Any) -> "Scene":
        """The last screen of the session."""
        return self.to(menu, ended=True, **changes)

    def happened(self, *events: Event) -> "Scene":
        """This scene with events that must not be lost."""
        return replace(self, events=self.events + events)

    def keep(self, progress: Progress, profile: dict[str, Any] | None = None) -> "Scene":
        """This scene with the member's progress in this poll, and profile where it changed, put away."""
        member = self.member
        polls = {**member.polls, self.dialog.poll: replace(progress, touched=int(self.turn.now))}
        member = replace(member, polls=polls, profile=member.profile if profile is None else profile)
        return replace(self, person=self.person.keep(member))


def letters(language: str, phrases: Phrases) -> Letters:
    """GSM-7, but for a language that was declared to need its own letters."""
    return UCS2 if language in phrases.ucs2 else GSM7
