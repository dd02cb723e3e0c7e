"""A house in which everything has happened: nothing is wrong, and nothing was left out. The command says so."""

import re
from contextlib import contextmanager

import pytest
from pymongo import MongoClient

from deploy import manage
from deploy.administration import Administration
from deploy.verify import CHECKS, examine, verify


@pytest.fixture
def run(lived, monkeypatch, capsys):
    """Runs the command beside the house; answers its exit code and its lines."""
    for name in ("SERVICE", "MONGO_URL", "NATS_URL", "NATS_ADMIN_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR", str(lived.var))

    def command(*words):
        code = manage.main(["verify", *words])
        return code, capsys.readouterr().out.splitlines()

    return command


@contextmanager
def added(environment, service, collection, document):
    """One document more in a service's own database, inside the block."""
    with MongoClient(environment["MONGO_URL"]) as client:
        client[service][collection].insert_one(document)
        yield
        client[service][collection].delete_one({"_id": document["_id"]})


def test_a_healthy_house_has_no_findings(reachable, stream_url, settled):
    assert [str(finding) for check in CHECKS for finding in check.look(settled).findings] == []
    assert examine(reachable, stream_url).not_seen == ()


def test_every_check_looked_at_something(settled):
    looked_at = {check.look(settled).invariant: check.look(settled).looked_at for check in CHECKS}

    assert len(looked_at) == 13
    assert [one for one in looked_at if not re.search(r"[1-9]", looked_at[one])] == ["I11"]


def test_the_command_says_one_line_for_each_invariant(run, settled):
    code, lines = run()

    assert code == 0
    assert [line.split()[0] for line in lines if re.match(r"I\d", line)] == (
        ["I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I14", "I16", "I17"]
    )
    assert [line.split()[2] for line in lines if line.startswith("not seen")] == ["I1", "I13", "I15"]
    assert lines[-1].startswith("Everything that was seen holds")


def test_the_command_ends_with_1_and_says_what_is_wrong(run, reachable, settled):
    lost = {"_id": "a key", "body": "", "answer": {"id": "nobody"}}

    with added(reachable["registration"], "registration", "requests", lost):
        code, lines = run("--patience", "0")

    assert code == 1
    assert "      ! registration nobody: an idempotency key was answered with it, and it does not exist" in lines
    assert lines[-1].startswith("1 finding ")


def test_beside_provisioning_everything_is_seen_too(lived, run, monkeypatch, settled):
    local = Administration.read({"VAR": str(lived.var)})
    user, _, rest = local.mongo_url.removeprefix("mongodb://").partition(":")
    password, _, host = rest.partition("@")
    settings = {"MONGO_ADMIN": user, "MONGO_ADMIN_PASSWORD": password, "NATS_ADMIN_URL": local.nats_url}
    for name, value in {**settings, "MONGO_ADMIN_URL": f"mongodb://{host.split('&authSource')[0]}"}.items():
        monkeypatch.setenv(name, value)

    code, lines = run()

    assert (code, len([line for line in lines if line.startswith("not seen")])) == (0, 3)


def test_beside_one_service_what_it_cannot_see_is_said(run, reachable, monkeypatch, settled):
    for name, value in {**reachable["badges"], "SERVICE": "badges"}.items():
        monkeypatch.setenv(name, value)

    code, lines = run()

    assert code == 0
    assert "not seen: I3 needs the databases of registration" in lines
    assert any(line.startswith("I5  state and facts") for line in lines)


def test_a_finding_that_settles_meanwhile_is_none(reachable, stream_url, settled, monkeypatch):
    lost = {"_id": "a key", "body": "", "answer": {"id": "nobody"}}
    place = added(reachable["registration"], "registration", "requests", lost)
    place.__enter__()
    monkeypatch.setattr("deploy.verify.sleep", lambda _seconds: place.__exit__(None, None, None))

    assert examine(reachable, stream_url).findings == []


def test_what_is_found_twice_in_a_house_at_rest_is_not_waited_for(reachable, stream_url, settled, monkeypatch):
    lost = {"_id": "a key", "body": "", "answer": {"id": "nobody"}}
    pauses = []
    monkeypatch.setattr("deploy.verify.sleep", pauses.append)

    with added(reachable["registration"], "registration", "requests", lost):
        findings = verify(reachable, stream_url, patience=60)

    assert ([finding.invariant for finding in findings], len(pauses)) == (["I2"], 1)


@pytest.mark.parametrize(
    ("service", "collection", "change"),
    [("badges", "holders", {"due": True}), ("notifications", "told", {"live": True, "reviewed": 0})],
)
def test_house_that_is_still_at_work_is_waited_for(seen, service, collection, change):
    assert not seen.busy
    seen.of(service, collection)[0].update(change)
    assert seen.busy


def test_a_text_that_must_be_nowhere_is_found_everywhere(run, settled):
    person = next(one for one in settled.of("registration", "registrations") if one["person"]["given_name"] == "Bo")
    code, lines = run("--absent", person["person"]["email"], "--absent", "nobody@nowhere.example")

    found = [line.split(", ")[0].removeprefix("      ! ") for line in lines if person["person"]["email"] in line]
    assert code == 1
    assert {*found} >= {"registration", "notifications", "stream"}
    assert [line for line in lines if "nowhere" in line] == []
