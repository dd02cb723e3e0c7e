"""The team writes the words of mails: pages and API, previews, trials, and who was first."""

import asyncio
import re
from html import unescape
from typing import Any

import lxml.html
import pytest

from services.notifications import defaults
from services.notifications.actions import wording as acting
from services.notifications.domain.attempts import Verdict
from services.notifications.domain.deliveries import Template
from services.notifications.domain.wording import Words
from services.notifications.mime import Sender
from services.notifications.smtp import PostOffice, Route
from services.notifications.store import Store
from services.notifications.trying import Trials
from tests.notifications.mail_server import MailServer
from tests.notifications.test_actions import know_edition
from tests.notifications.test_web import CODE, SECRET, a_client, register, send

LIST = "/equipe/messages/modeles"
PAGE = f"{LIST}/confirmation/fr"
API = "/api/notifications/v1/templates/confirmation/fr"
TYPED = {
    "title": "{edition}, c’est noté",
    "opening": "Bonjour {nom},\r\n\r\nÀ bientôt.",
    "closing": "Annulez sur {lien}.",
}


def typed(**changes: Any) -> dict[str, str]:
    return {**TYPED, "version": "0", **changes}


async def test_the_list_names_every_mail_and_says_whose_words_it_has(store: Store):
    async with a_client(store, "messages") as client:
        await client.post(PAGE, data=typed())
        page = (await client.get(LIST)).text
    assert page.count("mots d’origine") == len(Template) * 3 - 1
    assert page.count("Écrit par vous") == 1
    assert page.count(f'href="{LIST}/') == len(Template) * 3


@pytest.mark.parametrize("template", Template)
async def test_every_template_has_its_page_and_its_preview(store: Store, template: Template):
    await know_edition(store)
    async with a_client(store, "messages") as client:
        for lang in ("fr", "en", "es"):
            page = await client.get(f"{LIST}/{template}/{lang}?lang={lang}")
            preview = await client.get(f"{LIST}/{template}/{lang}/apercu")
            assert (page.status_code, preview.status_code) == (200, 200)
            assert f'<html lang="{lang}" dir="ltr">' in preview.text


async def test_the_preview_of_a_cancellation_is_that_of_somebody_who_had_a_place(store: Store):
    await know_edition(store)
    async with a_client(store, "messages") as client:
        preview = unescape((await client.get(f"{LIST}/cancellation/fr/apercu")).text)
    assert "Vos places sont rendues, et votre badge n’ouvre plus l’entrée." in preview
    assert "Le fichier joint retire les séances de votre agenda." in preview


async def test_words_that_were_written_are_said_from_then_on(store: Store):
    await know_edition(store)
    first = await send(store, await register(store))
    waiting = await register(store, "r2")
    async with a_client(store, "messages") as client:
        answer = await client.post(PAGE, data=typed())
        page = (await client.get(answer.headers["location"])).text
    later = await send(store, waiting)
    assert (answer.status_code, "Enregistré." in page, "Claire Morvan" in page) == (303, True, True)
    assert (await store.content(first.id)).title.endswith("votre inscription est confirmée")
    kept = await store.content(later.id)
    assert kept.title == "RAICT 2026, c’est noté"
    assert kept.text.startswith("Bonjour Solène Kervadec-Diallo,\n\nÀ bientôt.\n")
    (entry,) = await store.database["audit"].find({"action": "template.write"}).to_list(None)
    assert (entry["actor"], entry["subject"], entry["fields"]) == (
        "staff:a1", "confirmation/fr", ["title", "opening", "closing"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"opening": "Bonjour {nom} {age}"}, "{age} n’existe pas dans ce message."),
        ({"closing": "Fin"}, "Il manque {lien}"),
        ({"title": ""}, "Écrivez quelques mots"),
        ({"title": "Pour {nom}"}, "{nom} ne va pas dans le titre"),
        ({"closing": "{lien}\x07"}, "un signe invisible (U+0007)"),
        ({"opening": "{nom}\u202e"}, "un signe invisible (U+202E)"),
        ({"title": "Bonjour\ufffe"}, "un signe invisible (U+FFFE)"),
        ({"title": "Bonjour\nBcc: a@b.example"}, "une seule ligne"),
        ({"title": "T" * 151}, "150 signes au plus, il y en a 151."),
        ({"opening": "{nom}" + "x" * 4000}, "4000 signes au plus, il y en a 4005."),
        ({"opening": "{nom} {{lieu}}"}, "Une accolade est seule."),
    ],
)
async def test_words_that_would_not_do_are_refused_and_stay_in_the_form(store: Store, changes, reason):
    async with a_client(store, "messages") as client:
        answer = await client.post(PAGE, data=typed(**changes))
        api = await client.get(API)
    assert answer.status_code == 422
    assert reason in answer.text
    assert "Annulez sur" in answer.text or "closing" in changes
    assert api.json()["own"] is False


async def test_words_kept_by_older_rules_still_leave(store: Store):
    await know_edition(store)
    old = Words("{edition}, c’est\u202e noté", "Bonjour {nom}.", "Annulez sur {lien}." + "x" * 5000)
    async with a_client(store, "messages") as client:
        await client.post(PAGE, data=typed())
        kept = {"title": old.title, "opening": old.opening, "closing": old.closing}
        await store.database["wordings"].update_one({}, {"$set": {"words": kept}})
        api = (await client.get(API)).json()
        preview = await client.get(f"{PAGE}/apercu")
    sent = await send(store, await register(store))
    assert api["title"] == old.title
    assert preview.status_code == 200
    assert "c’est\u202e noté" in (await store.content(sent.id)).title


async def test_who_saves_second_sees_both_versions_and_may_still_save(store: Store):
    async with a_client(store, "messages") as client:
        await client.post(PAGE, data=typed(title="Le premier titre"))
        second = await client.post(PAGE, data=typed(title="Le second titre"))
        version = re.search(r'name="version" value="(\d+)"', second.text)[1]
        third = await client.post(PAGE, data=typed(title="Le second titre", version=version))
        kept = (await client.get(API)).json()
    assert second.status_code == 409
    assert "a modifié ces mots avant vous" in second.text
    assert "Le premier titre" in second.text
    assert 'value="Le second titre"' in second.text
    assert (third.status_code, kept["title"]) == (303, "Le second titre")


async def test_our_own_words_come_back_and_cannot_be_brought_back_over_newer_ones(store: Store):
    async with a_client(store, "messages") as client:
        await client.post(PAGE, data=typed())
        stale = await client.post(f"{PAGE}/retablir", data={"version": "0"})
        done = await client.post(f"{PAGE}/retablir", data={"version": "1"})
        kept = (await client.get(API)).json()
    assert (stale.status_code, done.status_code) == (409, 303)
    assert (kept["own"], kept["version"], kept["title"]) == (
        False, 2, defaults.words(Template.CONFIRMATION, "fr").title,
    )  # fmt: skip


async def test_a_preview_shows_real_people_without_what_opens_their_registration(store: Store):
    await know_edition(store)
    for number in range(5):
        await register(store, f"01jz4y9m3k7q2v8n5x1c6b0d{number}f", given_name=f"Agnès {number}")
    async with a_client(store, "messages") as client:
        page = (await client.get(PAGE)).text
        people = re.findall(r'name="pour" value="(\w+)"', page)
        shown = [(await client.get(f"{PAGE}/apercu?pour={id}")).text for id in people]
        nobody = await client.get(f"{PAGE}/apercu?pour=nobody")
    assert len(people) == 3
    assert ["Agnès" in body for body in shown] == [True] * 3
    assert nobody.status_code == 404
    for body in shown:
        assert SECRET not in body
        assert CODE not in body


async def test_a_preview_takes_what_is_typed_and_keeps_nothing(store: Store):
    async with a_client(store, "messages") as client:
        shown = await client.post(f"{PAGE}/apercu", data=typed(opening="Bonjour {nom}, <script>alert(1)</script>"))
        wrong = await client.post(f"{PAGE}/apercu", data=typed(opening="Bonjour {nome} {nom}"))
        page = (await client.get(PAGE)).text
    assert "&lt;script&gt;" in shown.text
    assert wrong.status_code == 422
    assert "{nome} n’existe pas" in wrong.text
    assert "Ce sont les mots d’origine." in page
    assert f'<iframe class="mail-frame" sandbox name="apercu" src="{PAGE}/apercu"' in page


async def test_a_trial_arrives_marked_and_is_counted_nowhere(store: Store, mail_server: MailServer):
    await know_edition(store)
    await register(store)
    before = await store.counts()
    async with a_client(store, "messages") as client:
        on_its_way = (await client.post(f"{PAGE}/essai", data=typed(recipient="claire@cuf.example"))).text
        await run_trials(store, mail_server)
        arrived = (await client.post(f"{PAGE}/essai", data=typed(suivi=followed(on_its_way)))).text
        page = (await client.get("/equipe/messages")).text
    (message,) = mail_server.messages
    assert mail_server.recipients == ["claire@cuf.example"]
    assert message["Subject"] == "[Essai] RAICT 2026, c’est noté"
    assert "mon-inscription/exemple" in message.get_body(("plain",)).get_content()
    assert SECRET not in message.as_string()
    assert "L’essai part à claire@cuf.example" in on_its_way
    assert "L’essai est parti à claire@cuf.example" in arrived
    assert await store.counts() == before
    assert "[Essai]" not in page


async def test_a_trial_that_is_refused_says_why(store: Store, mail_server: MailServer):
    await know_edition(store)
    mail_server.fault = "rcpt550"
    async with a_client(store, "messages") as client:
        asked = await client.post(f"{PAGE}/essai", data=typed(recipient="claire@cuf.example"))
        await run_trials(store, mail_server)
        page = (await client.post(f"{PAGE}/essai", data=typed(suivi=followed(asked.text)))).text
    assert "Cette boîte n’existe pas, ou plus." in page
    assert "550 5.1.1 no such user" in page


UNSAVED = "Vos mots ne sont pas encore enregistrés."


async def test_a_trial_leaves_what_was_typed_in_the_form_unsaved(store: Store, mail_server: MailServer):
    await know_edition(store)
    async with a_client(store, "messages") as client:
        await client.post(PAGE, data=typed(title="Ancien titre"))
        tried = await client.post(f"{PAGE}/essai", data=typed(version="1", recipient="claire@cuf.example"))
        kept = await store.wording(Template.CONFIRMATION, "fr")
        await run_trials(store, mail_server)
        sent = typed(version="1", recipient="claire@cuf.example", suivi=followed(tried.text))
        seen = await client.post(f"{PAGE}/essai", data=sent)
        await run_trials(store, mail_server)
        saved = await client.post(PAGE, data=fields(seen.text))
        again = await client.post(f"{PAGE}/essai", data=typed(version="2", recipient="claire@cuf.example"))
        left = await client.get(f"{PAGE}/essai?lang=en")
    assert (tried.status_code, seen.status_code, saved.status_code) == (200, 200, 303)
    assert (kept.version, kept.words and kept.words.title) == (1, "Ancien titre")
    assert fields(tried.text) == fields(seen.text) == typed(version="1", recipient="claire@cuf.example")
    assert [UNSAVED in page.text for page in (tried, seen, again)] == [True, True, False]
    assert len(mail_server.messages) == 1
    now_kept = await store.wording(Template.CONFIRMATION, "fr")
    assert (now_kept.version, now_kept.words) == (2, Words.typed(*TYPED.values()))
    assert (left.status_code, left.headers["location"]) == (303, f"{PAGE}?lang=en")


def followed(page: str) -> str:
    """The trial that the page offers to follow."""
    (found,) = re.findall(r'name="suivi" value="([0-9a-z]{26})"', page)
    return found


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the page's form."""
    form = lxml.html.fromstring(page).get_element_by_id("mots")
    names = ("title", "opening", "closing", "version", "recipient")
    return {name: form.fields[name].removeprefix("\n").replace("\n", "\r\n") for name in names}


async def test_a_trial_that_nobody_could_receive_keeps_what_was_typed(store: Store):
    async with a_client(store, "messages") as client:
        answer = await client.post(f"{PAGE}/essai", data=typed(recipient="claire"))
    assert answer.status_code == 422
    assert "écrivez une adresse entière" in answer.text
    assert 'value="claire"' in answer.text
    assert "c’est noté" in answer.text


async def run_trials(store: Store, mail_server: MailServer) -> None:
    route = Route(mail_server.url, "rencontres@rencontres.example", "rencontres.example", 2.0, 5.0)
    office = PostOffice(route, 1)
    await Trials(store, office, Sender.read("Rencontres <rencontres@rencontres.example>")).step()
    await office.close()


@pytest.mark.parametrize("address", [LIST, PAGE, f"{PAGE}/apercu"])
async def test_words_are_for_those_who_mind_messages(store: Store, address: str):
    statuses = {}
    for roles in ((), ("desk", "registrations"), ("messages",), ("admin",)):
        async with a_client(store, *roles) as client:
            statuses[roles] = (await client.get(address)).status_code
    assert statuses == {(): 303, ("desk", "registrations"): 403, ("messages",): 200, ("admin",): 200}


@pytest.mark.parametrize("path", ["confirmation/de", "nothing/fr", "confirmation/fr/nothing", "confirmation"])
async def test_an_address_of_no_template_leads_nowhere(store: Store, path: str):
    async with a_client(store, "messages") as client:
        answer = await client.get(f"{LIST}/{path}")
    assert answer.status_code == 404


async def test_the_api_reads_and_writes_with_etags(store: Store):
    words = {"title": "Noté", "opening": "Bonjour {nom}", "closing": "{lien}"}
    async with a_client(store, "messages", kind="token") as client:
        read = await client.get(API)
        blind = await client.put(API, json=words)
        wrote = await client.put(API, json=words, headers={"If-Match": read.headers["etag"]})
        stale = await client.put(API, json=words, headers={"If-Match": read.headers["etag"]})
        foreign = await client.put(API, json=words, headers={"If-Match": 'W/"1"'})
        bad = await client.put(API, json={**words, "title": "{nom}"}, headers={"If-Match": '"1"'})
        back = await client.delete(API, headers={"If-Match": "*"})
        listed = (await client.get("/api/notifications/v1/templates")).json()
    assert (read.headers["etag"], wrote.headers["etag"], stale.headers["etag"]) == ('"0"', '"1"', '"1"')
    assert (blind.status_code, wrote.status_code, stale.status_code, foreign.status_code) == (428, 200, 412, 412)
    assert (stale.json()["code"], stale.json()["current"]["title"]) == ("changed-meanwhile", "Noté")
    assert (bad.status_code, [(one["field"], one["code"]) for one in bad.json()["errors"]]) == (
        422, [("title", "placeholder-not-in-title")],
    )  # fmt: skip
    assert (back.json()["own"], back.json()["version"]) == (False, 2)
    assert len(listed["items"]) == len(Template) * 3
    assert {"name": "lien", "in_title": False, "required": True} in read.json()["placeholders"]


async def test_the_api_of_words_is_for_its_scope(store: Store):
    statuses = {}
    for roles in ((), ("desk",), ("messages",)):
        async with a_client(store, *roles, kind="token") as client:
            statuses[roles] = (await client.get(API)).status_code
    assert statuses == {(): 401, ("desk",): 403, ("messages",): 200}


async def test_two_who_save_at_once_do_not_overwrite_each_other(store: Store):
    words = Words("Titre", "Bonjour {nom}", "{lien}")

    async def save(name: str) -> str:
        await acting.rewrite(store, Template.CONFIRMATION, "fr", words, 0, actor="staff:a", name=name)
        return name

    outcomes = await asyncio.gather(save("Inès"), save("Paul"), return_exceptions=True)
    won = [one for one in outcomes if isinstance(one, str)]
    assert len(won) == 1
    assert (await store.wording(Template.CONFIRMATION, "fr")).by == won[0]


async def test_words_that_a_newer_version_refuses_give_way_to_ours(store: Store):
    await know_edition(store)
    await store.database["wordings"].insert_one(
        {
            "_id": "confirmation:fr", "template": "confirmation", "lang": "fr", "version": 1, "at": None, "by": "x",
            "words": {"title": "{disparu}", "opening": "{nom}", "closing": "{lien}"},
        }
    )  # fmt: skip
    delivery = await send(store, await register(store), Verdict.ACCEPTED)
    assert (await store.content(delivery.id)).title.endswith("votre inscription est confirmée")
