"""The job that sends what lies in the outbox, and the one that starts it where it is missing."""

import time

from workers import outbox, relay, settings
from workers.channels import provider
from workers.database.session import open_engine
from workers.queues import MESSAGES
from workers.relay import Relay, connect
from workers.vault import Vault

LEASE = "palabre:sending"
LOOK_SECONDS = 0.25
"""How often the outbox is looked at: a reply leaves within two seconds of what it answers."""


def send(seconds: float = relay.SECONDS) -> int:
    """The RQ job: sends until its time is up, then enqueues its successor. Returns how many messages it tried."""
    relay.give_way()
    conf = settings.with_secrets(settings.load())
    engine = open_engine(conf.database_url)
    vault = Vault(conf.phone_keys)
    providers = {channel.name: provider(channel) for channel in conf.channels}
    runner = Relay(connect(conf.redis_url), LEASE)

    def step() -> int:
        sent = outbox.send_some(engine, vault, providers)
        if not sent:
            time.sleep(LOOK_SECONDS)
        return sent

    try:
        outbox.give_up_on_stuck(engine)
        return runner.run(seconds, step)
    finally:
        engine.dispose()
        if not runner.stopping:
            relay.hand_over(conf.queue_url, MESSAGES, send)


def keep_sending() -> None:
    """The clock's job."""
    conf = settings.load()
    relay.keep_running(conf.queue_url, connect(conf.redis_url), LEASE, MESSAGES, send)
