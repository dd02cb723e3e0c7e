"""Rules and board speak of what the services tell."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from motor.motor_asyncio import AsyncIOMotorDatabase
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.topology import SERVICES
from services.notifications.concerns import figures
from services.notifications.store import Store
from shared import metrics
from shared.clock import now
from shared.health import Report
from shared.web.health_page import exposition
from tests.deploy.test_manifests import pods
from tests.deploy.test_settings import COMPOSE

FOLDER = Path(__file__).parents[2] / "deploy/observability"
RULES = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
RECORDED = {rule["record"]: rule["expr"] for group in RULES for rule in group["rules"] if "record" in rule}
ALERTS = [rule for group in RULES for rule in group["rules"] if "alert" in rule]
JOBS = {job["job_name"]: job for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
BOARD = json.loads((FOLDER / "board.json").read_text())
QUERIES = [panel["targets"][0]["expr"] for panel in BOARD["panels"]]

PARTS = list(product(SERVICES, ("web", "worker")))
"""Whatever runs alone, and is missed alone."""
PAGE = (FOLDER.parents[1] / "docs/alerts.md").read_text()

SELECTOR = re.compile(r"\b(rencontres_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"by \(([^)]*)\)")
GIVEN_BY_PROMETHEUS = {"service", "part", "instance", "job"}


def expressions() -> list[str]:
    return [*RECORDED.values(), *(rule["expr"] for rule in ALERTS), *QUERIES]


@pytest.fixture
async def told(database: AsyncIOMotorDatabase) -> dict[str, set[str]]:
    """Every sample that a service gives, with its labels, after one request, one answer at the door and one failure."""
    metrics.built("notifications")
    metrics.request("POST", "/inscription", 303, 0.01)
    metrics.CHECK_INS.labels("admitted").inc()
    metrics.LOOP_FAILURES.labels("relay", "failed").inc()
    at = now()
    report = Report(
        "notifications",
        True,
        True,
        lag={"a_b": 1},
        paused={"a_b": at},
        stuck=("relay",),
        dead_letters=1,
        letters_since=at,
    )
    text = generate_latest(metrics.REGISTRY) + exposition(report, await figures(Store(database, "notifications")))
    samples: dict[str, set[str]] = {"up": set()}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            samples.setdefault(sample.name, set()).update(sample.labels)
    return samples


async def test_every_metric_and_label_of_rules_and_board_is_told(told: dict[str, set[str]]):
    for expression in expressions():
        labels: set[str] = set()
        for name, selected in SELECTOR.findall(expression):
            if f"{name}:" in expression or name in RECORDED:
                continue
            assert name in told, f"{name} in {expression}"
            has = told[name]
            labels |= has
            asked = {part.split("=")[0].rstrip("!~") for part in re.findall(r"(\w+)(?:=|!)", selected)}
            assert asked <= has, f"{asked} of {name}, which has {has}"
        for group in GROUPED.findall(expression):
            wanted = {label.strip() for label in group.split(",")}
            assert wanted <= labels | GIVEN_BY_PROMETHEUS, f"{wanted} in {expression}"


def test_recorded_names_are_recorded():
    used = {name for expression in expressions() for name in re.findall(r"rencontres:[\w:]+", expression)}
    assert used <= set(RECORDED)


def test_every_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do():
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"bad", "warn"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook"].startswith("docs/alerts.md. ")
        assert f"| `{rule['alert']}` |" in PAGE


def test_panels_have_a_title_a_query_and_room_of_their_own():
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert all(panel["title"] for panel in BOARD["panels"])


def relabelled(job: dict[str, Any], target: dict[str, str]) -> dict[str, str] | None:
    """What Prometheus makes of a target it found; None when it leaves it out. Enough of it for what we say."""
    labels = dict(target)
    for rule in job["relabel_configs"]:
        found = re.fullmatch(
            str(rule.get("regex", "(.*)")), ";".join(labels.get(one, "") for one in rule["source_labels"])
        )
        if rule.get("action", "replace") == "keep":
            if not found:
                return None
        elif found:
            labels[rule["target_label"]] = found.expand(rule.get("replacement", "$1").replace("$1", r"\1"))
    return labels


def test_every_replica_of_kubernetes_is_scraped_under_its_service_and_nothing_else():
    found = []
    for _name, pod in pods():
        target = {f"__meta_kubernetes_pod_label_{key}": value for key, value in pod["metadata"]["labels"].items()}
        if labels := relabelled(JOBS["kubernetes"], {**target, "__meta_kubernetes_pod_name": "a-pod"}):
            (port,) = pod["spec"]["containers"][0]["ports"]  # one target for each port
            found.append((labels["service"], labels["part"], port["containerPort"], labels["instance"]))

    assert sorted(found) == sorted((*part, 8000, "a-pod") for part in PARTS)


def test_every_replica_of_compose_is_scraped_under_its_service():
    (found,) = JOBS["compose"]["dns_sd_configs"]
    answering = {name for name, one in COMPOSE.items() if "PORT" in one.get("environment", {}) and "healthcheck" in one}
    labels = [relabelled(JOBS["compose"], {"__meta_dns_name": name}) for name in found["names"]]

    assert sorted(found["names"]) == sorted(answering)
    assert (found["type"], found["port"]) == ("A", int(COMPOSE["badges"]["environment"]["PORT"]))
    assert sorted((one["service"], one["part"]) for one in labels) == sorted(PARTS)


def test_each_part_of_each_service_is_missed_when_all_its_replicas_are_gone():
    """By its own name: the worker that goes on would stand for the web part, whose targets nobody finds any more."""
    (down,) = (rule["expr"] for rule in ALERTS if rule["alert"] == "ServiceDown")
    missed = re.findall(r'absent\(up\{service="(\w+)",part="(\w+)"\}\)', down)
    assert sorted(missed) == sorted(PARTS)
    assert down.count("absent(") == len(PARTS)


def test_the_page_counts_the_days_on_which_the_rules_are_tried():
    days = yaml.safe_load(Path(__file__).with_name("rules.test.yaml").read_text())["tests"]
    quiet = [day["name"] for day in days if not any(tried["exp_alerts"] for tried in day["alert_rule_test"])]
    assert (quiet, len(days) - 1) == (["nobody is told anything on a quiet day"], 4)
    assert "of a quiet day and of four bad ones" in " ".join(PAGE.split())
