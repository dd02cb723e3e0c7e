"""What was left over from the edition before, or not translated."""

from pathlib import Path

import services.programme
from services.programme.domain.checks import Finding, findings
from services.programme.domain.editions import Edition, Notice, Session
from services.programme.domain.places import Places
from shared import i18n
from shared.web import said
from tests.programme.factories import a_draft, a_session, an_edition

i18n.add(Path(services.programme.__file__).parent / "i18n")
WHOLE = {"fr": "Rencontres", "en": "Meetings", "es": "Encuentros"}


def found(code: str, edition: Edition, *sessions: Session) -> list[Finding]:
    """The findings with this code."""
    return [one for one in findings(edition, a_draft(*sessions), Places("raict-2026"), None) if one.code == code]


def test_year_before_is_found_in_every_text():
    edition = an_edition(
        theme=WHOLE | {"es": "Temas de 2025"},
        practical=(Notice(WHOLE, WHOLE | {"fr": "Qui peut organiser un « Café » en 2025 ?"}),),
    )
    made = found("year-before", edition, a_session(title=WHOLE | {"fr": "Bilan 2025"}), a_session("s-2", room=None))
    assert [(finding.sessions, finding.params["excerpt"]) for finding in made] == [
        (("s-1",), "Bilan 2025"),
        ((), "Temas de 2025"),
        ((), "Qui peut organiser un « Café » en 2025 ?"),
    ]


def test_years_that_are_not_the_one_before_are_no_leftover():
    edition = an_edition(theme={"fr": "Depuis 2012, pour 2026 et 2030, 12025 fois"})
    assert found("year-before", edition) == []


def test_leftover_is_shown_with_the_words_around_it():
    text = "Cette phrase commence bien avant, pour des informations sur les Cafés en 2025, et finit bien plus loin."
    (finding,) = found("year-before", an_edition(theme={"fr": text}))
    assert finding.params["excerpt"] == "… pour des informations sur les Cafés en 2025, et finit bien plus loin."


def test_missing_translations_are_listed_for_each_session():
    session = a_session(title=WHOLE, description={"fr": "Un texte.", "en": "A text.", "es": " "})
    (finding,) = found("not-translated", an_edition(title=WHOLE, theme=WHOLE), session)[:1]
    assert (finding.sessions, said("fr", finding)) == (("s-1",), "«\u00a0Rencontres\u00a0» n’est pas traduit (ES).")


def test_only_the_languages_of_the_edition_are_wanted():
    edition = an_edition(languages=("fr",))
    assert found("not-translated", edition, a_session()) == []


def test_wrong_weekday_is_found_with_the_right_one():
    notice = Notice(WHOLE, WHOLE | {"fr": "Le jeudi 8 juillet, puis le jeudi 9 juillet, et vendredi 31 juin."})
    (finding,) = found("wrong-weekday", an_edition(highlights=(notice,)))
    assert said("fr", finding) == "Mercredi 8 juillet 2026, et non «\u00a0jeudi 8 juillet\u00a0»."
    assert said("es", finding) == "Miércoles 8 de julio de 2026, y no «jeudi 8 juillet»."


def test_highlight_of_a_session_that_went_away_is_found():
    notice = Notice(WHOLE, WHOLE, session="s-1")
    assert found("highlight-gone", an_edition(highlights=(notice,)), a_session()) == []
    assert [finding.sessions for finding in found("highlight-gone", an_edition(highlights=(notice,)))] == [("s-1",)]
