"""The draft by day, with what has changed since the last release and what should be looked at."""

from fastapi import APIRouter, Request, Response

from services.programme.web import views
from services.programme.web.context import DeskDep, PublicDep
from services.programme.web.editor.work import Row, load, spelled
from services.programme.web.views import Filter
from shared.i18n import N_
from shared.web import Staff, staff

router = APIRouter(prefix="/equipe/programme")

DONE = {
    "seance": N_("La séance est enregistrée dans le brouillon. Le public ne la voit pas avant la prochaine version."),
    "retrait": N_("La séance est retirée du brouillon. Le public la voit encore jusqu’à la prochaine version."),
    "publiee": N_("La version est publiée."),
    "deja": N_("Cette version était déjà publiée : rien n’a été envoyé une deuxième fois."),
}


@router.get("")
async def programme(
    request: Request,
    desk: DeskDep,
    public: PublicDep,
    *,
    person: Staff = staff(),
    jour: str = "",
    fait: str = "",
    seance: str = "",
) -> Response:
    """The draft; who may not change it reads it. After a change, `fait` says which and `seance` of what."""
    if public is None:
        return desk.pages.render(request, "equipe_programme.html", work=None)
    work = await load(desk, public)
    zone = work.saved.edition.timezone
    days = views.days(work.cards(), zone)
    rows = work.rows()
    chosen = jour if jour in {day.date.isoformat() for day in days} else ""
    return desk.pages.render(
        request,
        "equipe_programme.html",
        work=work,
        rows=rows,
        all_days=days,
        days=views.days(work.cards(), zone, Filter(day=chosen)),
        chosen=chosen,
        conflicts={day.date: _conflicts(day, rows) for day in days},
        may_edit=person.may("programme"),
        done=DONE.get(fait, ""),
        saved=rows.get(seance),
        spelled=spelled(request, work.saved.edition.timezone),
    )


def _conflicts(day: views.Day, rows: dict[str, Row]) -> int:
    """How many sessions of a day are in a conflict."""
    ids = [card.session.id for slot in day.slots for card in slot.cards]
    return sum(any(finding.severity == "bad" for finding in rows[id].findings) for id in ids)
