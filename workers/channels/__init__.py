"""The providers, one file each: how it calls us, how we call it, how it reports. No Flask in here.

Adding one is a new file and its line in `PROVIDERS`.
"""

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
