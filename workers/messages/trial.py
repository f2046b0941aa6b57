"""One message of a campaign to a phone of ours, before anybody else gets it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from flows.phrases import DEFAULT_LANGUAGE
from workers.channels.base import Channel
from workers.keys.vault import Vault
from workers.messages import campaigns, probes, wording
from workers.messages.wording import Refused


def send(session: Session, number: int, phone: str, channel: Channel, keys: tuple[bytes, ...]) -> None:
    """Puts the French words, as this channel says them, into the outbox for a training phone; in front of all campaigns.

    Args:
        session: a writing one.
        number: the campaign.
        phone: E.164, one of the settings' `training_phones`.
        channel: by which it goes.
        keys: the phone keys in force.

    Raises:
        Refused: unknown, stopped (our own phone said STOP), or what `wording.said` says.
    """
    plan = campaigns.plan_of(campaigns.get(session, number))
    text = wording.said(plan.texts, DEFAULT_LANGUAGE, channel, campaigns.poll(session, plan.poll))
    try:
        probes.put(session, channel.name, phone, text, Vault(keys), keys)
    except probes.Stopped:
        raise Refused("stopped") from None


def channel_of(channels: Sequence[Channel], name: str) -> Channel:
    """The channel of that name; the first where none is named.

    Raises:
        Refused: no_channel.
    """
    found = next((channel for channel in channels if name in ("", channel.name)), None)
    if found is None:
        raise Refused("no_channel", name)
    return found
