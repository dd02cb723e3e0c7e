"""The commands of whoever runs the house."""

import re

import pytest
from pymongo import MongoClient

from deploy import manage
from shared.clock import now
from shared.signing import Verifier


@pytest.fixture
def run(provisioned, monkeypatch, capsys):
    """Runs one command beside a local house; answers its exit code, and what it printed."""
    for name in ("SERVICE", "MONGO_URL", "NATS_URL", "STAFF_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR", str(provisioned.var))

    def command(*words):
        code = manage.main(words)
        printed = capsys.readouterr()
        return code, printed.out.strip(), printed.err.strip()

    return command


@pytest.fixture
def programme(provisioned):
    with MongoClient(provisioned.service_environment("programme")["MONGO_URL"]) as client:
        yield client.programme


def test_create_staff_prints_the_password_once_and_keeps_a_hash(run, programme):
    code, printed, _ = run("create-staff", "--email", "Ines@cuf.example", "--name", "Inès", "--role", "desk")

    account = programme.accounts.find_one({"email": "ines@cuf.example"})
    email, password = printed.split()
    assert (code, email, account["roles"]) == (0, "Ines@cuf.example", ["desk"])
    assert account["password_hash"].startswith("$argon2id$")
    assert password not in str(account)


def test_create_staff_takes_a_given_password(run, monkeypatch):
    monkeypatch.setenv("STAFF_PASSWORD", "celui-ci")

    assert run("create-staff", "--email", "b@cuf.example", "--name", "B")[1].endswith("celui-ci")


def test_create_staff_says_in_one_line_what_is_wrong(run):
    code, _, said = run("create-staff", "--email", "nobody", "--name", "B")

    assert (code, said) == (1, "nobody is not an email address.")


def test_create_token_is_good_for_its_scopes(run, provisioned):
    _, word, _ = run("create-token", "--name", "import", "--scope", "import", "--days", "2")

    claims = Verifier(provisioned.service_environment("badges")["STAFF_PUBLIC_KEY"]).read(word, now())
    assert (claims.kind, claims.name, claims.roles) == ("token", "import", ("import",))
    assert 1 <= (claims.exp - now()).days <= 2


def test_withdrawn_account_and_token_are_listed_as_such_and_told(run, programme):
    run("create-staff", "--email", "gone@cuf.example", "--name", "Gone", "--role", "desk")
    run("create-token", "--name", "gone", "--scope", "desk")
    token = programme.tokens.find_one({"name": "gone"})["_id"]

    assert run("withdraw-staff", "--email", "Gone@cuf.example")[1] == "Gone@cuf.example is withdrawn."
    assert run("withdraw-token", token)[1] == f"Token {token} is withdrawn."

    assert "gone@cuf.example  Gone  desk  withdrawn" in run("list-staff")[1]
    assert re.search(rf"^{token}  gone  desk  \S+  \S+  withdrawn$", run("list-tokens")[1], re.MULTILINE)
    account = programme.accounts.find_one({"email": "gone@cuf.example"})["_id"]
    told = [programme.outbox.find_one({"aggregate": key})["subject"] for key in (account, token)]
    assert told == [f"rencontres.programme.access-changed.v1.{key}" for key in (account, token)]
    assert run("create-staff", "--email", "gone@cuf.example", "--name", "Gone", "--role", "desk")[0] == 0
    assert "gone@cuf.example  Gone  desk  open" in run("list-staff")[1]


def test_unknown_account_or_token_is_said_in_one_line(run):
    assert run("withdraw-staff", "--email", "x@cuf.example")[::2] == (1, "There is no account for x@cuf.example.")
    assert run("withdraw-token", "x")[::2] == (1, "There is no token x.")


def test_replay_tells_every_fact_again(run, programme):
    programme.outbox.insert_many([{"_id": f"x{number}", "pending": number == 0} for number in range(3)])

    code, printed, _ = run("replay", "programme")

    assert (code, printed) == (0, "programme: 2 facts will be told again")
    assert programme.outbox.count_documents({"pending": True, "_id": {"$in": ["x0", "x1", "x2"]}}) == 3
    programme.outbox.delete_many({"_id": {"$in": ["x0", "x1", "x2"]}})


def test_commands_without_a_house_say_so(run, monkeypatch, tmp_path):
    monkeypatch.setenv("VAR", str(tmp_path))

    assert run("replay")[2].startswith(f"Nothing was ever started in {tmp_path}")


def test_accounts_are_refused_beside_another_service(run, monkeypatch):
    monkeypatch.setenv("SERVICE", "badges")

    assert "belong to the programme service" in run("create-token", "--name", "x")[2]


def test_a_database_that_does_not_answer_is_said_in_one_line(run, monkeypatch):
    monkeypatch.setenv("SERVICE", "badges")
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:1/")

    assert run("letters")[::2] == (
        1,
        "The database does not answer. Beside `make run`, the house has to run for this.",
    )
