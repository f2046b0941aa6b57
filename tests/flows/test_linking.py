"""What an SMS belongs to, in this order: STOP and commands, distress, a keyword, the open question; else we ask once, then staff."""

import pytest
from msgspec.structs import replace

from flows import distress
from flows.catalogue import Catalogue, Results
from flows.dialog import Member, Person, Progress
from flows.events import Answered, Event, OptedIn, OptedOut, Unlinked
from flows.scene import Turn
from flows.spelling import normalise
from flows.texting import Answer, answer
from tests import polls

POLL = polls.poll(
    [
        ["select_one yn", "eau", "De l'eau?", "Water?", "yes"],
        ["select_one peur", "peur", "De quoi a-t-on peur?", "What is feared?", "yes"],
        ["text", "mot", "Un mot?", "A word?"],
    ],
    [*polls.YES_NO, ["peur", "viol", "Viol", "Rape"], ["peur", "faim", "La faim", "Hunger"]],
    form_id="puits",
    form_title="Le puits",
    keyword="PUITS",
)
CATALOGUE = Catalogue("1", (POLL,), (POLL,), referral="Appelez le 80 333.", distress=("n ka bana",))
NOW = 1.8e9


class Sender:
    """Somebody who texts."""

    def __init__(self, catalogue: Catalogue = CATALOGUE, person: Person | None = None) -> None:
        self.told = Answer(None, person or Person(), None)  # type: ignore[arg-type]
        self._catalogue = catalogue
        self.now = NOW

    def texts(self, *messages: str, sent_at: float | None = None) -> "Sender":
        for message in messages:
            turn = Turn(message, self.now, 7, page_septets=459, by_sms=True, sent_at=sent_at)
            self.told = answer(self.told.dialog, self.told.person, self._catalogue, turn)
        return self

    @property
    def reply(self) -> str:
        return self.told.reply.text if self.told.reply else ""

    @property
    def events(self) -> tuple[Event, ...]:
        return self.told.events


@pytest.mark.parametrize("message", ["bonjour", "PUIT", "1", "?", "ANCIEN 1 3 2", "Arret des visas", "oui", "00"])
def test_a_message_that_belongs_to_nothing_is_asked_about_and_opens_no_poll(message: str) -> None:
    sender = Sender().texts(message)
    assert sender.reply.startswith("Réponse non comprise.\nEMDK: accueil\n1. Le puits (PUITS)")
    assert not any(isinstance(event, Answered) for event in sender.events)
    assert "demande votre avis: Le puits" in sender.texts("1").reply


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        (("bonjour",), ()),  # a word is no opinion
        (("les visas sont chers",), ("les visas sont chers",)),
        (("bonjour", "les visas sont chers"), ("les visas sont chers",)),  # and is answered that somebody reads it
        (("bonjour", "PUITS"), ()),
        (("bonjour", "9"), ("9",)),  # no choice of ours, though we had asked
    ],
)
def test_what_we_asked_about_in_vain_is_kept_for_staff(messages: tuple[str, ...], kept: tuple[str, ...]) -> None:
    sender = Sender()
    said = [event.words for message in messages for event in sender.texts(message).events if isinstance(event, Unlinked)]
    assert tuple(said) == kept


def test_with_no_poll_open_an_opinion_is_kept_all_the_same() -> None:
    sender = Sender(Catalogue("1")).texts("les visas sont chers")
    assert "aucune consultation" in sender.reply
    assert sender.events == (Unlinked("les visas sont chers"),)


@pytest.mark.parametrize(
    "message",
    ["au secours", "AIDEZ-MOI!!", "Il me bat, venez", "je suis en danger", "N ka bana", "sos"],
)
def test_distress_is_never_an_answer_and_names_who_helps(message: str) -> None:
    sender = Sender().texts("PUITS", "1", "1", "2", message)  # the open question takes any text
    assert sender.events == (Unlinked(message, distress=True),)
    assert sender.reply == "Votre message sera lu par une personne de l'équipe. Appelez le 80 333."
    assert [type(event) for event in sender.texts("la route").events[:1]] == [Answered]  # the question stayed open


def test_a_choice_that_names_a_violence_is_an_answer() -> None:
    assert Sender().texts("PUITS", "1", "1", "Viol").events == (Answered("puits", "1", "peur", "viol"),)


HEARD = [
    *("je suis battue par mon mari", "Mon mari me bat", "il me bats"),
    *("ma soeur est battue", "j'ai été battue", "il va me battre"),
    *("on m'a violée", "il m'a violé", "mon oncle abuse de moi", "je suis menacée de mort", "on va me tuer"),
    *("mes parents veulent me marier", "mariée de force à 14 ans"),
    *("ils veulent exciser ma fille", "je veux mettre fin à mes jours"),
    *("je n'ai plus envie de vivre", "ma famille est prise en otage", "notre pirogue coule", "my husband beats me"),
]


@pytest.mark.parametrize("message", HEARD)
def test_somebody_in_danger_is_heard_however_they_say_it(message: str) -> None:
    assert distress.is_heard(normalise(message))


DEBATED = [
    *("", "la violence", "un violon", "danger public"),
    *("secours mutuel", "l'aide au retour", "ça me touche", "on viole nos droits"),
    *("je me bats pour l'eau", "Je me bat pour mon village", "je ne me bat plus", "il faut se battre", "les femmes battues"),
    *("je suis contre le mariage forcé", "l'excision doit cesser", "je veux me marier", "le chômage nous tue", "le pays coule"),
]


@pytest.mark.parametrize("message", DEBATED)
def test_words_of_the_debate_are_no_distress(message: str) -> None:
    assert not distress.is_heard(normalise(message), ("", "n ka bana"))


@pytest.mark.parametrize(
    "word", ["STOP SMS", "stop svp", "Stop, s'il vous plaît", "STOP 36036", "arrêt sms", "désabonner", "Stop merci!"]
)
def test_stop_is_heard_with_what_networks_and_manners_put_behind_it(word: str) -> None:
    assert Sender().texts(word).events == (OptedOut(word),)


@pytest.mark.parametrize("word", ["Arrêt des visas", "stop 1 3 2", "stop aux départs", "STOP 2"])
def test_an_opinion_that_begins_with_stop_is_none(word: str) -> None:
    assert not any(isinstance(event, OptedOut) for event in Sender().texts(word).events)


def test_after_stop_only_what_is_asked_for_is_answered() -> None:
    sender = Sender().texts("PUITS", "Stop.")
    assert (sender.events, sender.told.person.stopped) == ((OptedOut("Stop."),), True)
    assert sender.texts("bonjour").reply == ""
    assert sender.texts("la route est coupee").events == (Unlinked("la route est coupee"),)
    assert sender.reply == ""
    assert "STOP=fin" in sender.texts("AIDE").reply
    assert "Effacer tout" in sender.texts("EFFACER").reply
    assert sender.texts("1").reply == "C'est effacé. Merci."
    assert sender.told.person == Person(stopped=True)  # nothing un-stops a person but START


def test_only_start_or_the_answer_to_the_very_offer_comes_back() -> None:
    sender = Sender().texts("STOP", "PUITS")
    assert sender.reply.startswith("Vous avez dit STOP. Répondez OUI")
    assert sender.texts("bonjour", "oui").told.person.stopped  # the offer was not answered by that
    sender.texts("PUITS", "Oui")
    assert sender.events[0] == OptedIn("Oui")
    assert "demande votre avis: Le puits" in sender.reply
    assert not sender.told.person.stopped
    assert not Sender().texts("STOP", "START").told.person.stopped


def test_a_message_older_than_the_question_is_asked_again_once() -> None:
    sender = Sender().texts("PUITS", "1")
    sender.now += 60
    assert sender.texts("2", sent_at=NOW - 30).events == ()  # written before the question came
    assert sender.reply.startswith("De l'eau?")
    assert sender.texts("2", sent_at=NOW - 29).events != ()  # a provider's clock that is behind traps nobody


@pytest.mark.parametrize("sent_at", [None, NOW + 2 * 86_400, NOW - 1, NOW + 5 * 3600])
def test_a_message_of_its_own_time_answers_the_question_that_was_open(sent_at: float | None) -> None:
    sender = Sender().texts("PUITS", "1")
    sender.now += 3 * 86_400  # two days on the way
    assert isinstance(sender.texts("2", sent_at=sent_at).events[0], Answered)


def test_who_went_on_by_ussd_is_asked_what_they_came_to_and_overwrites_nothing() -> None:
    sender = Sender().texts("PUITS", "1")
    progress = sender.told.person.member(1).polls["puits"]
    there = replace(progress, answers={"eau": "oui"}, question="peur", touched=int(NOW) + 60)
    person = sender.told.person.keep(replace(sender.told.person.member(1), polls={"puits": there}))
    sender.told, sender.now = replace(sender.told, person=person), NOW + 120
    assert sender.texts("2").events == ()
    assert sender.reply.startswith("De quoi a-t-on peur?")
    assert sender.texts("2").events == (Answered("puits", "1", "peur", "faim"),)


def test_who_came_to_the_end_by_ussd_is_shown_what_else_there_is() -> None:
    sender = Sender().texts("PUITS", "1")
    there = Progress("1", done=True, touched=int(NOW) + 60, code="ACDE")
    person = sender.told.person.keep(replace(sender.told.person.member(1), polls={"puits": there}))
    sender.told, sender.now = replace(sender.told, person=person), NOW + 120
    assert sender.texts("2").events == ()
    assert "accueil" in sender.reply


@pytest.mark.parametrize("agrees", ["d accord", "D'accord", "ok", "OK.", "oui"])
def test_consent_is_read_as_people_say_it(agrees: str) -> None:
    assert Sender().texts("PUITS", agrees).reply.startswith("De l'eau?")


def test_a_no_is_read_as_people_say_it() -> None:
    assert "Rien n'est gardé" in Sender().texts("PUITS", "non merci").reply


def test_a_code_says_whether_its_answers_are_counted_and_leaves_the_question_open() -> None:
    done = Progress("1", done=True, code="ACDE")
    sender = Sender(person=Person(members=(Member(1, {}, {"puits": done}),))).texts("SUIVI acde")
    assert sender.reply == "ACDE: vos réponses à Le puits sont comptées. Merci."
    assert sender.texts("SUIVI ACDF").reply == "Code inconnu."
    assert Sender().texts("SUIVI ACDE").reply == "Code inconnu.", "from another phone (docs/polls.md)"
    assert sender.texts("suivi").reply.startswith("Envoyez SUIVI")
    asked = Sender().texts("PUITS", "1", "SUIVI ACDE").texts("2")
    assert isinstance(asked.events[0], Answered)


def test_results_are_those_of_the_last_release_and_hide_what_it_hides() -> None:
    told = Results(POLL, 812, {"eau": {"oui": 0.706}, "peur": {}})
    sender = Sender(replace(CATALOGUE, results=(told,))).texts("bonjour", "2")
    assert sender.reply == "Le puits: 812 réponses par téléphone.\nDe l'eau?\n71% Oui"
    assert sender.texts("0").reply.startswith("EMDK: accueil")


def test_of_several_results_one_is_picked() -> None:
    other = polls.radio()
    told = (Results(POLL, 12, {}), Results(other, 40, {}))
    sender = Sender(replace(CATALOGUE, results=told)).texts("bonjour", "2")
    assert sender.reply.startswith("Résultats\n1. Le puits\n2. Le guichet")
    assert sender.texts("2").reply == "Le guichet: 40 réponses par téléphone."
    assert sender.texts("0").reply.startswith("Résultats\n1.")


def test_a_language_chosen_on_the_way_asks_the_same_question() -> None:
    assert Sender().texts("PUITS", "1", "1", "LANGUE").reply.startswith("What is feared?")
    assert "your opinion" in Sender().texts("PUITS", "LANGUE").reply


def test_answers_held_for_the_first_questions_are_not_given_to_later_ones() -> None:
    sender = Sender().texts("PUITS", "1", "1", "PUITS 2 1", "1")
    assert "2. Reprendre" in sender.reply
    assert sender.texts("2").reply.startswith("De quoi a-t-on peur?")
    assert not any(isinstance(event, Answered) for event in sender.events)
