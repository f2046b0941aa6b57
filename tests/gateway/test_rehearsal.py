"""A rehearsal must find what is wrong: it ends equal where all is well, and says so where one answer is not as drawn."""

import ast
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.rehearsal import form as form_file
from gateway.rehearsal import outcome, population
from gateway.rehearsal.faults import Faults
from gateway.rehearsal.form import Form, holds, read_form
from gateway.rehearsal.outcome import Outcome, Rehearsal, Stage, rehearse
from gateway.rehearsal.population import draw, expected
from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.conftest import DEMO
from tests.installation import Installation
from tests.phone import Phone
from workers.privacy import phone_key

PEOPLE = 40


@pytest.fixture(scope="module")
def form() -> Form:
    return read_form(DEMO)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what is looked at asks both elsewhere."""
    return sqlite_url


@pytest.fixture
def intake(drain: Callable[[], int], address: str) -> Iterator[None]:
    """The intake runs beside, as it does in production."""
    stopping = threading.Event()

    def drain_until_stopped() -> None:
        while not stopping.wait(0.05):
            drain()

    thread = threading.Thread(target=drain_until_stopped, daemon=True)
    thread.start()
    yield
    stopping.set()
    thread.join()


def stage(runtime: Runtime, new_network: Callable[[], Network]) -> Stage:
    return Stage(runtime.engine, lambda number: phone_key(number, runtime.keyring.current()[0]), new_network)


@pytest.fixture
def nothing_to_kill(runtime: Runtime) -> Faults:
    """The faults of a machine on which no `palabre up` runs."""
    return Faults(runtime.settings.data_dir, PEOPLE, seed=1)


@pytest.fixture
def run(form: Form, runtime: Runtime, address: str, drain: Callable[[], int], intake: None) -> Callable[..., Outcome]:
    """A rehearsal of forty people; `meanwhile` happens once, when the first of them is through."""

    def rehearsed(meanwhile: Callable[[], object] = lambda: None, **asked: object) -> Outcome:
        happens = iter([meanwhile])
        return rehearse(
            Rehearsal(form=form, people=PEOPLE, seed=3, still=2.0, patience=(0.1,) * 9, **asked),  # type: ignore[arg-type]
            stage(runtime, lambda: Network(address, runtime.settings.channels[0])),
            lambda _: next(happens, lambda: None)(),
        )

    return rehearsed


def test_what_forty_people_were_drawn_to_answer_is_what_is_counted(run: Callable[..., Outcome]) -> None:
    came = run()
    assert came.differences == ()
    assert came.equal
    assert came.sent == came.acknowledged == came.expected == came.gained
    assert came.answers.sent == came.answers.acknowledged == came.answers.counted > PEOPLE
    assert came.answers.holds
    assert came.killed is None
    assert came.expected["respondents"] > PEOPLE / 2


def test_an_answer_that_nobody_was_drawn_to_give_is_reported(run: Callable[..., Outcome], network: Network) -> None:
    stranger = Phone(network, "+22380000001")
    came = run(meanwhile=lambda: stranger.dials().types("1", "4"))
    people, asked = came.expected["respondents"], came.expected["questions"]["priorite"]
    papers = asked["choices"]["papiers"]
    assert not came.equal
    assert not came.holds
    assert came.differences == (
        f"respondents: drawn {people}, gained {people + 1}",
        f"priorite answered: drawn {asked['answered']}, gained {asked['answered'] + 1}",
        f"priorite choice papiers: drawn {papers}, gained {papers + 1}",
    )


def test_an_answer_too_many_is_reported_even_where_faults_are_allowed(
    run: Callable[..., Outcome], network: Network, nothing_to_kill: Faults
) -> None:
    stranger = Phone(network, "+22380000002")
    came = run(meanwhile=lambda: stranger.dials().types("1", "4"), faults=nothing_to_kill)
    assert came.answers.holds
    assert came.within is False
    assert came.equal is None
    assert [difference.rpartition(":")[0] for difference in came.differences] == [
        "respondents",
        "priorite answered",
        "priorite choice papiers",
    ]


def test_where_no_up_runs_nothing_is_killed_and_the_outcome_says_so(
    run: Callable[..., Outcome], nothing_to_kill: Faults
) -> None:
    came = run(faults=nothing_to_kill)
    assert not nothing_to_kill.sees
    assert came.within
    assert came.killed == {}
    assert "killed         nothing" in outcome.table(came)


def test_people_who_get_no_reply_dial_again_and_nothing_acknowledged_is_lost(
    form: Form, runtime: Runtime, address: str, intake: None, nothing_to_kill: Faults
) -> None:
    came = rehearse(
        Rehearsal(form=form, people=PEOPLE, seed=4, still=2.0, patience=(0.1,) * 9, faults=nothing_to_kill),
        stage(runtime, lambda: Deaf(address, runtime.settings.channels[0])),
        lambda _: None,
    )
    assert came.failed_hops > 10
    assert came.differences == ()
    assert came.within
    assert came.gained["respondents"] == came.expected["respondents"]


def test_a_rehearsal_into_a_pipe_leaves_nothing_on_standard_error(runtime: Runtime, address: str, intake: None) -> None:
    settings = runtime.settings
    where = {
        "PALABRE_REDIS_URL": settings.redis_url,
        "PALABRE_DATABASE_URL": settings.database_url,
        "PALABRE_PHONE_KEYS": settings.phone_keys[0],
    }
    here = Installation(Path(settings.data_dir), PORT=str(settings.port), **where)
    done = here.palabre("rehearse", "--people", "2")
    assert (done.returncode, done.stderr) == (0, "")


class Deaf(Network):
    """A network that loses every ninth reply: what was typed has arrived, and the phone is not told."""

    hops = 0

    def _post(self, body: str, address: str) -> tuple[int, str]:
        answer = super()._post(body, address)
        self.hops += 1
        return (502, "") if self.hops % 9 == 0 else answer


def test_a_seed_always_draws_the_same_people(form: Form) -> None:
    assert draw(form, 300, seed=7) == draw(form, 300, seed=7)
    assert draw(form, 300, seed=7) != draw(form, 300, seed=8)


def test_the_drawn_people_are_as_many_and_as_different_as_people_are(form: Form) -> None:
    households = draw(form, 2000, seed=1)
    people = [person for household in households for person in household.people]
    figures = expected(households)
    assert len(people) == 2000
    assert {person.language for person in people} == {"fr", "en"}
    assert any(len(person.sittings) > 1 for person in people)
    assert all(figures[question.name, "answered", ""] for question in form.questions)
    assert all(figures[question.name, "choice", choice.name] for question in form.questions for choice in question.choices)


def test_every_phone_of_a_run_has_a_number_that_no_other_run_has(form: Form) -> None:
    households = draw(form, 500, seed=1)
    first, second = outcome.phones(households, 1), outcome.phones(households, 1)
    assert len(first) == len(households)
    assert not first.keys() & second.keys()


@pytest.mark.parametrize(
    ("relevant", "concerned"),
    [
        ("", True),
        ("${a} = 'x'", True),
        ("${a} = 'y' or ${b} = 'z'", True),
        ("${a} = 'x' and ${b} = 'y'", False),
        ("${a} = 'y' or ${a} = 'x' and ${b} = 'z'", True),  # `and` binds closer
        ("${nobody} = 'x'", False),
    ],
)
def test_a_question_concerns_whom_the_workbook_says(relevant: str, concerned: bool) -> None:
    assert holds(relevant, {"a": ("x",), "b": ("z",)}) is concerned


@pytest.mark.parametrize("module", [form_file, population])
def test_the_drawing_shares_nothing_with_what_it_is_held_against(module: object) -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in imported if name.split(".")[0] in ("flows", "workers", "gateway")}
    assert ours <= {"gateway.rehearsal.form"}
    assert not imported & {"sqlalchemy", "redis"}
