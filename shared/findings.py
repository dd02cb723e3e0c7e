"""What can be wrong with a service, in plain words: what it is, what still works, and what to do.

French is the source; placeholders are filled where the finding is shown. A service adds findings of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shared.i18n import N_

if TYPE_CHECKING:
    from shared.health import Report

Level = Literal["warn", "bad"]

SLOW_SECONDS = 60.0
"""A fact that waits longer than this to be told is worth a word."""
LAGGING = 500
"""Facts not taken in yet from which a reader counts as late."""
CLOCK_SECONDS = 30.0
"""What a machine's clock may differ from the database's."""
DISK_FREE = 0.1
"""The part of the database's disk that should stay free."""

NAMES = {
    "registration": N_("Inscriptions"),
    "programme": N_("Programme"),
    "notifications": N_("Messages"),
    "badges": N_("Badges et accueil"),
}


@dataclass(frozen=True)
class Words:
    """The sentences of one kind of finding. `code` also names it in metrics and tests."""

    code: str
    level: Level
    what: str
    works: str
    todo: str


@dataclass(frozen=True)
class Finding:
    """Something wrong now. `about` tells two of a kind apart; `since` may be filled in by whoever keeps watch."""

    words: Words
    about: str = ""
    since: datetime | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    link: str = ""
    """Where to look, or to mend it."""

    @property
    def key(self) -> str:
        """The same from one look to the next."""
        return f"{self.words.code}:{self.about}"


MONGO = Words(
    "mongo-away",
    "bad",
    N_("La base de données ne répond pas."),
    N_("Rien de ce qui a été confirmé n’est perdu. Les autres services continuent, si leur base répond."),
    N_("Relancer MongoDB ; le service reprendra seul."),
)
LOST = Words(
    "database-lost",
    "bad",
    N_("La base de données de ce service a été perdue : elle a disparu pendant qu’il marchait."),
    N_("Les autres services continuent. Celui-ci s’est fermé lui-même, pour ne rien recommencer à zéro."),
    N_(
        "Lancer « python -m deploy.manage rebuild %(service)s », qui la refait depuis les nouvelles gardées par NATS,"
        " ou « restore » avec une sauvegarde ; le service reprendra seul."
    ),
)
NATS = Words(
    "nats-away",
    "bad",
    N_("Le réseau d’échange entre services (NATS) ne répond pas."),
    N_("Les pages et les inscriptions marchent ; les nouvelles attendent et partiront seules, chacune une fois."),
    N_("Relancer NATS."),
)
CONSUMER = Words(
    "consumer-missing",
    "bad",
    N_("Ce service ne peut plus lire les nouvelles de « %(source)s » : son point de lecture a disparu."),
    N_("Ses pages marchent, avec ce qu’il savait déjà. Rien n’est perdu."),
    N_("Lancer « provision » : la lecture reprend au début, et ce qui est déjà su ne se refait pas."),
)
PAUSED = Words(
    "consumer-paused",
    "bad",
    N_("La lecture des nouvelles de « %(source)s » est en pause : plusieurs messages de suite ont échoué."),
    N_("Les autres lectures continuent. Ce qui attend est gardé, et la pause finit seule dès qu’un message passe."),
    N_("Regarder les messages mis de côté, corriger la cause, puis « Reprendre »."),
)
LETTERS = Words(
    "dead-letters",
    "warn",
    N_("Messages mis de côté parce qu’ils ont échoué : %(count)s."),
    N_("Tout le reste continue. Ils sont gardés entiers."),
    N_("Voir pourquoi, puis les rejouer ou les classer."),
)
FULL = Words(
    "stream-full",
    "bad",
    N_("NATS refuse les nouvelles de ce service : son espace est plein ou ne peut plus écrire."),
    N_("Les pages et les inscriptions marchent ; les nouvelles attendent ici et partiront seules, chacune une fois."),
    N_("Donner de la place à NATS : agrandir le disque ou la limite de « provision », puis le lancer."),
)
OUTBOX = Words(
    "outbox-late",
    "warn",
    N_("Des nouvelles de ce service attendent de partir : %(count)s."),
    N_("Les pages marchent. Les autres services ne savent pas encore ce qui vient de changer ici."),
    N_("Vérifier NATS et le journal du service ; elles partiront seules."),
)
LEASE = Words(
    "lease-stuck",
    "bad",
    N_("Personne ne fait le travail « %(lease)s » : le bail est libre, ou tenu par un programme qui ne répond plus."),
    N_("Les pages marchent ; ce travail attend et reprendra là où il s’est arrêté."),
    N_("Relancer ce service, avec RUN=worker. Si l’horloge de MongoDB a reculé : supprimer ce bail de « leases »."),
)
LAG = Words(
    "consumer-late",
    "warn",
    N_("Ce service est en retard sur « %(source)s » : %(count)s nouvelles à lire."),
    N_("Les pages marchent, avec un peu de retard. Rien n’est perdu."),
    N_("Attendre s’il y a foule ; sinon, regarder le journal du service."),
)
CLOCK = Words(
    "clock-off",
    "warn",
    N_("L’horloge de cette machine a %(seconds)s secondes d’écart avec celle de la base de données."),
    N_("Les inscriptions et l’accueil marchent ; les heures affichées, les rappels et les délais sont faux."),
    N_("Remettre la machine à l’heure (NTP)."),
)
AHEAD = Words(
    "facts-ahead",
    "warn",
    N_("« %(source)s » date ses nouvelles de l’avenir : l’horloge de sa machine avance de %(seconds)s secondes."),
    N_("Tout est lu normalement ; les heures qui viennent de là sont fausses."),
    N_("Remettre cette machine à l’heure (NTP)."),
)
DISK = Words(
    "disk-full",
    "warn",
    N_("Le disque de la base de données est presque plein : il reste %(percent)s %%."),
    N_("Tout marche encore. Plein, il arrêterait les inscriptions et l’accueil."),
    N_("Faire de la place ou agrandir le disque, sans attendre."),
)

OVERDUE = Words(
    "deletion-late",
    "warn",
    N_("Des données qui devaient être effacées sont encore là : %(count)s."),
    N_("Tout le reste continue, et ce qui échoue est réessayé seul, de plus en plus rarement : au moins chaque jour."),
    N_("Lire « retention.failed » dans le journal du service ; sans cette ligne, le relancer avec RUN=worker."),
)


def found(report: "Report") -> list[Finding]:
    """Everything wrong that this report shows, the worst first."""
    if report.lost:
        return [Finding(LOST, params={"service": report.service})]
    if not report.mongo:
        here = [Finding(MONGO), *_nats(report)]
    else:
        here = [*_nats(report), *_consumers(report), *_facts(report), *_machine(report), *report.own]
    return sorted(here, key=lambda one: one.words.level != "bad")


def _nats(report: "Report") -> list[Finding]:
    return [] if report.nats else [Finding(NATS)]


def _consumers(report: "Report") -> list[Finding]:
    here = [Finding(CONSUMER, name, params={"source": _source(name)}) for name in sorted(report.missing)]
    link = f"/equipe/sante/{report.service}"
    here += [
        Finding(PAUSED, name, since, {"source": _source(name)}, link) for name, since in sorted(report.paused.items())
    ]
    here += [
        Finding(LAG, name, params={"source": _source(name), "count": count})
        for name, count in report.lag.items()
        if (count or 0) > LAGGING and name not in report.paused
    ]
    if report.dead_letters:
        here.append(Finding(LETTERS, "", report.letters_since, {"count": report.dead_letters}, link))
    here += [
        Finding(AHEAD, publisher, params={"source": NAMES[publisher], "seconds": round(seconds)})
        for publisher, seconds in report.ahead.items()
        if seconds > CLOCK_SECONDS
    ]
    return here


def _facts(report: "Report") -> list[Finding]:
    since = report.pending_since
    if report.refused:
        return [Finding(FULL, "", since)]
    stuck = [Finding(LEASE, name, params={"lease": name}) for name in report.stuck]
    late = report.oldest_pending > SLOW_SECONDS and report.nats
    return stuck + ([Finding(OUTBOX, "", since, {"count": report.pending})] if late else [])


def _machine(report: "Report") -> list[Finding]:
    here = []
    if abs(report.clock) > CLOCK_SECONDS:
        here.append(Finding(CLOCK, params={"seconds": abs(round(report.clock))}))
    if report.disk_free < report.disk_least:
        here.append(Finding(DISK, params={"percent": round(report.disk_free * 100)}))
    if report.overdue:
        here.append(Finding(OVERDUE, params={"count": report.overdue}))
    return here


def _source(durable: str) -> str:
    """The service that this consumer reads, as people call it."""
    return NAMES.get(durable.rpartition("_")[2], durable)


class Watch:
    """Remembers since when each finding has been there. What is gone for one look begins anew."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}

    def look(self, findings: Sequence[Finding], at: datetime) -> list[Finding]:
        """The findings, each with its beginning."""
        self._since = {one.key: self._since.get(one.key) or one.since or at for one in findings}
        return [replace(one, since=one.since or self._since[one.key]) for one in findings]
