"""What the storm looks for, it finds: one thing put wrong in what a calm house leaves, and exactly that is said."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.storm.checks import findings
from tests.storm.checks.operations import table
from tests.storm.evidence import Evidence, Fact, Mail
from tests.storm.history import History, Operation, read

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
START, END, LATER = NOW + timedelta(days=60), NOW + timedelta(days=60, hours=1), NOW + timedelta(days=60, hours=2)
EDITION, SESSION = "raict-2026", "2026-02"


def a_registration(id="anna", **changes):
    known = {"_id": id, "status": "confirmed", "category": "elu", "sequence": 1, "badge": 1, "waiting": []}
    return {**known, "sessions": [SESSION], **changes}


def a_told(id="anna", kind="confirmed", sequence=1, at=0, **changes):
    """A fact about a registration; `at` is the number of its transaction."""
    person = {"email": f"{id}@mairie.example", "function": "Maire"}
    body = {"status": kind, "category": "elu", "waiting": [], "position": None, "session": None, "person": person}
    body |= {"changed": [], "actor": "person"}
    return Fact("registration", kind, id, sequence, NOW + timedelta(seconds=at), False, {**body, **changes})


def a_count(taken=1, quota=10, sequence=1, at=0, **changes):
    """What was told of the places by the same transaction."""
    session = {"session": SESSION, "quota": 5, "taken": 1, "waiting": 0, **changes}
    body = {"edition": EDITION, "quota": quota, "taken": taken, "waiting": 0, "sessions": [session]}
    return Fact("registration", "places-changed", EDITION, sequence, NOW + timedelta(seconds=at), False, body)


def a_badge_fact(kind, sequence):
    return Fact("badges", kind, "anna", sequence, NOW, False, {"generation": 1})


def a_delivery(id="d1", **changes):
    known = {"registration": "anna", "generation": 1, "template": "confirmation", "recipient": "anna@mairie.example"}
    return {"_id": id, **known, "state": "sent", "due": None, "doubts": 0, "made_from": 1, **changes}


def an_operation(kind="register", outcome="ok", code="", about=None, answer=None):
    known = {"key": "k1", "email": "anna@mairie.example", "id": "anna"}
    return Operation(0, kind, {**known, **(about or {})}, outcome, code, answer or {"id": "anna"})


def a_scan(sort="good", result="admitted", outcome="ok"):
    about = {"badge": "b1", "registration": "anna", "sort": sort, "nonce": "n1"}
    return an_operation("scan", outcome, about=about, answer={"result": result})


def a_check_in(nonce="n1", **changes):
    known = {"badge": "b1", "day": "2026-11-01", "rehearsal": True, "result": "admitted", "undone_at": None}
    return {"_id": f"token:t:{nonce}", **known, **changes}


def a_release(start=START):
    return {"_id": EDITION, "fact": {"sessions": [{"id": SESSION, "start": f"{start}", "end": f"{END}"}]}}


def a_person_told():
    place = {"start": START, "end": END}
    return {"_id": "anna:1", "registration": "anna", "live": True, "said": [{"id": SESSION, "place": place}]}


def some_rules():
    return {"_id": EDITION, "rules": {"quota": 10, "categories": [{"id": "elu", "quota": None}]}}


def some_places(**changes):
    counts = {"taken": 1, "offered": 0, "pending": 0, "cancelled": 0, "refused": 0, "queued": {}, "waiting": {}}
    return {"_id": EDITION, **counts, "categories": {"elu": 1}, "sessions": {SESSION: 1}, **changes}


def some_rules_set():
    return [{"_id": f"a{n}", "action": "edition.set-rules", "subject": EDITION} for n in range(2)]


def a_calm_house():
    """Anna registered, was written to, and came in; nothing is wrong."""
    badge = {"_id": "anna.1", "id": "b1", "registration": "anna", "generation": 1, "state": "active"}
    return Evidence(
        operations=[an_operation(), a_scan()],
        facts=[a_count(), a_told(), a_badge_fact("issued", 1), a_badge_fact("checked-in", 2)],
        mails=[Mail("d1", "anna@mairie.example")],
        documents={
            ("registration", "editions"): [some_rules()],
            ("registration", "registrations"): [a_registration()],
            ("registration", "places"): [some_places()],
            ("registration", "badges"): [{"_id": "anna", "generation": 1, "revoked": False}],
            ("registration", "audit"): some_rules_set(),
            ("programme", "releases"): [{"_id": "raict-2026:1"}],
            ("programme", "audit"): [{"_id": "p1", "action": "programme.release", "subject": "raict-2026:1"}],
            ("notifications", "registrations"): [{"_id": "anna", "sequence": 1}],
            ("notifications", "deliveries"): [a_delivery()],
            ("notifications", "badges"): [{"_id": "anna:1"}],
            ("notifications", "programmes"): [a_release()],
            ("notifications", "told"): [a_person_told()],
            ("badges", "holders"): [{"_id": "anna", "sequence": 1}],
            ("badges", "badges"): [badge],
            ("badges", "check_ins"): [a_check_in()],
            ("badges", "audit"): [{"_id": "c1", "action": "check-in", "subject": "anna"}],
        },
    )


def put(evidence, service, collection, *documents):
    evidence.documents[service, collection] = [*documents]


def add(evidence, service, collection, document):
    evidence.documents.setdefault((service, collection), []).append(document)


def lose_a_registration(evidence):
    evidence.operations.append(an_operation(about={"email": "blas@mairie.example", "key": "k2"}))


def register_twice(evidence):
    evidence.facts += [a_told("anna2", person=a_told().body["person"], at=1), a_count(taken=2, sequence=2, at=1)]
    put(evidence, "registration", "places", some_places(taken=2, categories={"elu": 2}))
    add(evidence, "registration", "registrations", a_registration("anna2", sessions=[]))
    for service, collection in (("notifications", "registrations"), ("badges", "holders")):
        add(evidence, service, collection, {"_id": "anna2", "sequence": 1})
    add(evidence, "registration", "badges", {"_id": "anna2", "generation": 1, "revoked": False})
    add(evidence, "notifications", "badges", {"_id": "anna2:1"})
    made = {"_id": "anna2.1", "id": "b2", "registration": "anna2", "generation": 1, "state": "active"}
    add(evidence, "badges", "badges", made)
    add(evidence, "notifications", "deliveries", a_delivery("d2", registration="anna2"))
    evidence.mails.append(Mail("d2", "anna@mairie.example"))


def accept_what_was_refused(evidence):
    evidence.operations[0] = an_operation(outcome="refused", code="edition-full")


def answer_one_key_twice(evidence):
    evidence.operations.append(an_operation("register-again", answer={"id": "other"}))


def take_another_body(evidence):
    evidence.operations.append(an_operation("other-body"))


def lose_a_cancellation(evidence):
    evidence.operations.append(an_operation("cancel", about={"by": "person"}))


def lose_an_erasure(evidence):
    evidence.operations.append(an_operation("erase"))


def tell_nobody(evidence):
    put(evidence, "registration", "registrations", a_registration(sequence=2))
    for service, collection in (("notifications", "registrations"), ("badges", "holders")):
        put(evidence, service, collection, {"_id": "anna", "sequence": 2})


def relay_nothing(evidence):
    evidence.facts[2] = replace(evidence.facts[2], pending=True)


def fall_behind(evidence):
    put(evidence, "badges", "holders", {"_id": "anna", "sequence": 0})


def set_a_good_one_aside(evidence):
    put(evidence, "badges", "dead_letters", {"_id": "badges_registration:registration:anna:1"})


def forget_nonsense(evidence):
    evidence.nonsense["nonsense-1"] = True
    put(evidence, "badges", "dead_letters", {"_id": "badges_registration:nonsense-1"})


def give_too_many_places(evidence):
    evidence.facts.append(a_count(taken=11, sequence=2, at=1))


def miscount(evidence):
    put(evidence, "registration", "places", some_places(sessions={SESSION: 2}))


def serve_the_last_first(evidence):
    for number, (id, position) in enumerate([("blas", 1), ("carl", 2)], 1):
        evidence.facts += [
            a_told(id, "waitlisted", at=number, position=position),
            a_count(sequence=1 + number, at=number),
        ]
    evidence.facts += [a_told("carl", "offered", 2, at=3), a_count(sequence=4, at=3)]
    ends = [a_told("blas", "cancelled", 2, at=4), a_count(sequence=5, at=4)]
    ends += [a_told("carl", "cancelled", 3, at=5), a_count(sequence=6, at=5)]
    evidence.facts += ends
    gone = [
        a_registration("blas", status="cancelled", sequence=2),
        a_registration("carl", status="cancelled", sequence=3),
    ]
    put(evidence, "registration", "registrations", a_registration(), *gone)
    put(evidence, "registration", "places", some_places(cancelled=2))
    for service, collection in (("notifications", "registrations"), ("badges", "holders")):
        known = [{"_id": one["_id"], "sequence": one["sequence"]} for one in gone]
        put(evidence, service, collection, {"_id": "anna", "sequence": 1}, *known)


def leave_a_place_idle(evidence):
    evidence.facts.append(a_count(sequence=2, at=1, waiting=3))


def send_twice(evidence):
    evidence.mails.append(evidence.mails[0])


def deliver_nothing(evidence):
    evidence.mails.clear()


def forget_a_mail(evidence):
    put(
        evidence, "notifications", "deliveries", a_delivery(), a_delivery("d2", template="data-changed", state="queued")
    )


def write_to_nobody(evidence):
    put(evidence, "notifications", "deliveries")
    evidence.mails.clear()


def confirm_twice(evidence):
    add(evidence, "notifications", "deliveries", a_delivery("d2"))
    evidence.mails.append(Mail("d2", "anna@mairie.example"))


def tell_a_change_twice(evidence):
    for id in ("d2", "d3"):
        add(evidence, "notifications", "deliveries", a_delivery(id, template="programme-changed", made_from=2))
        evidence.mails.append(Mail(id, "anna@mairie.example"))


def move_in_silence(evidence):
    put(evidence, "notifications", "programmes", a_release(LATER))


def admit_a_forgery(evidence):
    evidence.operations[1] = a_scan("forged")


def not_know_a_good_badge(evidence):
    evidence.operations[1] = a_scan("good", "unknown")


def admit_at_two_doors(evidence):
    add(evidence, "badges", "check_ins", a_check_in("n2"))
    add(evidence, "badges", "audit", {"_id": "c2", "action": "check-in", "subject": "anna"})


def admit_after_the_end(evidence):
    evidence.facts[3] = a_badge_fact("revoked", 2)
    evidence.facts += [a_badge_fact("checked-in", 3), a_badge_fact("issued", 4)]


def make_no_badge(evidence):
    put(evidence, "badges", "badges")
    put(evidence, "registration", "badges")
    put(evidence, "notifications", "badges")


def keep_no_journal(evidence):
    put(evidence, "programme", "audit")


def note_a_rule_too_much(evidence):
    add(evidence, "registration", "audit", {**some_rules_set()[0], "_id": "a9"})


DOCTORED = {
    lose_a_registration: "I1  register lost",
    lose_a_cancellation: "I1  cancel lost",
    lose_an_erasure: "I1  erase lost",
    register_twice: "I2  register doubled",
    accept_what_was_refused: "I2  register refused, but there",
    answer_one_key_twice: "I2  one key, several answers",
    take_another_body: "I2  the same key with another body",
    give_too_many_places: "I3  more than 10 places",
    miscount: "I3  the counter `sessions` is wrong",
    serve_the_last_first: "I4  a place in the edition went past",
    leave_a_place_idle: "I4  a place in 2026-02 is idle",
    tell_nobody: "I5  facts and state",
    relay_nothing: "I6  a fact was not relayed",
    write_to_nobody: "I6  somebody with a place was not written to",
    confirm_twice: "I6  confirmation was sent 2 times",
    make_no_badge: "I6  badges [], wanted [1]",
    fall_behind: "I7  badges is behind",
    send_twice: "I8  arrived 2 times",
    deliver_nothing: "I8  sent, and did not arrive",
    forget_a_mail: "I8  forgotten as queued",
    admit_a_forgery: "I9  a forged badge was answered admitted",
    not_know_a_good_badge: "I9  a good badge was answered unknown",
    admit_at_two_doors: "I9  one badge was admitted 2 times",
    admit_after_the_end: "I9  somebody entered with a withdrawn badge",
    tell_a_change_twice: "I10  told 2 times",
    move_in_silence: "I10  somebody was not told",
    set_a_good_one_aside: "I11  badges set a good message aside",
    forget_nonsense: "I11  nonsense disappeared at notifications",
    keep_no_journal: "I16  the journal has release",
    note_a_rule_too_much: "I16  the journal says otherwise of the rules",
}


def test_a_calm_house_has_no_findings():
    assert findings(a_calm_house()) == []


@pytest.mark.parametrize("doctor", DOCTORED, ids=lambda one: one.__name__)
def test_the_checks_find_what_was_put_wrong(doctor):
    evidence = deepcopy(a_calm_house())
    doctor(evidence)

    (found, *more) = findings(evidence)

    assert str(found).startswith(DOCTORED[doctor])
    assert more == []


def test_an_erased_person_is_held_against_nothing():
    evidence = a_calm_house()
    evidence.operations.append(an_operation("erase"))
    evidence.facts = [a_count(taken=0), Fact("registration", "erased", "anna", 2, NOW, False, {"registration": "anna"})]
    put(evidence, "registration", "places", some_places(taken=0, categories={}, sessions={}))
    for where in [("registration", "registrations"), ("registration", "badges"), ("badges", "holders")]:
        put(evidence, *where)
    for collection in ("registrations", "deliveries", "badges", "told"):
        put(evidence, "notifications", collection)
    evidence.documents["badges", "badges"][0]["state"] = "revoked"
    add(evidence, "registration", "audit", {"_id": "e1", "action": "registration.erase", "subject": "anna"})

    assert findings(evidence) == []
    assert table(evidence)["erase"] == {"acknowledged": 1}


def test_a_flagged_mail_may_come_twice():
    evidence = a_calm_house()
    put(evidence, "notifications", "deliveries", a_delivery(doubts=1))
    send_twice(evidence)

    assert findings(evidence) == []


def test_the_table_sorts_lost_answers_by_what_was_written():
    evidence = a_calm_house()
    evidence.operations += [an_operation(outcome="unknown"), an_operation("cancel", "unknown", about={"by": "team"})]

    rows = table(evidence)

    assert rows["register"] == {"acknowledged": 1, "unknown, found": 1}
    assert rows["cancel"] == {"unknown, not there": 1}


def test_a_history_is_read_back_as_it_was_written(tmp_path):
    history = History(tmp_path / "history.jsonl")
    done, lost = history.invoke("register", {"key": "k1"}), history.invoke("cancel", {"id": "anna"})
    history.end(done, "refused", "edition-full")
    history.close()

    assert read(tmp_path / "history.jsonl") == [done, lost]
    assert lost.outcome == "unknown"
