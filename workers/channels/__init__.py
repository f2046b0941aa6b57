"""The providers, one file each: how it calls us, how we call it, how it reports. No Flask in here.

Adding one is a new file and its line in `PROVIDERS`.
"""

from workers.channels.africastalking import AfricasTalking
from workers.channels.base import Channel, Provider

PROVIDERS: dict[str, type[Provider]] = {"africastalking": AfricasTalking}


def provider(channel: Channel) -> Provider:
    """The provider of a channel.

    Raises:
        ValueError: in one line, for a provider that there is not.
    """
    try:
        return PROVIDERS[channel.provider](channel)
    except KeyError:
        known = ", ".join(PROVIDERS)
        raise ValueError(f"channel {channel.name}: no provider '{channel.provider}'; there are: {known}") from None
