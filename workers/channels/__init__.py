"""The providers, one file each: how it calls us, how we call it, how it reports. No Flask in here.

Adding one is a new file and its line in `PROVIDERS`.
"""

import re
from collections.abc import Iterable
from pkgutil import resolve_name

from workers.channels.base import Channel, Provider

PROVIDERS = {
    "africastalking": "workers.channels.africastalking:AfricasTalking",
    "kannel": "workers.channels.kannel:Kannel",
    "twilio": "workers.channels.twilio:Twilio",
    "http": "workers.channels.http:Http",
    "orange": "workers.channels.orange:Orange",
}
"""Where each is: read once a channel has it, with the package of whoever provides it."""


_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")
"""What stands in an address as it is (RFC 3986, section 2.3)."""


def check(channels: Iterable[Channel]) -> None:
    """Refuses channels of palabre.toml that cannot work; a provider's file is read only where a channel has it.

    Raises:
        ValueError: in one line, which names the channel and never a token.
    """
    names, tokens = set[str](), set[tuple[str, str]]()
    for channel in channels:
        provider(channel)
        if channel.name in names:
            raise ValueError(f"channel {channel.name}: two channels have this name")
        if not all(map(_UNRESERVED.fullmatch, channel.tokens)):
            raise ValueError(f"channel {channel.name}: a token is letters, digits and - . _ ~ of an address")
        addresses = {(channel.provider, token) for token in channel.tokens}
        if addresses & tokens:
            raise ValueError(f"channel {channel.name}: another {channel.provider} channel has its token")
        names.add(channel.name)
        tokens |= addresses


def provider(channel: Channel) -> Provider:
    """The provider of a channel.

    Raises:
        ValueError: in one line, for a provider that there is not, or a key of palabre.toml that it cannot do without.
    """
    if channel.provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise ValueError(f"channel {channel.name}: no provider '{channel.provider}'; there are: {known}")
    kind: type[Provider] = resolve_name(PROVIDERS[channel.provider])
    if missing := [name for name in kind.needs if not getattr(channel, name)]:
        raise ValueError(f"channel {channel.name}: in palabre.toml {kind.name} needs also {', '.join(missing)}")
    return kind(channel)
