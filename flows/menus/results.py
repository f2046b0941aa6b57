"""What was published of a poll, read on the phone: how many people, by telephone, and what each question came to.

It must never know a figure that no release has (rule 24).
"""

from flows import reading
from flows.catalogue import Results
from flows.menus import listing, reference
from flows.naming import Option
from flows.poll import Question
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen

MOST_CHOICES = 3
"""What is said of one question: the answers that most people gave."""


def enter(scene: Scene) -> Scene:
    """The one poll that has results, else the list of those that have."""
    published = scene.catalogue.results
    if not published:
        return reference.enter(scene, "no_results")
    return scene.to("results", question=published[0].poll.slug if len(published) == 1 else "")


def show(scene: Scene) -> Screen:
    results = _chosen(scene)
    if results is None:
        return listing.screen(scene, scene.say("results"), _options(scene))
    title = results.poll.text(results.poll.title, scene.dialog.language)
    return Screen(
        id=f"{results.poll.slug}/results",
        text=scene.say("result_of", title=title, people=str(results.respondents)),
        choices=tuple(line for question in results.poll.own for line in _lines(scene, results, question)),
        keys=(f"0 {scene.say('back')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    """The poll that was picked; behind its figures any key goes home."""
    if _chosen(scene) is not None:
        return scene.to("home")
    heard = reading.read_choice(typed, _options(scene))
    if isinstance(heard, Read):
        return scene.to("results", question=str(heard.value))
    return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return scene.to("results", question="") if _chosen(scene) and len(scene.catalogue.results) > 1 else scene.to("home")


def _chosen(scene: Scene) -> Results | None:
    return next((one for one in scene.catalogue.results if one.poll.slug == scene.dialog.question), None)


def _options(scene: Scene) -> tuple[Option, ...]:
    language = scene.dialog.language
    return listing.options((one.poll.slug, one.poll.text(one.poll.title, language)) for one in scene.catalogue.results)


def _lines(scene: Scene, results: Results, question: Question) -> list[str]:
    """The question, and its answers from the most frequent on; nothing where no share of it is public."""
    shares = results.shares.get(question.name, {})
    most = sorted((choice for choice in question.choices if choice.name in shares), key=lambda one: -shares[one.name])
    if not most:
        return []
    language, poll = scene.dialog.language, results.poll
    said = [f"{shares[one.name]:.0%} {poll.text(one.label, language)}" for one in most[:MOST_CHOICES]]
    return [poll.text(question.label, language), *said]
