"""The words each mail has until the team writes others, in French; the catalogues have them in English and Spanish.

One entry for each `Template`. Placeholders are those of `domain/wording.py`; what a fixed part says is not said here.
"""

from collections.abc import Mapping

from services.notifications.domain.deliveries import Template
from services.notifications.domain.wording import Words
from shared.i18n import N_, gettext

_HELLO = N_("Bonjour {nom},")
_QUESTION = N_("Une question ? Répondez à ce message, ou appelez le {telephone}.")
_NOT_COMING = N_("Vous ne venez plus ? Annulez sur {lien} : votre place servira à quelqu’un d’autre.")
_NOT_YOU = N_("Vous n’avez rien demandé ? Répondez à ce message, ou appelez le {telephone}.")


_DEFAULTS: Mapping[Template, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    Template.CONFIRMATION: (
        N_("{edition} : votre inscription est confirmée"),
        (_HELLO, N_("Nous vous attendons {dates}, à cette adresse : {lieu}.")),
        (_NOT_COMING, _QUESTION),
    ),
    Template.BADGE_READY: (
        N_("{edition} : votre badge est prêt"),
        (_HELLO, N_("Le badge annoncé dans notre message précédent est joint.")),
        (_QUESTION,),
    ),
    Template.CANCELLATION: (
        N_("{edition} : votre inscription est annulée"),
        (
            _HELLO,
            N_("Nous ne vous attendons plus {dates}."),
        ),
        (N_("Vous n’avez rien annulé, ou vous changez d’avis ? Répondez à ce message, ou appelez le {telephone}."),),
    ),
    Template.SUBMITTED: (
        N_("{edition} : votre demande est reçue"),
        (
            _HELLO,
            N_("Nous avons reçu votre demande d’inscription pour {dates}, à cette adresse : {lieu}."),
            N_("L’équipe l’étudie et vous répond par courriel. D’ici là, vous n’avez rien à faire."),
        ),
        (N_("Vous changez d’avis ? Retirez votre demande sur {lien}."), _QUESTION),
    ),
    Template.WAITLISTED: (
        N_("{edition} : vous êtes sur la liste d’attente"),
        (
            _HELLO,
            N_("C’est complet pour le moment : {place}. Votre rang sur la liste d’attente est le {rang}."),
            N_("Dès qu’une place se libère pour vous, nous vous écrivons. Vous n’avez rien à faire."),
        ),
        (N_("Vous ne voulez plus attendre ? Dites-le sur {lien}."), _QUESTION),
    ),
    Template.OFFERED: (
        N_("{edition} : une place vous est proposée"),
        (
            _HELLO,
            N_("Une place est libre : {place}. Elle est à vous si vous l’acceptez avant le {echeance}."),
            N_("Sans réponse d’ici là, elle passe à la personne suivante."),
        ),
        (_QUESTION,),
    ),
    Template.OFFER_EXPIRED: (
        N_("{edition} : la place proposée n’est plus à vous"),
        (
            _HELLO,
            N_("Une place vous était proposée : {place}. Elle est passée à la personne suivante."),
        ),
        (N_("Vous voulez encore une place ? Répondez à ce message, ou appelez le {telephone}."),),
    ),
    Template.REFUSED: (
        N_("{edition} : votre demande n’est pas retenue"),
        (_HELLO, N_("Nous ne pouvons pas donner suite à votre demande d’inscription pour {dates}.")),
        (_QUESTION,),
    ),
    Template.SESSIONS_CHANGED: (
        N_("{edition} : vos séances ont changé"),
        (_HELLO, N_("Vos séances ont changé. Voici ce qui est différent.")),
        (N_("Vous choisissez vos séances sur {lien}."), _QUESTION),
    ),
    Template.DATA_CHANGED: (
        N_("{edition} : votre inscription est modifiée"),
        (_HELLO, N_("Votre inscription est modifiée. Voici ce qui est différent.")),
        (_NOT_YOU,),
    ),
    Template.ADDRESS_CHANGED: (
        N_("{edition} : votre adresse a changé"),
        (
            _HELLO,
            N_("Votre inscription a une nouvelle adresse électronique. Nos messages y partent désormais, et plus ici."),
        ),
        (N_("Vous n’avez rien changé ? Répondez à ce message, ou appelez le {telephone}."),),
    ),
    Template.PROGRAMME_CHANGED: (
        N_("{edition} : le programme change pour vous"),
        (_HELLO, N_("La version {version} du programme est publiée. Voici ce qui change pour vous.")),
        (N_("Un horaire ne vous convient plus ? Changez de séance sur {lien}."), _QUESTION),
    ),
    Template.TRANSFER_RECEIVED: (
        N_("{edition} : une inscription vous est transmise"),
        (
            _HELLO,
            N_("{personne} vous transmet son inscription. Nous vous attendons {dates}, à cette adresse : {lieu}."),
        ),
        (_NOT_COMING, _QUESTION),
    ),
    Template.TRANSFER_GIVEN: (
        N_("{edition} : votre inscription est transmise"),
        (
            _HELLO,
            N_("{personne} vient à votre place. Votre lien ne fonctionne plus, et votre badge n’ouvre plus l’entrée."),
        ),
        (N_("Vous n’avez rien transmis ? Répondez à ce message, ou appelez le {telephone}."),),
    ),
    Template.NEW_LINK: (
        N_("{edition} : votre nouveau lien"),
        (_HELLO, N_("Voici le nouveau lien vers votre inscription. Le précédent ne fonctionne plus.")),
        (N_("Gardez-le pour vous : il ouvre votre inscription à qui le possède."), _NOT_YOU),
    ),
    Template.LOST_LINK: (
        N_("{edition} : le lien vers votre inscription"),
        (
            N_("Bonjour,"),
            N_("Quelqu’un, sans doute vous, a demandé le lien vers les inscriptions faites avec cette adresse."),
        ),
        (N_("Vous n’avez rien demandé ? Il n’y a rien à faire : ce message n’est parti qu’à vous."), _QUESTION),
    ),
    Template.ERASED: (
        N_("{edition} : vos données sont effacées"),
        (
            _HELLO,
            N_("Votre inscription est effacée, avec tout ce que nous savions de vous : séances, badge et messages."),
            N_("Votre lien n’ouvre plus rien, et votre badge n’ouvre plus l’entrée. Ce message est le dernier."),
        ),
        (_NOT_YOU,),
    ),
    Template.REMINDER_EDITION: (
        N_("{edition} : nous vous attendons {debut}"),
        (_HELLO, N_("Tout commence {debut}, à cette adresse : {lieu}.")),
        (_NOT_COMING, _QUESTION),
    ),
    Template.REMINDER_SESSION: (
        N_("{edition} : {horaire}, {seance}"),
        (_HELLO, N_("Votre séance approche : {seance}, {horaire}, {salle}.")),
        (N_("Vous n’y allez plus ? Rendez votre place sur {lien} : elle servira à quelqu’un d’autre."), _QUESTION),
    ),
}


def words(template: Template, lang: str) -> Words:
    """The default words of a mail in one language."""
    title, opening, closing = _DEFAULTS[template]
    said = ["\n\n".join(gettext(lang, paragraph) for paragraph in part) for part in ((title,), opening, closing)]
    return Words(*said)
