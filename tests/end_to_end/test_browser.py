"""End to end in a real browser: dial, answer, and see the staff page's figures move without reloading it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests import browser
from tests.installation import Installation, installed

pytestmark = pytest.mark.skipif(not browser.chromium(), reason="NO BROWSER: install chromium to run this part")


@pytest.fixture(scope="module")
def palabre() -> Iterator[Installation]:
    """`palabre up --demo`, as a person starts it."""
    with installed() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(chromium: Browser, palabre: Installation) -> Iterator[Page]:
    """A window of its own, in which nothing may go wrong unseen."""
    context = chromium.new_context(base_url=palabre.address)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if _is_wrong(message) else None)
    yield opened
    context.close()
    assert wrong == []


def test_a_villager_answers_and_the_figures_move(page: Page, chromium: Browser, palabre: Installation) -> None:
    staff = _signed_in(page)
    staff.goto("/staff/polls/demo?by=residence")
    respondents = staff.locator("[data-respondents]")
    before = int(respondents.inner_text())

    phone = page.context.new_page()
    phone.goto("/phone")
    _keys(phone, "*384*36#", "send")
    expect(phone.locator("#page")).to_contain_text("EMDK demande votre avis")
    for key, sees in [
        ("1", "Au retour, que faut-il en premier"),
        ("2", "rend le retour dur"),
        ("1", "Combien de membres"),
        ("3", "Où vivez-vous"),
        ("1", "Dans quel cercle"),
        ("4", "Votre code"),
        ("0", "Il reste quelques questions"),
    ]:
        _keys(phone, key, "send")
        expect(phone.locator("#page")).to_contain_text(sees)

    expect(respondents).to_have_text(str(before + 1))
    expect(staff.locator("[data-question=priorite] [data-choice=terre]")).to_have_text("1")
    expect(staff.locator("[data-question=priorite]")).to_contain_text("Région de Kayes")


def test_a_wrong_code_is_told_on_the_screen_and_the_right_one_still_answers(page: Page) -> None:
    page.goto("/phone")
    for code in ("*999#", "*384*361#", "123"):
        _keys(page, code, "send")
        expect(page.locator("#page")).to_have_text("Code inconnu. Essayez *384*36#")
    _keys(page, "*384*36*1#", "send")
    expect(page.locator("#page")).to_contain_text("EMDK demande votre avis")
    _keys(page, "", "hang")
    expect(page.locator("#page")).to_have_text("Composez *384*36#")


def test_a_message_from_what_is_no_number_is_refused_and_can_be_sent_again(page: Page) -> None:
    page.goto("/phone")
    page.locator("#number").fill("Awa")
    page.locator("#words").fill("RETOUR")
    _keys(page, "", "sms")
    expect(page.get_by_role("alert")).to_contain_text("un numéro s'écrit comme +22370000001")
    expect(page.locator("#box li")).to_have_count(0)
    page.locator("#number").fill("+223 70 00 00 09")
    _keys(page, "", "sms")
    expect(page.locator("#box li").first).to_contain_text("RETOUR")
    expect(page.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize("width", [1280, 380])
def test_the_number_stands_above_its_messages_and_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/phone")
    number, messages = page.locator("#number").bounding_box(), page.locator("#box").bounding_box()
    assert number
    assert messages
    assert number["y"] < messages["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_campaign_is_measured_while_it_is_written(page: Page) -> None:
    staff = _signed_in(page)
    staff.goto("/staff/campaigns/new?poll=demo")
    text, parts = staff.get_by_label("Texte en français"), staff.locator("[data-measured=fr] [data-parts]")
    text.press_sequentially("Votre façon")
    expect(parts).to_have_text("1")
    text.fill("Votre façon de voir le retour, en deux minutes, c'est gratuit: {code}")
    expect(parts).to_have_text("2")
    staff.get_by_role("button", name="Les écrire simplement (1 SMS)").click()
    expect(text).to_have_value("Votre facon de voir le retour, en deux minutes, c'est gratuit: {code}")
    expect(parts).to_have_text("1")


def test_a_stranger_is_asked_to_sign_in(page: Page) -> None:
    page.goto("/staff/polls/demo")
    expect(page.get_by_role("heading")).to_have_text("Équipe")
    assert page.request.get("/staff/polls/demo/figures", headers={"X-Requested-With": "live"}).status == 401


def test_a_wrong_password_is_refused(page: Page) -> None:
    page.goto("/staff/sign-in")
    page.get_by_label("Nom").fill("demo")
    page.get_by_label("Mot de passe").fill("wrong")
    with page.expect_response(lambda answer: answer.status == 403):
        page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_page_of_another_site_cannot_sign_anybody_out(page: Page) -> None:
    answer = page.request.post("/staff/sign-out", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403


def _is_wrong(message: ConsoleMessage) -> bool:
    """A refusal that a test asked for is none."""
    return message.type == "error" and "403" not in message.text and "400" not in message.text


def _signed_in(page: Page) -> Page:
    page.goto("/staff/")
    page.get_by_label("Nom").fill("demo")
    page.get_by_label("Mot de passe").fill("palabre")
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", name="Consultations")).to_be_visible()
    return page


def _keys(phone: Page, typed: str, then: str) -> None:
    for key in [*typed, then]:
        phone.locator(f'[data-key="{key}"]').click()
