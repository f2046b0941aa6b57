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
    palabre.wait_until(lambda: "\tdelivered\t3" in palabre.palabre("outbox").stdout)
    assert palabre.palabre("verify").returncode == 0
    kept = [path for path in palabre.home.rglob("*") if path.is_file()]
    assert [path for path in kept if b"33600000001" in path.read_bytes()] == []


def test_a_channel_is_tested_through_the_outbox_that_runs(palabre: Installation) -> None:
    done = palabre.palabre("channel", "test", "demo", "--to", "+33600000009")
    assert (done.returncode, done.stdout.splitlines()[-1][:9]) == (0, "delivered"), done
    assert "600000009" not in done.stdout + done.stderr


def test_a_phone_in_the_terminal_texts_and_dials(palabre: Installation) -> None:
    done = palabre.palabre("dial", "sms RETOUR", "--phone", "+33600000008", input="1\n*384*36#\n0\nsms 2\n\n")
    said = [line[:16] for line in done.stdout.splitlines() if line.startswith(("> ", "36036: "))]
    asked = ["36036: EMDK dema", "> 1", "36036: Au retour", "> *384*36#", "> 0", "> sms 2", "36036: Qu'est-ce"]
    assert said == asked, done.stdout
    assert done.returncode == 0, done


def test_the_demonstration_starts_without_a_warning(palabre: Installation) -> None:
    assert "warning" not in (palabre.home / "up.log").read_text()
