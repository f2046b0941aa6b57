"""The profile: asked once a person, after the last question, at most two a session, each can be skipped."""

from msgspec.structs import replace

from flows import asking
from flows.asking import Hint, Skip
from flows.dialog import Member
from flows.events import Answered, Event, Skipped, Withdrawn
from flows.menus import messages
from flows.poll import Question
from flows.scene import Scene
from flows.screen import Screen
from flows.xpath.values import Value

PER_SESSION = 2
HOME_COUNTRY = "ml"
"""A number from here says nothing of where a member of the diaspora lives; any other prefix answers the question."""


def go_on(scene: Scene) -> Scene:
    """The next profile question that is open, else the end. What is left waits for the next dial (`2`)."""
    pending = _pending(scene)
    if pending and scene.dialog.asked < PER_SESSION:
        asked = scene.dialog.asked + 1
        scene = scene.keep(replace(scene.progress, question=pending[0].name))
        return scene.to("profile", question=pending[0].name, asked=asked)
    question = pending[0].name if pending else ""
    answers = scene.progress.answers if pending else {}
    scene = scene.keep(replace(scene.progress, question=question, answers=answers))
    if pending and scene.turn.by_sms:
        return scene.to("pause")
    return messages.enter(scene, "thanks_more" if pending else "thanks")


def again(scene: Scene) -> Scene:
    """The profile from its beginning, to correct it: every question that concerns the person is asked once more."""
    names = {question.name for question in scene.poll.profile}
    kept = {name: value for name, value in scene.member.profile.items() if name not in names}
    answers = {name: value for name, value in scene.progress.answers.items() if name not in names}
    progress = replace(scene.progress, answers=answers, done=True)
    return go_on(scene.keep(progress, profile=kept).to("profile", asked=PER_SESSION - len(scene.poll.profile)))


def show(scene: Scene) -> Screen:
    return asking.screen(scene, _question(scene))


def read(scene: Scene, typed: str) -> Scene:
    question = _question(scene)
    heard = asking.answer(scene, question, typed)
    if isinstance(heard, Hint):
        return scene.again(heard.text)
    return go_on(_take(scene, question, None if isinstance(heard, Skip) else heard.value))


def back(scene: Scene) -> Scene:
    """The profile question before, of this session; from the first, the last question of the poll."""
    names = [question.name for question in scene.poll.profile]
    earlier = names[: names.index(scene.dialog.question)]
    given = [name for name in earlier if name in scene.member.profile or name in scene.progress.answers]
    if scene.dialog.asked > 1 and given:
        return scene.to("profile", question=given[-1], asked=scene.dialog.asked - 1)
    scope = asking.scope(scene)
    own = [question for question in scene.poll.own if question.type != "note" and asking.is_relevant(question, scope)]
    return scene.to("poll", question=own[-1].name, asked=0) if own else scene


def _question(scene: Scene) -> Question:
    return scene.poll.by_name[scene.dialog.question]


def _pending(scene: Scene) -> list[Question]:
    scope = asking.scope(scene)
    skipped = scene.progress.answers
    return [
        question
        for question in scene.poll.profile
        if not _known(scene, question.name) and question.name not in skipped and asking.is_relevant(question, scope)
    ]


def _known(scene: Scene, name: str) -> bool:
    if name == "country" and scene.person.country not in ("", HOME_COUNTRY):
        return True
    return name in scene.member.profile


def _take(scene: Scene, question: Question, value: Value) -> Scene:
    slug, version = scene.dialog.poll, scene.dialog.version
    others = {name: known for name, known in scene.member.profile.items() if name != question.name}
    if value is None:
        progress = replace(scene.progress, answers={**scene.progress.answers, question.name: None})
        skipped = Skipped(slug, version, question.name, profile=True)
        return scene.happened(skipped).keep(progress, profile=others)
    member, withdrawn = _prune(scene, replace(scene.member, profile={**others, question.name: value}))
    answered = Answered(slug, version, question.name, value, profile=True)
    return scene.happened(answered, *withdrawn).keep(scene.progress, profile=member.profile)


def _prune(scene: Scene, member: Member) -> tuple[Member, list[Event]]:
    """Takes out what the new answer made irrelevant: a cercle of somebody who now says diaspora. What another poll knows
    stays, whatever the filters of this one show.
    """
    poll = scene.poll
    withdrawn: list[Event] = []
    scope = asking.scope_of(poll, member, scene.progress, scene.turn.now)
    for question in poll.profile:
        if question.name in member.profile and not asking.concerns(question, scope):
            profile = {name: value for name, value in member.profile.items() if name != question.name}
            member = replace(member, profile=profile)
            scope = asking.scope_of(poll, member, scene.progress, scene.turn.now)
            withdrawn.append(Withdrawn(poll.slug, poll.version, question.name, profile=True))
    return member, withdrawn
