"""Puts streams and consumers back while a local house runs: one that was deleted would leave its service deaf."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nats.errors import Error as NatsError

from deploy.children import listening
from deploy.layout import Layout
from deploy.provision import provision_nats

EVERY = 5.0
"""Seconds between two looks. Elsewhere `python -m deploy.provision` is run again, by hand or by the clock."""


@contextmanager
def kept(layout: Layout) -> Iterator[None]:
    """Inside this block, what is missing or changed is put back. Consumers made again are given every fact again."""
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(layout, ended), name="keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()


def put_streams(layout: Layout) -> None:
    """The stream, with as many copies as there are nodes, and its consumers."""
    asyncio.run(provision_nats(layout.nats_admin_url, replicas=len(layout.several("nats"))))


def _keep(layout: Layout, ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        nodes = layout.several("nats")
        if "NATS_URL" in layout.given or not any(listening(layout.ports[name]) for name in nodes):
            continue
        try:
            put_streams(layout)
        except (NatsError, OSError, TimeoutError) as error:
            print(
                f"NATS could not be provisioned ({type(error).__name__}); the next try is in {EVERY:.0f} s.", flush=True
            )
