"""A Dockerfile's own steps without Docker: `debootstrap` lays the base, `chroot` runs what RUN says. Needs root.

It knows the instructions ours uses and refuses any other, so that the file cannot outgrow what is tried.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from string import Template

from deploy.programs import Missing

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IMAGE = re.compile(r"python:(?P<python>\d+\.\d+)-slim-(?P<release>[a-z]+)")
PACKAGES = ("ca-certificates", "netbase", "tzdata", "python3-venv", "python-is-python3")
"""What `python:…-slim` has beyond the smallest Debian. Its Python is built from source, this one is Debian's."""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FETCHED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
"""What images of Debian called slim leave out too."""


class Unknown(Exception):
    """The Dockerfile says something that cannot be carried out here."""


@dataclass
class Stage:
    """A root under construction, or the image when all is done."""

    root: Path
    context: Path
    others: Mapping[str, "Stage"]
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    workdir: PurePosixPath = field(default_factory=lambda: PurePosixPath("/"))
    user: str = "0:0"

    def carry_out(self, word: str, rest: str) -> None:
        """One instruction."""
        match word:
            case "WORKDIR":
                self.workdir /= rest
                self.inside(".").mkdir(parents=True, exist_ok=True)
            case "ENV":
                said = Template(rest).substitute(self.environment)
                self.environment |= dict(part.split("=", 1) for part in shlex.split(said))
            case "USER":
                self.user = rest
            case "COPY":
                self._copy(shlex.split(rest))
            case "RUN":
                self._run(rest)
            case "EXPOSE":
                pass  # it opens nothing
            case _:
                raise Unknown(f"{word} {rest}")

    def inside(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.root / str(self.workdir / path).lstrip("/")

    def confined(self, *words: str, read_only: bool, tmpfs: Sequence[str], volumes: Mapping[str, Path]) -> list[str]:
        """The command that starts these words as the image's user, without capabilities, as `docker run` would."""
        mounts = [f"mount -t tmpfs -o mode=1777 tmpfs {self._quoted(path)}" for path in tmpfs]
        for path, folder in volumes.items():
            mounts += [
                f"mkdir -p {self._quoted(path)}",
                f"mount --bind {shlex.quote(str(folder))} {self._quoted(path)}",
            ]
        if read_only:
            mounts.append(f"mount -o remount,bind,ro {self._quoted('/')}")
        user, _, group = self.user.partition(":")
        who = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
        return self._apart(
            mounts, [*who, "--bounding-set=-all", "--inh-caps=-all", "env", "-C", str(self.workdir), *words]
        )

    def beside(self, pid: int, *words: str) -> list[str]:
        """The command that runs these words where process `pid` lives, as `docker exec` would."""
        user, _, group = self.user.partition(":")
        where = ["--mount", "--pid", "--root", f"--setuid={user}", f"--setgid={group}"]
        return ["nsenter", f"--target={pid}", *where, "env", "-C", str(self.workdir), *words]

    def _apart(self, mounts: Sequence[str], words: Sequence[str]) -> list[str]:
        """In a view of its own of processes and mounts, which ends with it."""
        root = shlex.quote(str(self.root))
        script = [
            f"mount --bind {root} {root}",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            *mounts,
            f"exec chroot {root} {shlex.join(words)}",
        ]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", "\n".join(script)]

    def _run(self, line: str) -> None:
        """As root or the user said before, with this machine's way to the network and what it trusts there."""
        if self.user != "0:0":
            raise Unknown(f"RUN after USER: {line}")
        (self.root / "etc/resolv.conf").touch()
        mounts = [f"mount --bind {file} {self._quoted(file)}" for file in ("/etc/resolv.conf", CERTIFICATES)]
        ways = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        trust = {"PIP_CERT": CERTIFICATES, "NODE_EXTRA_CA_CERTS": CERTIFICATES}
        command = self._apart(mounts, ["env", "-C", str(self.workdir), "sh", "-c", line])
        subprocess.run(command, env={"HOME": "/root", **ways, **trust, **self.environment}, check=True)

    def _copy(self, words: list[str]) -> None:
        stage = self.others[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else None
        if words[0].startswith("--"):
            raise Unknown(f"COPY {words[0]}")
        *sources, target = words
        into = target.endswith("/") or len(sources) > 1
        for source in sources:
            origin = stage.inside(source) if stage else self.context / source
            place = self.inside(target)
            if origin.is_dir():
                left_out = None if stage else _left_out(self.context)
                shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True, ignore=left_out)
            else:
                place = place / origin.name if into else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, place)

    def _quoted(self, path: str) -> str:
        return shlex.quote(str(self.inside(path)).rstrip("/"))


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """What a Dockerfile says, line after line, without comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield word, rest.strip()


def image_of(dockerfile: Path) -> re.Match[str]:
    """The base every stage stands on: one image of Python, on one release of Debian."""
    named = {rest.split()[0] for word, rest in instructions(dockerfile.read_text()) if word == "FROM"}
    found = IMAGE.fullmatch(named.pop()) if len(named) == 1 else None
    if not found:
        raise Unknown(f"a base other than {IMAGE.pattern}")
    return found


def build(dockerfile: Path, context: Path, base: Path, folder: Path) -> Stage:
    """Carry out every instruction, each stage in a copy of `base` under `folder`; the last stage is the image."""
    stages: dict[str, Stage] = {}
    stage = None
    for word, rest in instructions(dockerfile.read_text()):
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "image"
            subprocess.run(["cp", "--archive", base, folder / name], check=True)  # noqa: S607 - the system's
            stage = stages[name] = Stage(folder / name, context, stages)
        elif stage is None:
            raise Unknown(f"{word} before FROM")
        else:
            stage.carry_out(word, rest)
    if stage is None:
        raise Unknown("a Dockerfile without FROM")
    return stage


def lay_base(folder: Path, image: re.Match[str]) -> None:
    """A clean Debian of this image's release, with that release's Python, which has to be of the same version."""
    command = [
        "debootstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        image["release"],
        folder,
        _mirror(),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for left in FETCHED:
        shutil.rmtree(folder / left, ignore_errors=True)
    if not (folder / f"usr/bin/python{image['python']}").exists():
        raise Unknown(f"Python {image['python']}: {image['release']} has another")


def _mirror() -> str:
    """Where this machine's apt finds Debian."""
    asked = ["Created-By: Packages", "Label: Debian", "Component: main"]
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *asked]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if not found:
        raise Missing("apt knows no archive of Debian: this check runs on Debian only.")
    return found[0]


def _left_out(context: Path) -> Callable[[str, list[str]], set[str]]:
    """What `.dockerignore` keeps from the image, as `copytree` asks for it."""
    patterns = (context / ".dockerignore").read_text().split()

    def ignored(path: Path) -> bool:
        return any(
            fnmatch(path.name, pattern[3:]) if pattern.startswith("**/") else fnmatch(str(path), pattern)
            for pattern in patterns
        )

    return lambda folder, names: {name for name in names if ignored(Path(folder, name).relative_to(context))}
