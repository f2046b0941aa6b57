"""The job that sends what lies in the outbox, and the one that starts it where it is missing."""

import time

from workers import outbox, relay, settings
from workers.channels import provider
from workers.keyring import Keyring
from workers.queues import MESSAGES
from workers.vault import Vault

LEASE = "palabre:sending"
LOOK_SECONDS = 0.25
"""How often the outbox is looked at: a reply leaves within two seconds of what it answers."""


def send(seconds: float = relay.SECONDS) -> int:
    """The RQ job: sends until its time is up, then enqueues its successor. Returns how many messages it tried."""
    conf = settings.load()
    with relay.turn(conf, MESSAGES, LEASE, send) as (runner, engine, _):
        keyring = Keyring(conf)
        providers = {channel.name: provider(channel) for channel in conf.channels}

        def step() -> int:
            sent = outbox.send_some(engine, Vault(keyring.current()), providers)
            if not sent:
                time.sleep(LOOK_SECONDS)
            return sent

        outbox.give_up_on_stuck(engine)
        return runner.run(seconds, step)


def keep_sending() -> None:
    """The clock's job: starts a sender where none holds the lease and none waits."""
    relay.keep_running(settings.load(), MESSAGES, LEASE, send)
