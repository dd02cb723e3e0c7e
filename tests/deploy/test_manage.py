"""The commands of whoever runs the house."""

import json
import re
from dataclasses import replace

import pytest
from pymongo import MongoClient

from deploy import first_start, manage
from deploy.keys import write_private
from deploy.manage.backup import PATTERN
from services.registration.store.documents import address_hash
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

    assert run("create-staff", "--email", "b@cuf.example", "--name", "B", "--role", "desk")[1].endswith("celui-ci")


def test_create_staff_says_in_one_line_what_is_wrong(run):
    code, _, said = run("create-staff", "--email", "nobody", "--name", "B", "--role", "desk")

    assert (code, said) == (1, "nobody is not an email address.")


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["create-staff", "--email", "c@cuf.example", "--name", "C"], "--role"),
        (["create-token", "--name", "c"], "--scope"),
    ],
)
def test_nobody_is_given_every_right_by_what_was_left_out(run, programme, capsys, words, flag):
    with pytest.raises(SystemExit):
        run(*words)

    assert f"the following arguments are required: {flag}" in capsys.readouterr().err
    assert programme.accounts.find_one({"email": "c@cuf.example"}) is programme.tokens.find_one({"name": "c"}) is None


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


@pytest.mark.parametrize("command", ["erase", "export"])
def test_unknown_person_is_said_in_one_line(run, command):
    assert run(command, "x@cuf.example")[::2] == (1, "Nobody is registered with x@cuf.example.")
    assert run(command, "x")[::2] == (1, "There is no registration with the id x.")


def test_somebody_who_is_only_in_a_list_is_handed_out_and_forgotten(run, provisioned):
    line = {"_id": "list:2", "list": "list", "number": 2, "name": "Ada Bo", "address": address_hash("ada@cuf.example")}
    with MongoClient(provisioned.service_environment("registration")["MONGO_URL"]) as client:
        client.registration.import_lines.insert_one(line)
        assert json.loads(run("export", "Ada@cuf.example")[1])["lists"][0]["name"] == "Ada Bo"
        code, said, _ = run("erase", "--yes", "Ada@cuf.example")
        assert (code, said.splitlines()[-1]) == (0, "1 erased from lists that are being imported.")
        assert client.registration.import_lines.count_documents({}) == 0
        assert client.registration.audit.find_one({"action": "import.forget"})["fields"] == ["lines:1"]


@pytest.mark.parametrize(("sign", "what"), [("hold", "is being put back"), ("lost", "was lost while it ran")])
@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("registration", ["erase", "x@cuf.example"]),
        ("registration", ["export", "x@cuf.example"]),
        ("programme", ["create-staff", "--email", "d@cuf.example", "--name", "D", "--role", "desk"]),
    ],
)
def test_nobody_is_looked_for_in_a_database_that_is_not_whole(run, provisioned, service, words, sign, what):
    with MongoClient(provisioned.service_environment(service)["MONGO_URL"]) as client:
        client[service].rebuild.insert_one({"_id": sign})
        try:
            code, _, said = run(*words)
        finally:
            client[service].rebuild.delete_one({"_id": sign})

    assert (code, said.partition(".")[0]) == (1, f"The database of {service} {what}")


def test_what_cannot_be_undone_names_the_house_first(run, provisioned):
    assert run("erase", "x")[1] == f"House: {provisioned.var} ({provisioned.public_url})"


def test_start_hands_out_no_credentials_that_open_nothing(run, provisioned, programme):
    layout = replace(provisioned, given={**provisioned.given, "SAMPLE": "no"})
    first = first_start.furnish(layout)
    write_private(layout.var / "access.json", json.dumps(first))
    assert first_start.furnish(layout) == first
    assert first["staff_password"] in first_start.welcome(layout, first)

    run("create-staff", "--email", first["staff_email"], "--name", "Claire", "--role", "admin")
    run("withdraw-token", programme.tokens.find_one({"name": "make run"})["_id"])

    second = first_start.furnish(layout)
    assert second == {**first, "staff_password": None, "api_token": None}
    said = first_start.welcome(layout, second)
    assert f"VAR={layout.var} " in said
    assert f"create-staff --role admin --email {first['staff_email']}" in said
    assert first["staff_password"] not in said


def test_a_backup_makes_a_folder_that_was_meant_and_says_in_one_line_what_is_wrong(
    run, provisioned, monkeypatch, tmp_path
):
    for name, value in provisioned.provision_environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "taken").touch()

    assert run("backup", f"{tmp_path}/a/b/")[0] == 0

    assert [file.match(PATTERN) for file in (tmp_path / "a/b").iterdir()] == [True]
    for word, said in (
        ("none/x.zip", f"There is no folder {tmp_path}/none: make it first."),
        ("taken/", f"The folder {tmp_path}/taken cannot be made: File exists."),
        ("taken", f"{tmp_path}/taken is there already: choose another name."),
        (f"a/{'x' * 252}", f"{tmp_path}/a/{'x' * 252} cannot be written: File name too long."),
    ):
        assert run("backup", f"{tmp_path}/{word}")[::2] == (1, said)
    assert run("restore", f"{tmp_path}/x.zip")[::2] == (1, f"There is no file {tmp_path}/x.zip: nothing was touched.")


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

    assert "belong to the programme service" in run("create-token", "--name", "x", "--scope", "desk")[2]


def test_a_database_that_does_not_answer_is_said_in_one_line(run, monkeypatch):
    monkeypatch.setenv("SERVICE", "badges")
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:1/")

    assert run("letters")[::2] == (
        1,
        "The database does not answer. Beside `make run`, the house has to run for this.",
    )
