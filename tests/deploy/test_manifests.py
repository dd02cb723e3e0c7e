"""What production is described by: valid for named versions of the schemas, complete, confined. Never started here."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from importlib.resources import files
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.layout import ROOT
from deploy.topology import SERVICES
from tests.deploy.test_settings import COMPOSE_TEXT, EXAMPLE, NAMED, required, settings_of

KUBERNETES = "1.34"
"""The oldest version we name; the newest that the validator knows is tried too."""
COMPOSE_SCHEMA = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())
FOLDER = ROOT / "deploy/kubernetes"

Manifest = dict[str, Any]
MANIFESTS: list[Manifest] = [
    one for file in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(file.read_text())
]


def compose() -> Manifest:
    """As compose reads it: with the settings put in, those without a value as a word."""
    text = re.sub(r"(?<!\$)\$\{([A-Z_]+)(?::-([^}]*)|:\?)?\}", lambda found: found[2] or "word", COMPOSE_TEXT)
    return yaml.safe_load(text)


def named(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def manifest_of(name: str) -> Manifest:
    return next(one for one in MANIFESTS if named(one) == name)


def pods() -> Iterator[tuple[str, Manifest]]:
    """Every pod's specification, by the name of what makes it."""
    for one in MANIFESTS:
        spec = one.get("spec", {})
        if template := spec.get("jobTemplate", {}).get("spec", spec).get("template"):
            yield named(one), template


def containers() -> dict[str, Manifest]:
    return {name: one["spec"]["containers"][0] for name, one in pods()}


def environment(container: Manifest) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def secrets(container: Manifest) -> set[str]:
    found = [one["valueFrom"].get("secretKeyRef") for one in container["env"] if "valueFrom" in one]
    return {one["key"] for one in found if one}


@pytest.mark.parametrize("version", [KUBERNETES, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_manifest_is_what_kubernetes_knows(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize(
    ("kind", "path", "wrong"),
    [
        ("Deployment/caddy", ("spec", "template", "spec", "containers", 0), {"readynessProbe": {}}),
        ("StatefulSet/mongo", ("spec",), {"replicas": "three"}),
        ("NetworkPolicy/nobody", ("spec",), {"podSelektor": {}}),
        ("PodDisruptionBudget/nats", ("spec",), {"maxUnavailabel": 1}),
        ("CronJob/backup", ("spec", "jobTemplate"), {"specs": {}}),
    ],
)
def test_a_slip_in_a_manifest_is_found(kind, path, wrong):
    manifest = place = deepcopy(manifest_of(kind))
    for step in path:
        place = place[step]
    place |= wrong

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_compose_file_is_what_the_specification_knows():
    jsonschema.Draft202012Validator(COMPOSE_SCHEMA).validate(compose())


@pytest.mark.parametrize("slip", [{"healthchek": {}}, {"depends_on": {"mongo": {"condition": "up"}}}, {"image": 8}])
def test_a_slip_in_the_compose_file_is_found(slip):
    found = compose()
    found["services"]["badges"] |= slip

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(COMPOSE_SCHEMA).validate(found)


def test_kustomization_names_every_manifest_and_every_file_it_takes_in():
    listed = yaml.safe_load((ROOT / "deploy/kustomization.yaml").read_text())

    assert sorted(listed["resources"]) == sorted(f"kubernetes/{file.name}" for file in FOLDER.glob("*.yaml"))
    taken = [file for one in listed["configMapGenerator"] for file in one["files"]]
    assert [file for file in taken if not (ROOT / "deploy" / file).is_file()] == []
    assert {one["name"] for one in listed["secretGenerator"] + listed["configMapGenerator"]} == referenced()


def referenced() -> set[str]:
    """The names of all secrets and configurations that some pod asks for."""
    text = json.dumps(MANIFESTS)
    return set(re.findall(r'"(?:secretKeyRef|configMap)": \{"name": "([a-z-]+)"', text))


def test_every_secret_that_is_asked_for_is_a_setting_of_the_example():
    asked = {key for container in containers().values() for key in secrets(container)}

    assert asked - set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == set()


@pytest.mark.parametrize("role", ["web", "worker"])
@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_two_replicas_of_each_kind_with_all_it_requires(service, role):
    name = service if role == "web" else f"{service}-worker"
    deployment = manifest_of(f"Deployment/{name}")
    container = containers()[f"Deployment/{name}"]
    given = environment(container)
    known = {name.upper() for name in settings_of(service).model_fields}
    between = set(re.findall(r"\$\(([A-Z_]+)\)", json.dumps(container["env"])))

    assert deployment["spec"]["replicas"] == 2
    assert container["command"] == ["python", "-m", f"services.{service}.app"]
    assert (given["SERVICE"], given["RUN"]) == (service, role)
    assert required(service) <= set(given)
    assert set(given) - known - between == {"SERVICE"}
    for address in ("MONGO_URL", "NATS_URL"):
        assert len(re.findall(r"(?:mongo|nats)-[0-2]\.", given[address])) == 3


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_a_worker_what_it_gives_the_pages(service):
    found = compose()["services"]
    web, worker = found[service], found[f"{service}-worker"]

    assert web["deploy"]["replicas"] == worker["deploy"]["replicas"] == 2
    assert worker["environment"] == {**web["environment"], "RUN": "worker"}
    assert web["environment"]["RUN"] == "web"
    assert set(web["environment"]) - {name.upper() for name in settings_of(service).model_fields} == {"SERVICE"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_no_secret_of_another(service):
    for name in (f"Deployment/{service}", f"Deployment/{service}-worker"):
        keys = secrets(containers()[name])
        assert not [key for key in keys for other in SERVICES if other != service and key.endswith(f"_{other.upper()}")]
        assert ("STAFF_PRIVATE_KEY" in keys, "BADGE_PRIVATE_KEY" in keys) == (
            service == "programme",
            service == "badges",
        )
        assert not {"MONGO_ADMIN_PASSWORD", "NATS_PASSWORD_PROVISION", "MONGO_KEY"} & keys


@pytest.mark.parametrize(("name", "pod"), list(pods()), ids=lambda value: value if isinstance(value, str) else "")
def test_pod_is_confined(name, pod):
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False  # they would put PORT and the like into the environment
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        confined = container["securityContext"]
        assert (confined["readOnlyRootFilesystem"], confined["allowPrivilegeEscalation"]) == (True, False)
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
        written = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
        assert "/tmp" in written or name == "StatefulSet/nats"  # noqa: S108 - the container's own


def test_what_runs_for_long_is_watched_spread_and_never_away_as_a_whole():
    budgets = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "PodDisruptionBudget"}
    for one in MANIFESTS:
        if one["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        spec = one["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        app = one["spec"]["template"]["metadata"]["labels"]["app"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), app
        assert spec["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == {"app": app}
        assert one["spec"]["selector"]["matchLabels"] == {"app": app}
        assert one["spec"]["replicas"] == (3 if one["kind"] == "StatefulSet" else 2)
        assert app in budgets


def test_servers_are_three_on_disks_of_their_own_and_the_stream_has_as_many_copies():
    for name in ("mongo", "nats"):
        found = manifest_of(f"StatefulSet/{name}")
        assert (found["spec"]["replicas"], len(found["spec"]["volumeClaimTemplates"])) == (3, 1)
    assert environment(containers()["Job/provision"])["NATS_REPLICAS"] == "3"
    assert "sync_interval: always" in (ROOT / "deploy/nats.conf").read_text()


def test_nats_is_given_every_word_its_configuration_asks_for():
    asked = set(re.findall(r"\$(NATS_[A-Z_]+)", (ROOT / "deploy/nats.conf").read_text()))
    among = set(re.findall(r"\$(NATS_[A-Z_]+)", (ROOT / "deploy/nats-cluster.conf").read_text()))

    assert asked <= set(compose()["services"]["nats"]["environment"])
    assert asked | among <= set(environment(containers()["StatefulSet/nats"]))


def test_front_door_is_given_every_word_its_configuration_asks_for():
    asked = set(re.findall(r"\{\$([A-Z_]+)\}", (ROOT / "deploy/Caddyfile").read_text()))

    assert asked <= set(compose()["services"]["caddy"]["environment"])
    assert asked <= set(environment(containers()["Deployment/caddy"]))


@pytest.mark.parametrize("tool", ["provision", "backup"])
def test_tools_are_given_the_servers(tool):
    wanted = {"MONGO_ADMIN", "MONGO_ADMIN_PASSWORD", "MONGO_ADMIN_URL", "NATS_ADMIN_URL", "NATS_REPLICAS"}
    kind = "Job" if tool == "provision" else "CronJob"

    assert wanted <= set(environment(containers()[f"{kind}/{tool}"]))
    assert wanted <= set(compose()["services"][tool]["environment"])
    assert wanted <= NAMED


def allowed() -> set[tuple[str, str]]:
    """Who may speak to whom, as the policies say: the labels `app` of both ends."""
    everybody = {pod["metadata"]["labels"]["app"]: pod["metadata"]["labels"] for _, pod in pods()}

    def fits(selector: Manifest) -> set[str]:
        wanted = [{key: {value} for key, value in selector.get("matchLabels", {}).items()}]
        wanted += [{one["key"]: set(one["values"])} for one in selector.get("matchExpressions", [])]
        return {
            app
            for app, labels in everybody.items()
            if all(labels.get(key) in values for part in wanted for key, values in part.items())
        }

    sends, hears = set(), set()
    for one in MANIFESTS:
        if one["kind"] == "NetworkPolicy":
            ours = fits(one["spec"]["podSelector"])
            for rule, way, found in (("egress", "to", sends), ("ingress", "from", hears)):
                for part in one["spec"].get(rule, []):
                    others = {
                        app for end in part.get(way, []) if "podSelector" in end for app in fits(end["podSelector"])
                    }
                    found |= {(us, other) if way == "to" else (other, us) for us in ours for other in others}
    assert sends == hears, "what one may say the other hears"
    return sends


def test_only_the_front_door_reaches_the_services_and_they_only_the_servers():
    services = {name for service in SERVICES for name in (service, f"{service}-worker")}
    servers, tools = {"mongo", "nats"}, {"provision", "backup"}

    expected = {("caddy", service) for service in services}
    expected |= {(one, server) for one in services | tools for server in servers}
    assert allowed() == expected | {("mongo", "mongo"), ("nats", "nats"), ("janitor", "nats")}
    outwards = [one for one in MANIFESTS if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "mail"]
    assert [one["spec"]["podSelector"]["matchLabels"] for one in outwards] == [{"mail": "sends"}]
    assert [name for name, pod in pods() if "mail" in pod["metadata"]["labels"]] == ["Deployment/notifications-worker"]
    nobody = manifest_of("NetworkPolicy/nobody")
    assert nobody["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_on_one_machine_only_the_front_door_and_the_sender_of_mail_reach_the_world():
    found = compose()
    inner = {name for name, network in found["networks"].items() if (network or {}).get("internal")}

    outside = {name for name, service in found["services"].items() if set(service["networks"]) - inner}
    assert outside == {"caddy", "notifications-worker", "mailpit"}
    assert {name for name, service in found["services"].items() if "door" in service["networks"]} == {
        "caddy",
        *SERVICES,
    }


def test_images_say_their_version():
    used = [container["image"] for container in containers().values()]
    used += [service["image"] for service in compose()["services"].values()]

    others = {image for image in used if not image.startswith("rencontres")}
    assert [image for image in others if not re.fullmatch(r"[a-z/]+:v?\d+\.\d+(-alpine)?", image)] == []
    (ours,) = yaml.safe_load((ROOT / "deploy/kustomization.yaml").read_text())["images"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", ours["newTag"])


def test_every_process_on_one_machine_is_confined_and_bounded():
    for name, service in compose()["services"].items():
        if name != "mailpit":
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert "healthcheck" in service or name in {"provision", "backup"}, name
