"""What may be wrong with mail, in plain words for the team's health page, and counted for Prometheus."""

from datetime import timedelta

from services.notifications.store import Store
from shared.clock import now
from shared.findings import Finding, Words
from shared.i18n import N_

LATE = timedelta(minutes=2)
"""A message that was due so long ago is late: the mailer takes what is due within seconds."""
RECENT = timedelta(days=1)
"""Refusals older than this are no news."""
MESSAGES = "/equipe/messages"

AWAY = Words(
    "mail-away",
    "bad",
    N_("Les courriels ne partent plus : le serveur d’envoi ne répond pas."),
    N_("Rien n’est perdu : ils attendent et partiront seuls, chacun une fois. Les inscriptions et l’accueil marchent."),
    N_("Vérifier le serveur d’envoi et le réseau."),
)
TURNED_AWAY = Words(
    "mail-refuses-us",
    "bad",
    N_("Les courriels ne partent plus : le serveur d’envoi nous refuse (réponse %(answer)s)."),
    N_("Rien n’est perdu : ils attendent et partiront seuls, chacun une fois. Les inscriptions et l’accueil marchent."),
    N_("Vérifier le mot de passe et l’adresse d’envoi dans SMTP_URL et MAIL_FROM, puis relancer « Messages »."),
)
DELAYED = Words(
    "mail-late",
    "warn",
    N_("Courriels en retard : %(count)s."),
    N_("Ils partiront seuls, chacun une fois. Un rappel trop tardif ne part pas et reste noté."),
    N_("Regarder l’état du serveur d’envoi et le journal du service."),
)
REFUSED_FOR_NOW = Words(
    "mail-refused-for-now",
    "warn",
    N_("Courriels que le serveur d’envoi a refusés pour le moment : %(count)s."),
    N_("Chacun est essayé à nouveau, de plus en plus rarement, pendant seize heures."),
    N_("Lire la réponse du serveur dans « Messages » ; s’il refuse tout, l’appeler."),
)
REFUSED = Words(
    "mail-refused",
    "warn",
    N_("Courriels refusés pour de bon depuis hier : %(count)s."),
    N_("Les autres partent."),
    N_("Corriger l’adresse avec la personne, puis renvoyer."),
)
IN_DOUBT = Words(
    "mail-unknown",
    "warn",
    N_("Courriels dont on ne sait pas s’ils sont arrivés : %(count)s."),
    N_("Les autres partent. Ceux-ci ne sont plus essayés, pour ne pas arriver en double."),
    N_("Décider pour chacun : renvoyer, ou abandonner."),
)


async def concerns(store: Store) -> list[Finding]:
    """What is wrong with mail now."""
    at = now()
    here = []
    if server := await store.mail_server():
        words = TURNED_AWAY if server["answer"] else AWAY
        here.append(Finding(words, "", server["since"], {"answer": server["answer"]}, MESSAGES))
    for words, (count, since), address in (
        (DELAYED, await store.late(at - LATE), MESSAGES),
        (REFUSED_FOR_NOW, await store.refused_for_now(), f"{MESSAGES}?etat=reessai"),
        (REFUSED, await store.refused_since(at - RECENT), f"{MESSAGES}?etat=echoue"),
        (IN_DOUBT, await store.in_doubt(), f"{MESSAGES}?etat=retenu"),
    ):
        if count:
            here.append(Finding(words, "", since, {"count": count}, address))
    return here


async def figures(store: Store) -> dict[str, dict[str, float]]:
    """The deliveries by state, and when mail last left, for the metrics."""
    counts = await store.counts()
    late, _since = await store.late(now() - LATE)
    held, _since = await store.in_doubt()
    last = await store.last_sent()
    return {
        "deliveries": {str(state): float(count) for state, count in counts.items()},
        "deliveries_waiting": {"late": float(late), "held": float(held)},
        "mail_server": {"away": float(bool(await store.mail_server()))},
        "mail_sent_at_seconds": {"sent": last.timestamp() if last else 0.0},
    }
