"""The broken rules of this service, each with the sentence a person reads."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from shared.errors import Refusal


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Something to correct in one field. `text` is a French source with placeholders for `params`."""

    field: str
    code: str
    text: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


class Invalid(Refusal):
    """What was sent has mistakes, all of them listed so that they are mended at once."""

    code = "invalid"
    status = 422
    text = "Quelques réponses sont à corriger."

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__()
        self.mistakes = tuple(mistakes)


class RegistrationsClosed(Refusal):
    """Registration of this edition or category has ended. `date` is when it ended."""

    code = "registration-closed"
    text = "Les inscriptions sont closes depuis le %(date)s. Écrivez-nous si vous venez de loin."


class RegistrationsNotOpen(Refusal):
    """Registration of this edition or category has not begun. `date` is when it begins."""

    code = "registration-not-open"
    text = "Les inscriptions ouvrent le %(date)s."


class EditionUnknown(Refusal):
    """No registration for this edition: it was never set up, or programme has not told its dates yet."""

    code = "edition-unknown"
    status = 404
    text = "Les inscriptions de cette édition ne sont pas encore prêtes. Revenez dans un moment."


class CategoryUnknown(Refusal):
    """The edition has no such category, or not for the public."""

    code = "category-unknown"
    status = 422
    field = "category"
    text = "Choisissez la catégorie qui vous correspond."


class EditionFull(Refusal):
    """All places of the edition are taken."""

    code = "edition-full"
    text = "Complet : toutes les places de cette édition sont prises. Vous pouvez rejoindre la liste d’attente."


class CategoryFull(Refusal):
    """All places of the category are taken."""

    code = "category-full"
    field = "category"
    text = "Cette catégorie est désormais complète. Cochez la liste d’attente pour qu’une place vous soit proposée."


class SessionFull(Refusal):
    """All places of one chosen session are taken. `session` is its id."""

    code = "session-full"
    field = "sessions"
    text = "Cette séance est désormais complète. Envoyez de nouveau pour rejoindre sa liste d’attente."


class WorkshopFull(SessionFull):
    """The same, said of a workshop."""

    text = "Cet atelier est désormais complet. Envoyez de nouveau pour rejoindre sa liste d’attente."


class RulesSavedBefore(Refusal):
    """Somebody saved the rules after this page was opened."""

    code = "rules-saved-before"
    text = (
        "Quelqu’un a enregistré ces réglages avant vous. Vos valeurs sont dans la page : enregistrer de nouveau "
        "les met à la place."
    )


class NotPending(Refusal):
    """Only what waits for the team's decision can be accepted or refused."""

    code = "not-pending"
    text = "Cette inscription n’attend plus de décision."


class OfferExpired(Refusal):
    """The place was held until `day` and `time`, and has gone on to the next person."""

    code = "offer-expired"
    status = 410
    text = "Cette place était à vous jusqu’au %(day)s, %(time)s. Elle est passée à la personne suivante."


class NothingOffered(Refusal):
    """No place is offered to this person there: never, or already accepted or declined."""

    code = "nothing-offered"
    text = "Aucune place ne vous est proposée ici."


class SessionUnknown(Refusal):
    """A chosen session does not exist, is cancelled or over, or takes no sign-up. `session` is its id."""

    code = "session-unknown"
    status = 422
    field = "sessions"
    text = "Une des séances choisies n’est plus au programme. Regardez votre choix."


class SessionsOverlap(Refusal):
    """Two chosen sessions take place at the same time. `weekday` and `time` are when, `sessions` which."""

    code = "sessions-overlap"
    status = 422
    field = "sessions"
    text = "%(weekday)s à %(time)s : deux séances en même temps, gardez-en une."


class WorkshopsOverlap(SessionsOverlap):
    """The same, when both are workshops."""

    text = "%(weekday)s à %(time)s : deux ateliers en même temps, gardez-en un."


class KeyReused(Refusal):
    """The same idempotency key came with another body."""

    code = "idempotency-key-reused"
    status = 422
    text = (
        "Ce formulaire a déjà été envoyé avec d’autres réponses. Pour inscrire une autre personne, envoyez de nouveau."
    )


class NoLongerComing(Refusal):
    """The registration was cancelled or refused: there is nothing to change."""

    code = "no-longer-coming"
    text = "Cette inscription n’est plus valable : il n’y a rien à y changer."


class NoPlaceYet(Refusal):
    """Only who has a place can hand it over."""

    code = "no-place-yet"
    text = "Cette place pourra être cédée dès qu’elle sera confirmée."


class CategoryStays(Refusal):
    """Who waits for a place, or is offered one, stands in the line of a category."""

    code = "category-stays"
    field = "category"
    text = "Cette personne attend une place dans sa catégorie : elle en change une fois inscrite."


class ChangesClosed(Refusal):
    """People could change this themselves until `day`; now the team does."""

    code = "changes-closed"
    text = "Ce changement était possible jusqu’au %(day)s. Appelez-nous, nous le faisons pour vous."


class SavedBefore(Refusal):
    """Somebody changed the same things since the page was opened."""

    code = "saved-before"
    text = "Cette inscription a été modifiée avant vous. Voici les deux versions, choisissez."


class Stale(Refusal):
    """`If-Match` names a sequence that is no longer the registration's."""

    code = "stale"
    status = 412
    text = "Cette inscription a changé depuis que vous l’avez lue. Relisez-la, puis recommencez."


class Unconditional(Refusal):
    """A change that does not say on which version it was built."""

    code = "if-match-missing"
    status = 428
    text = "Dites sur quelle version se fonde ce changement : l’ETag de ce que vous avez lu, dans If-Match."


class HandedOver(Refusal):
    """The link is that of a person who passed their place on."""

    code = "handed-over"
    status = 410
    text = "Cette inscription a été transmise à une autre personne. Ce lien n’ouvre plus rien."


class LinkReplaced(Refusal):
    """The link was replaced by a newer one."""

    code = "link-replaced"
    status = 410
    text = "Ce lien a été remplacé par un plus récent, envoyé par courriel."


class Forgotten(Refusal):
    """This was sent before, and what came of it was erased since: sending it again must not bring it back."""

    code = "erased"
    status = 410
    text = "Cette inscription a été effacée. Pour vous inscrire de nouveau, recommencez depuis le formulaire."


class ImportUnderWay(Refusal):
    """A list is carried out, or was: it can be neither changed nor thrown away."""

    code = "import-under-way"
    text = "Cet import est déjà lancé. Voici où il en est."


class LineBroken(Refusal):
    """We failed on one line of a list."""

    code = "broken"
    status = 500
    text = "Une erreur de notre part a empêché d’inscrire cette ligne. Elle est notée ; envoyez de nouveau la ligne."


class HeadingsMissing(Refusal):
    """A list without the columns that everybody needs. `names` are theirs, in each language."""

    code = "headings-missing"
    status = 422
    field = "file"
    text = "Colonnes introuvables : %(names)s. La première ligne doit porter les en-têtes du modèle."


class TooManyAtOnce(Refusal):
    """More registrations from one address than its allowance; the answers are kept on the page."""

    code = "too-many-requests"
    status = 429
    text = "Beaucoup de monde en ce moment. Vos réponses sont gardées, réessayez dans 30 secondes."
    retry_after = 30


class LooksAutomatic(Refusal):
    """The field that people do not see was filled. Sent again with that field empty, it is accepted."""

    code = "looks-automatic"
    status = 422
    text = "Cet envoi ressemble à celui d’un automate. Vos réponses sont gardées : envoyez-les de nouveau."


def mistake_of(refusal: Refusal) -> Mistake:
    """A refusal as a mistake in its field."""
    return Mistake(refusal.field or "", refusal.code, refusal.text, refusal.params)
