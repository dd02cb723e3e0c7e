"""What `make image-check` makes of a Dockerfile; the check itself is `tests/deploy/image.py`."""

import pytest

from deploy.layout import ROOT
from tests.deploy.clean_root import Stage, Unknown, image_of, instructions

DOCKERFILE = ROOT / "deploy/Dockerfile"


@pytest.fixture
def stage(tmp_path):
    """An empty root, and a context with something to leave out."""
    context = tmp_path / "context"
    for file in ("shared/a.py", "shared/__pycache__/a.pyc", "deploy/.env", "deploy/run.sh", "one.txt"):
        (context / file).parent.mkdir(parents=True, exist_ok=True)
        (context / file).write_text(file)
    (context / ".dockerignore").write_text((ROOT / ".dockerignore").read_text())
    return Stage(tmp_path / "root", context, {"build": Stage(context, context, {})})


def held(stage):
    return sorted(str(file.relative_to(stage.root)) for file in stage.root.rglob("*") if file.is_file())


def test_lines_are_joined_and_comments_left_out():
    said = list(instructions("# one\nFROM a AS b\nRUN one \\\n# between\n && two\n\nUSER 1:1\n"))

    assert said == [("FROM", "a AS b"), ("RUN", "one   && two"), ("USER", "1:1")]


@pytest.mark.parametrize(
    "said", [("ADD", "a b"), ("CMD", "[]"), ("COPY", "--chown=1 one.txt b"), ("copy", "one.txt b")]
)
def test_what_it_does_not_know_is_refused(stage, said):
    with pytest.raises(Unknown):
        stage.carry_out(*said)


def test_nothing_runs_as_somebody_else_unseen(stage):
    stage.carry_out("USER", "10001:10001")
    with pytest.raises(Unknown):
        stage.carry_out("RUN", "true")


@pytest.mark.parametrize(
    ("words", "copied"),
    [
        ("shared shared", ["app/shared/a.py"]),
        ("deploy deploy", ["app/deploy/run.sh"]),
        ("one.txt two.txt", ["app/two.txt"]),
        ("one.txt deploy/run.sh ./", ["app/one.txt", "app/run.sh"]),
        ("--from=build /shared/a.py b.py", ["app/b.py"]),
    ],
)
def test_copy_puts_things_where_docker_does_and_leaves_out_what_is_ignored(stage, words, copied):
    stage.carry_out("WORKDIR", "/app")
    stage.carry_out("COPY", words)

    assert held(stage) == copied


def test_environment_may_stand_on_what_was_there(stage):
    stage.carry_out("ENV", "PATH=/app/bin:$PATH HOST=0.0.0.0")

    assert stage.environment["PATH"].startswith("/app/bin:/usr/local/sbin:")
    assert stage.environment["HOST"] == "0.0.0.0"  # noqa: S104 - inside a container


def test_our_dockerfile_says_only_what_can_be_tried():
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE"}

    assert {word for word, _ in instructions(DOCKERFILE.read_text())} <= known
    assert image_of(DOCKERFILE)["release"]
