"""What a person receives: the words, the layout, the files, whatever their name is made of."""

import base64
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import icalendar
import pytest

from services.notifications import defaults
from services.notifications.composing import Composer
from services.notifications.domain import agenda, letters, mails
from services.notifications.domain.deliveries import Template
from services.notifications.domain.letters import Content, Difference, Matter
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.timetables import timetable
from services.notifications.domain.told import NOTHING_TOLD
from services.notifications.domain.wording import Words
from services.notifications.mime import Sender, Unsendable, address_for_envelope, parcel
from shared.web.pages import Pages
from tests.notifications.factories import (
    MANAGE_URL,
    NOW,
    PATIENCE,
    PDF,
    a_cancelled,
    a_confirmed,
    a_released,
    a_session,
    an_edition,
    an_issued,
)

SERVICE = Path(__file__).parents[2] / "services" / "notifications"
COMPOSER = Composer(Pages("notifications", SERVICE), "https://rencontres.example")
SENDER = Sender.read("Rencontres <rencontres@rencontres.example>")
NBSP = "\N{NO-BREAK SPACE}"

HOSTILE = [
    "Bob\r\nBcc: victim@example.org",
    "{{7*7}}",
    "{% for x in ().__class__ %}",
    "<script>alert(1)</script>",
    "%(password)s 100 %s",
    "\u202eעמר",
    "محمد",
    "山田太郎",
    "Zoé 👩🏽‍🚀",
    "x" * 10_000,
    "A\x00B\x1bC",
]


def a_matter(name: str = "Kervadec-Diallo") -> Matter:
    confirmed = a_confirmed(sessions=("2026-13",))
    (session,) = (item for item in letters.timetable(confirmed, an_edition(), a_released()) if item.chosen)
    return Matter(
        session=session,
        until=NOW,
        offer_url=f"{MANAGE_URL}/offre/2026-13",
        position=3,
        person=name,
        release=2,
        differences=(
            Difference({"fr": "Salle"}, ("Monge",), ("Laplace",)),
            Difference("Horaire", (NOW, (session.start, session.end)), ()),
        ),
        registrations=((name, MANAGE_URL),),
    )


def told_before(known, released=None):
    """What a confirmation told this person."""
    items = timetable(known.fact, an_edition(), released or a_released())
    said = agenda.updated(items, (), NOTHING_TOLD, an_edition(), released or a_released(), alone=True).said
    return NOTHING_TOLD.with_mail(said, 1, 1)


def a_letter(template=Template.CONFIRMATION, badge=True, clears=True, released=None, edition=None, **changes):
    if template is Template.CANCELLATION:
        mail = mails.learnt(Correspondence(), a_cancelled(**changes), 2, now=NOW, patience=PATIENCE)
    else:
        mail = mails.learnt(Correspondence(), a_confirmed(**changes), 1, now=NOW, patience=PATIENCE)
    (delivery,) = mail.deliveries.values()
    return letters.letter(
        replace(delivery, template=template, with_badge=badge),
        mail.known,
        edition or an_edition(),
        released or a_released(),
        an_issued(),
        told=told_before(mail.known, released) if clears else NOTHING_TOLD,
        matter=a_matter(mail.known.fact.person.family_name),
    )


def compose(*args, **changes) -> Content:
    return COMPOSER.compose(a_letter(*args, **changes))


def posted(content: Content, **changes) -> EmailMessage:
    given = {
        "recipient": "solene.kervadec@mairie.example",
        "sender": SENDER,
        "reply_to": "rencontres@cites-unies.example",
        "id": "d1",
        "language": "fr",
        "date": NOW,
    }
    message = message_from_bytes(parcel(content, **{**given, **changes}).message, policy=policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def calendar_of(content: Content) -> icalendar.Calendar:
    (file,) = [one for one in content.attachments if one.media_type.startswith("text/calendar")]
    return icalendar.Calendar.from_ical(file.content)


def test_a_confirmation_says_where_and_when_and_what_was_chosen():
    content = compose(sessions=("2026-01", "2026-13"))
    for part in (content.text, content.html):
        assert "mercredi 8 et jeudi 9 juillet 2026" in part
        assert "Salons de l’Hôtel des Arts et Métiers, 9bis avenue d’Iéna, 75116 Paris" in part
        assert "L’AICT face au changement climatique" in part
        assert "La ressource en eau au Maghreb" in part
        assert "ECSI et AICT" not in part
        assert f"14{NBSP}h{NBSP}30" in part
        assert "K4P72-RMXQ8" in part
        assert MANAGE_URL in part
    assert content.title == f"RAICT 2026{NBSP}: votre inscription est confirmée"


def test_a_confirmation_carries_the_badge_and_the_calendar():
    content = compose()
    assert [file.name for file in content.attachments] == ["badge-raict-2026.pdf", "raict-2026.ics"]
    assert content.attachments[0].content == PDF


def test_a_confirmation_without_badge_says_that_it_follows():
    content = compose(badge=False)
    assert "Votre badge suit" in content.text
    assert "K4P72-RMXQ8" not in content.text
    assert [file.name for file in content.attachments] == ["raict-2026.ics"]


def test_a_badge_mail_carries_the_badge_alone():
    content = compose(Template.BADGE_READY)
    assert [file.name for file in content.attachments] == ["badge-raict-2026.pdf"]
    assert "K4P72-RMXQ8" in content.html


def test_a_cancellation_takes_the_sessions_out_of_the_calendar():
    asked, taken = calendar_of(compose()), calendar_of(compose(Template.CANCELLATION))
    assert (asked["METHOD"], taken["METHOD"]) == ("PUBLISH", "CANCEL")
    assert [one["UID"] for one in taken.walk("VEVENT")] == [one["UID"] for one in asked.walk("VEVENT")]


def test_a_cancellation_without_a_confirmation_before_has_no_calendar():
    content = compose(Template.CANCELLATION, clears=False)
    assert content.attachments == ()
    assert "agenda" not in content.text


def test_a_calendar_holds_the_chosen_sessions_and_those_open_to_all():
    titles = [str(one["SUMMARY"]) for one in calendar_of(compose(sessions=("2026-01", "2026-13"))).walk("VEVENT")]
    expected = ["L’AICT face au changement climatique", "Le nouvel ordre mondial", "La ressource en eau au Maghreb"]
    assert titles == expected


def test_a_day_without_anything_chosen_is_in_the_calendar_all_the_same():
    events = calendar_of(compose(sessions=("2026-01",))).walk("VEVENT")
    assert events[-1]["UID"] == "raict-2026-2026-07-09@rencontres"
    assert events[-1]["DTSTART"].dt.isoformat() == "2026-07-09T13:30:00+00:00"


def test_a_session_cancelled_by_the_programme_is_said_to_be():
    gone = a_session("2026-01", 8, "14:30", "16:00", "L’AICT", status="cancelled")
    content = compose(released=a_released(sessions=(gone,)))
    assert "Cette séance est annulée." in content.text
    states = {str(one["UID"]): str(one["STATUS"]) for one in calendar_of(content).walk("VEVENT")}
    assert states["2026-01@rencontres.example"] == "CANCELLED"


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize(
    ("lang", "hello", "french"), [("en", "Dear", "inscription"), ("es", "Hola", "votre"), ("de", "Bonjour", "your")]
)
def test_a_mail_speaks_the_language_of_the_person(template, lang, hello, french):
    content = compose(template, language=lang, same_address=True)
    assert content.text.startswith((hello, "Hello") if hello == "Dear" else hello)
    assert french not in content.text.replace("mon-inscription", "").lower()
    assert french not in content.title


@pytest.mark.parametrize("template", [Template.CONFIRMATION, Template.CANCELLATION])
def test_an_address_used_twice_is_told_whose_registration_this_is(template):
    sentence = "ne concerne que l’inscription à ce nom : Solène Kervadec-Diallo."
    assert sentence in compose(template, same_address=True).text
    assert sentence not in compose(template).text


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
@pytest.mark.parametrize("template", Template)
def test_the_first_words_say_what_a_date_or_a_place_is_rather_than_put_a_colon_between(template, lang):
    assert not re.search(r"\}\s?: \{|inscription\s?: \{", defaults.words(template, lang).opening)


@pytest.mark.parametrize("shared", [True, False])
def test_a_list_of_mails_tells_apart_those_to_two_people_at_one_address(shared):
    html = compose(Template.CONFIRMATION, same_address=shared).html
    preview = re.search(r"display:none[^>]*>([^<]*)<", html)
    assert preview
    assert ("Solène Kervadec-Diallo" in preview[1], "Nous vous attendons" in preview[1]) == (shared, True)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("template", Template)
def test_a_hostile_name_stays_a_name(template, name):
    content = compose(template, family_name=name, given_name="")
    message = posted(content)
    shown = name.replace("\r", "").replace("\n", "").replace("\x00", "").replace("\x1b", "")
    assert shown in content.text
    assert "<script>" not in content.html
    assert message["Bcc"] is None
    assert name not in " ".join(str(value) for value in message.values())


def test_a_name_from_right_to_left_does_not_turn_the_words_around_it():
    content = compose(family_name="عمر", given_name="")
    assert "\N{FIRST STRONG ISOLATE}عمر\N{POP DIRECTIONAL ISOLATE}," in content.text
    assert "<bdi>عمر</bdi>" in content.html


def test_a_message_is_what_mail_programs_expect():
    content = compose()
    message = posted(content)
    assert message["From"] == "Rencontres <rencontres@rencontres.example>"
    assert message["To"] == "solene.kervadec@mairie.example"
    assert message["Reply-To"] == "rencontres@cites-unies.example"
    assert message["Subject"] == content.title
    assert message["Message-ID"] == "<d1@rencontres.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/mixed"
    words, badge, calendar = message.iter_parts()
    assert [part.get_content_type() for part in words.iter_parts()] == ["text/plain", "text/html"]
    assert (badge.get_content_type(), badge.get_filename()) == ("application/pdf", "badge-raict-2026.pdf")
    assert (calendar.get_content_type(), calendar.get_param("method")) == ("text/calendar", "PUBLISH")


def test_a_message_carries_its_words_and_files_unchanged():
    content = compose()
    message = posted(content)
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert plain.splitlines() == content.text.splitlines()
    assert html.splitlines() == content.html.splitlines()
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [
        file.content for file in content.attachments
    ]


def test_a_message_has_no_line_that_a_mail_server_may_cut():
    raw = parcel(
        compose(family_name="x" * 10_000),
        recipient="a@example.org",
        sender=SENDER,
        reply_to="b@example.org",
        id="d1",
        language="fr",
        date=NOW,
    ).message
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_title_cannot_add_a_header():
    content = compose(edition=an_edition(short="RAICT\r\nBcc: victim@example.org"))
    message = posted(content)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("RAICT Bcc: victim@example.org")


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@", "@b.example", "a b@c.example", "a@b@c", "a@b.example\r\nBcc: c@d", "<a@b.example>", "a,b@c"],
)
def test_an_address_that_no_server_takes_is_refused(address):
    with pytest.raises(Unsendable):
        address_for_envelope(address)


def test_an_address_with_accents_keeps_them_before_the_at_sign_only():
    message = posted(compose(), recipient="élu@région.example")
    assert message["To"] == "élu@xn--rgion-bsa.example"


@pytest.mark.parametrize("template", Template)
def test_text_and_html_say_the_same(template):
    content = compose(template)
    html = unescape(re.sub(r"<[^>]+>", " ", content.html.partition("</head>")[2]))
    words = re.findall(r"\w+", re.sub(r"https?://\S+", "", content.text).casefold())
    assert [word for word in words if word not in html.casefold()] == []
    assert set(re.findall(r"https?://[^\s)]+", content.text)) == set(re.findall(r'href="([^"]+)"', content.html))


def test_words_of_the_team_take_the_place_of_ours():
    typed = Words.typed("Titre {edition}", "{nom} & <b>co</b>\r\nsuite\r\n\r\n{dates}", "Fin {lien}")
    content = COMPOSER.compose(a_letter(family_name="{lien}", given_name=""), typed)
    assert content.title == "Titre RAICT 2026"
    assert content.text.startswith("{lien} & <b>co</b>\nsuite\n\nmercredi 8 et jeudi 9 juillet 2026\n")
    assert "<bdi>{lien}</bdi> &amp; &lt;b&gt;co&lt;/b&gt;<br>suite</p>" in content.html
    assert f"Fin la page de votre inscription ({MANAGE_URL})" in content.text


def test_a_list_of_changes_shows_before_and_after():
    text = compose(Template.PROGRAMME_CHANGED).text
    assert f"Salle\nAvant{NBSP}: Monge\nMaintenant{NBSP}: Laplace\n" in text
    hours = f"jeudi 9 juillet, 15{NBSP}h{NBSP}30 – 17{NBSP}h{NBSP}00"
    assert f"Horaire\nAvant{NBSP}: mardi 2 juin, 11{NBSP}h{NBSP}30, {hours}\nMaintenant{NBSP}: rien\n" in text


def test_a_title_names_the_hour_and_the_session_in_one_line():
    content = compose(Template.REMINDER_SESSION)
    hours = f"15{NBSP}h{NBSP}30 – 17{NBSP}h{NBSP}00"
    assert content.title == f"RAICT 2026{NBSP}: jeudi 9 juillet, {hours}, La ressource en eau au Maghreb"
    assert "<h1" in content.html
    assert f">Jeudi 9 juillet, {hours}, La ressource en eau au Maghreb" in content.html


def test_a_mail_loads_nothing_and_runs_nothing():
    for template in Template:
        html = compose(template).html
        assert not any(word in html for word in ("<img", "<script", "<link", "url(", "@import", "javascript:"))


def test_a_badge_travels_as_its_own_bytes():
    assert base64.b64decode(an_issued().pdf) == PDF
