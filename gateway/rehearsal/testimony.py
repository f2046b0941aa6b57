"""What the people of a rehearsal can testify to: what each of them typed, and what each was told was taken.

It must never ask the service: it is what the service is held against.
"""

from msgspec import Struct, field

from gateway.rehearsal.population import Figures, Reply, total


class Said(Struct):
    """What one person said, by question: `acknowledged` was typed and the page after it came.

    `sent` holds that reply, where there is one, and every reply typed after it: any of these may be what counts now.
    """

    sent: dict[str, list[Reply]] = field(default_factory=dict)
    acknowledged: dict[str, Reply] = field(default_factory=dict)

    def sends(self, reply: Reply) -> None:
        """It was typed."""
        self.sent.setdefault(reply.question, []).append(reply)

    def hears(self, reply: Reply) -> None:
        """The page after it came."""
        self.acknowledged[reply.question] = reply
        self.sent[reply.question] = [reply]

    @property
    def last(self) -> list[Reply]:
        """What was typed last, to each question."""
        return [replies[-1] for replies in self.sent.values()]


class Performed(Struct):
    """What one thread saw. `said`: by number, what the people of that phone said, in the order in which they held it."""

    latencies: list[float] = field(default_factory=list)
    said: dict[str, list[Said]] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    failed_hops: int = 0

    def add(self, other: "Performed") -> None:
        """Takes in what another thread saw."""
        self.latencies += other.latencies
        self.said.update(other.said)
        self.surprises += other.surprises
        self.failed_hops += other.failed_hops

    @property
    def sent(self) -> Figures:
        """Where all that was typed would count."""
        return total(said.last for people in self.said.values() for said in people)

    @property
    def acknowledged(self) -> Figures:
        """Where what was typed and answered must count."""
        return total([*said.acknowledged.values()] for people in self.said.values() for said in people)
