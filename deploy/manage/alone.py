"""The servers of a house, whether it is running or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from deploy import local
from deploy.administration import Administration
from deploy.programs import Missing
from deploy.supervisor import Supervisor


@contextmanager
def at_rest(servers: Administration) -> Iterator[bool]:
    """MongoDB and NATS answer inside this block: those of a local house that is stopped are started for it.

    Whether they were: then no service of it runs, nor can.
    """
    with ExitStack() as house:
        stopped = servers.layout is not None and _is_stopped(servers, house)
        if servers.layout and stopped:
            supervisor = Supervisor(servers.layout.var, say=lambda _: None)
            house.callback(supervisor.stop)
            supervisor.start(*(one for one in local.servers(servers.layout) if one.name != "mail"))
            local.provision(servers.layout)
        yield stopped


def _is_stopped(servers: Administration, house: ExitStack) -> bool:
    """Whether nothing runs there; then nothing can until the block ends."""
    assert servers.layout
    try:
        house.enter_context(local.alone(servers.layout.var))
    except Missing:
        return False
    return True
