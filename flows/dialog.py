"""What is carried from turn to turn: the dialog of one session, and the person behind a phone. Small and serialisable.

Neither holds a number, a name or a date of birth; answers are here only for as long as `relevant` needs them.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from flows.xpath.values import Value

MAX_MEMBERS = 4
"""People who may share one phone (rule 19)."""


class Dialog(Struct, frozen=True, array_like=True):
    """Where one conversation stands.

    `menu` names the file in `flows/menus/`; the rest is where in it. `page` counts from 0; `tries` counts the unreadable
    replies to what is shown now; `hint` is what was wrong with the last one, shown above page `hinted_on` alone; `asked` the
    profile questions of this session; `said` names what was answered in it, which alone may be shown again; `held` answers
    sent by SMS before the consent; `asked_at` when the open question was asked by SMS (0: not known), in seconds since 1970.
    """

    menu: str = "welcome"
    language: str = "fr"
    poll: str = ""
    version: str = ""
    ordinal: int = 0
    question: str = ""
    page: int = 0
    tries: int = 0
    hint: str = ""
    asked: int = 0
    said: tuple[str, ...] = ()
    ended: bool = False
    held: str = ""
    held_at: int = 0
    asked_at: int = 0
    hinted_on: int = 0


class Progress(Struct, frozen=True, array_like=True):
    """How far a member came in one poll.

    `answers` are this walk's, a skipped question is there with None; `stale` are those of an earlier walk that was begun
    again, still counted until they are given again or withdrawn; `touched` is seconds since 1970; `resume_code`
    has three digits, in discreet polls only.
    """

    version: str
    answers: dict[str, Value] = {}
    stale: dict[str, Value] = {}
    question: str = ""
    touched: int = 0
    done: bool = False
    code: str = ""
    resume_code: str = ""


class Member(Struct, frozen=True, array_like=True):
    """One of the up to four people behind a phone."""

    ordinal: int
    profile: dict[str, Value] = {}
    polls: dict[str, Progress] = {}


class Person(Struct, frozen=True, array_like=True):
    """All that is known of a phone between sessions; `wrong_codes` counts guesses at the code of a discreet poll;
    `stopped`: they said STOP, and get no message but the one that says so; `messages`: the answer to whether messages may
    come, empty where there was none.
    """

    language: str = ""
    country: str = ""
    members: tuple[Member, ...] = ()
    wrong_codes: int = 0
    stopped: bool = False
    messages: Literal["", "yes", "no"] = ""

    def member(self, ordinal: int) -> Member:
        """The member with that ordinal (1 to 4); a new one where there is none."""
        return next((member for member in self.members if member.ordinal == ordinal), Member(ordinal))

    def keep(self, member: Member) -> "Person":
        """This person with `member` in place of the one of the same ordinal."""
        others = [other for other in self.members if other.ordinal != member.ordinal]
        return replace(self, members=tuple(sorted([*others, member], key=lambda one: one.ordinal)))
