"""A phone for the tests: acts as a person does, over the real webhook, and holds every page to what a phone can show.

phone.dials().sees("EMDK demande").types("1").sees("1. Un emploi").types("2")
"""

import re
from typing import Self

from flows import gsm
from gateway.simulator import Handset, Network

PAGE_SEPTETS = 160
_RESERVED = re.compile(r"^9\. ", re.MULTILINE)


class Phone:
    """One handset with one number."""

    def __init__(self, network: Network, number: str = "+22370000001", septets: int = PAGE_SEPTETS) -> None:
        self._handset = Handset(network, number)
        self._septets = septets
        self.number = number
        self.transcript: list[str] = []

    @property
    def page(self) -> str:
        """What stands on the phone."""
        return self._handset.shown.text

    @property
    def line_is_open(self) -> bool:
        return self._handset.shown.goes_on

    def dials(self, code: str = "*384*36#") -> Self:
        """Opens a session."""
        self._handset.dial(code)
        return self._looked(f"dials {code}")

    def types(self, *keys: str) -> Self:
        """Sends one reply after the other."""
        for key in keys:
            self._handset.types(key)
            self._looked(key)
        return self

    def network_repeats(self) -> Self:
        """The last request comes again; the page must be the same to the byte."""
        before = self.page
        self._handset.again()
        assert self.page == before
        return self

    def line_drops(self) -> Self:
        self._handset.hangs_up()
        return self

    def sees(self, *parts: str) -> Self:
        """Every one of these stands on the page."""
        for part in parts:
            assert part in self.page, f"{part!r} is not on the page:\n{self.page}"
        return self

    def sees_no(self, *parts: str) -> Self:
        for part in parts:
            assert part not in self.page, f"{part!r} is on the page:\n{self.page}"
        return self

    def is_done(self) -> Self:
        """The network was told to close the session."""
        assert not self.line_is_open, f"the session goes on:\n{self.page}"
        return self

    def _looked(self, did: str) -> Self:
        page, end = self.page, "" if self.line_is_open else "  [END]"
        self.transcript += [f"> {did}", *(f"< {line}" for line in page.split("\n")), *([end.strip()] if end else []), ""]
        assert page, "an empty page"
        assert gsm.is_gsm(page), f"not GSM-7: {page!r}"
        assert gsm.septets(page) <= self._septets, f"{gsm.septets(page)} septets:\n{page}"
        assert not _RESERVED.search(page), f"9 is never a choice:\n{page}"
        return self
