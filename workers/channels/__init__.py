"""The providers, one file each: how it calls us, how we call it, how it reports. No Flask in here.

Adding one is a new file and its line in `PROVIDERS`.
"""

from pkgutil import resolve_name

from workers.channels.base import Channel, Provider

PROVIDERS = {"africastalking": "workers.channels.africastalking:AfricasTalking"}
"""Where each is: read once a channel has it, with the package of whoever provides it."""


def provider(channel: Channel) -> Provider:
    """The provider of a channel.

    Raises:
        ValueError: in one line, for a provider that there is not.
    """
    if channel.provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise ValueError(f"channel {channel.name}: no provider '{channel.provider}'; there are: {known}")
    made: Provider = resolve_name(PROVIDERS[channel.provider])(channel)
    return made
