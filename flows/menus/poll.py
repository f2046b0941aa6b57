"""The questions of a poll, one answer a turn; what a changed answer makes irrelevant is withdrawn in the same turn."""

from msgspec.structs import replace

from flows import asking
from flows.asking import Hint, Skip
from flows.dialog import Progress
from flows.events import Answered, Event, Finished, Skipped, Withdrawn
from flows.menus import profile
from flows.poll import Question
from flows.scene import Scene
from flows.screen import Screen
from flows.xpath.values import Value

CODE_ALPHABET = "ACDEFGHJKLMNPRTUVWXY34679"
"""Letters and digits that nobody mistakes for another when they are read aloud or copied by hand."""
CODE_LENGTH = 4


def begin(scene: Scene) -> Scene:
    """The first question, whatever was answered before: earlier answers count until they are given again."""
    old = scene.progress
    fresh = Progress(scene.dialog.version, stale={**old.stale, **old.answers})
    return _ask_next(scene.keep(fresh).to("poll", said=()), fresh, after=None)


def resume(scene: Scene) -> Scene:
    """The question at which the line was cut. No earlier answer is shown."""
    return scene.to("poll", question=scene.progress.question, said=())


def show(scene: Scene) -> Screen:
    return asking.screen(scene, _question(scene))


def read(scene: Scene, typed: str) -> Scene:
    question = _question(scene)
    heard = asking.answer(scene, question, typed)
    if isinstance(heard, Hint):
        return scene.again(heard.text)
    if question.type == "note":
        return _ask_next(scene, scene.progress, after=question)
    return take(scene, question, None if isinstance(heard, Skip) else heard.value)


def back(scene: Scene) -> Scene:
    """The question before, to answer it again; from the first one, the welcome page."""
    poll = scene.poll
    scope = asking.scope(scene)
    earlier = poll.own[: poll.own.index(_question(scene))]
    for question in reversed(earlier):
        if question.type != "note" and asking.is_relevant(question, scope):
            return _ask(scene, scene.progress, question)
    return scene.to("welcome")


def _question(scene: Scene) -> Question:
    """The question asked now.

    Raises:
        LookupError: when the poll has no such question: the engine starts anew.
    """
    return scene.poll.by_name[scene.dialog.question]


def take(scene: Scene, question: Question, value: Value) -> Scene:
    """Puts an answer (None: skipped) away, withdraws what it made irrelevant, and asks the next."""
    slug, version = scene.dialog.poll, scene.dialog.version
    happened: Event = Answered(slug, version, question.name, value)
    if value is None:
        happened = Skipped(slug, version, question.name)
    old = scene.progress
    stale = {name: answer for name, answer in old.stale.items() if name != question.name}
    progress = replace(old, answers={**old.answers, question.name: value}, stale=stale)
    progress, withdrawn = _prune(scene, progress)
    scene = scene.happened(happened, *withdrawn).heard(question.name)
    if not scene.poll.discreet or progress.resume_code:
        return _ask_next(scene, progress, after=question)
    code = f"{scene.turn.seed // 7 % 1000:03d}"
    asked = _ask_next(scene, replace(progress, resume_code=code), after=question)
    return asked.with_hint(scene.say("resume_code", code=code))


def _prune(scene: Scene, progress: Progress) -> tuple[Progress, list[Event]]:
    """Takes out the answers that this person could no longer give (rule 7), in the poll's order: those whose question no longer
    concerns them, and a choice that is no longer shown.
    """
    withdrawn: list[Event] = []
    scope = asking.scope_of(scene.poll, scene.member, progress, scene.turn.now)
    for question in scene.poll.own:
        name = question.name
        if question.relevant is None and question.choice_filter is None:
            continue
        given = next((answers for answers in (progress.answers, progress.stale) if name in answers), None)
        if given is not None and not asking.stands(question, given[name], scope):
            withdrawn.append(Withdrawn(scene.dialog.poll, scene.dialog.version, name))
            progress = replace(progress, answers=_without(progress.answers, name), stale=_without(progress.stale, name))
            scope = asking.scope_of(scene.poll, scene.member, progress, scene.turn.now)
    return progress, withdrawn


def _without(answers: dict[str, Value], name: str) -> dict[str, Value]:
    return {other: value for other, value in answers.items() if other != name}


def _ask_next(scene: Scene, progress: Progress, after: Question | None) -> Scene:
    """The next question that concerns the person and was not answered in this walk; else the poll is done."""
    own = scene.poll.own
    scope = asking.scope_of(scene.poll, scene.member, progress, scene.turn.now)
    for question in own[own.index(after) + 1 if after else 0 :]:
        if question.name not in progress.answers and asking.is_relevant(question, scope):
            return _ask(scene, progress, question)
    return _finish(scene, progress)


def _ask(scene: Scene, progress: Progress, question: Question) -> Scene:
    return scene.keep(replace(progress, question=question.name)).to("poll", question=question.name)


def _finish(scene: Scene, progress: Progress) -> Scene:
    """What was answered in an earlier walk and not reached in this one leaves the count; then the profile."""
    slug, version = scene.dialog.poll, scene.dialog.version
    events: list[Event] = [Withdrawn(slug, version, name) for name in progress.stale]
    if not progress.done:
        progress = replace(progress, code=_code(scene.turn.seed), done=True)
        events.append(Finished(slug, version, progress.code))
    return profile.go_on(scene.happened(*events).keep(replace(progress, stale={}, question="")))


def _code(seed: int) -> str:
    """Four letters drawn from the turn's seed."""
    letters = []
    for _ in range(CODE_LENGTH):
        seed, place = divmod(seed, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[place])
    return "".join(letters)
