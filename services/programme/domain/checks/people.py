"""People: who would have to be in two places at once, and who loses a session."""

from collections.abc import Iterator

from services.programme.domain.checks.finding import Finding
from services.programme.domain.checks.ground import Ground
from services.programme.domain.editions import SOURCE, Session
from services.programme.domain.speakers import plain


class SpeakerTwice(Finding):
    """Somebody speaks, chairs or moderates in two sessions at the same time."""

    code = "speaker-twice"
    severity = "bad"
    text = "%(name)s intervient au même moment dans « %(one)s » et « %(other)s »."


class PeopleTwice(Finding):
    """People are enrolled in two sessions that overlap now."""

    code = "people-twice"
    severity = "bad"
    text = "« %(one)s » et « %(other)s » se chevauchent. Inscrits aux deux : %(count)s."


class TitleTwice(Finding):
    """Two sessions of the same title take place at the same time: perhaps one was entered twice."""

    code = "title-twice"
    text = "« %(title)s » figure deux fois au même moment."


class EnrolledInCancelled(Finding):
    """A session that people are enrolled in, or wait for, is no longer in the draft: it will be cancelled."""

    code = "enrolled-in-cancelled"
    text = "« %(title)s » n’est plus au programme. Inscrits : %(enrolled)s, en attente : %(waiting)s."


def people(ground: Ground) -> Iterator[Finding]:
    """What is wrong for people."""
    for one, other in ground.overlapping():
        yield from _together(ground, one, other)
    yield from _losing(ground)


def _together(ground: Ground, one: Session, other: Session) -> Iterator[Finding]:
    ids, titles = (one.id, other.id), {"one": one.title, "other": other.title}
    mine, theirs = _names(one), _names(other)
    for name in sorted(mine.keys() & theirs.keys()):
        yield SpeakerTwice(ids, {"name": mine[name], **titles})
    if count := ground.places.shared(one.id, other.id):
        yield PeopleTwice(ids, {**titles, "count": count})
    if plain(one.title.get(SOURCE, "")) == plain(other.title.get(SOURCE, "")) and not ground.is_break(one):
        yield TitleTwice(ids, {"title": one.title})


def _names(session: Session) -> dict[str, str]:
    return {plain(speaker.name): speaker.name for speaker in session.speakers}


def _losing(ground: Ground) -> Iterator[Finding]:
    kept = {session.id for session in ground.sessions}
    for session in ground.released.sessions if ground.released else ():
        use = ground.places.of(session.id, session.capacity)
        if session.id not in kept and session.status == "scheduled" and (use.taken or use.waiting):
            said = {"title": session.title, "enrolled": use.taken, "waiting": use.waiting}
            yield EnrolledInCancelled((session.id,), said)
