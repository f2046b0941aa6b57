"""A message to the real installation is answered by the real outbox, and both are seen on the phone in the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import browser
from tests.installation import Installation, installed

pytestmark = pytest.mark.skipif(not browser.chromium(), reason="NO BROWSER: install chromium to run this part")


@pytest.fixture(scope="module")
def palabre() -> Iterator[Installation]:
    with installed() as running:
        yield running


def test_somebody_abroad_answers_by_message_and_reads_the_reply(palabre: Installation) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.ARGUMENTS)
        page = chromium.new_page(base_url=palabre.address)
        page.goto("/phone")
        page.locator("#number").fill("+33600000001")
        for said, sees in [("RETOUR", "EMDK demande votre avis"), ("1", "Au retour"), ("2", "rend le retour dur")]:
            page.locator("#words").fill(said)
            page.locator('[data-key="sms"]').click()
            expect(page.locator("#box li").last).to_contain_text(sees)
        who = page.locator("#box li b").all_inner_texts()
        chromium.close()
    assert who == ["Vous", "36036"] * 3
    assert "\tsent\t3" in palabre.palabre("outbox").stdout
    assert palabre.palabre("verify").returncode == 0
    kept = [path for path in palabre.home.rglob("*") if path.is_file()]
    assert [path for path in kept if b"33600000001" in path.read_bytes()] == []


def test_the_demonstration_starts_without_a_warning(palabre: Installation) -> None:
    assert "warning" not in (palabre.home / "up.log").read_text()
