#!/usr/bin/env bash
# What no Python or npm package can bring. `system.sh run` for `make run`, `system.sh test` adds the browser of the tests,
# `system.sh image` what lays a clean Debian.
# Installs it with apt as root or with passwordless sudo; otherwise prints the one line to type, and stops.
# `system.sh python` prints the Python to use.
set -euo pipefail

python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
}

browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

missing() {
  local interpreter
  interpreter=$(python)
  if [ -z "$interpreter" ]; then
    echo python3 python3-venv
  elif ! "$interpreter" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "$("$interpreter" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  # Read to the end: with pipefail, a grep that stops early makes ldconfig fail.
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep 'libcurl\.so\.4 ' >/dev/null || echo libcurl4
  if [ "$1" = test ] && ! browser; then echo chromium; fi
  if [ "$1" = image ] && [ ! -x /usr/sbin/debootstrap ]; then echo debootstrap; fi
}

if [ "$1" = python ]; then
  python
  exit
fi

packages=$(missing "$1" | xargs)
[ -z "$packages" ] && exit 0

install="apt-get install -y --no-install-recommends $packages"
if ! command -v apt-get >/dev/null; then
  echo "This machine lacks: $packages. Install them with its package manager, then run make again." >&2
  exit 1
elif [ "$(id -u)" = 0 ]; then
  sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  sudo="sudo -n"
elif [ "$packages" = chromium ]; then
  echo "No browser for the page tests: the others run. To have all of them, type: sudo $install" >&2
  exit 0
else
  echo "This machine lacks $packages. Type: sudo $install" >&2
  exit 1
fi

echo "Installing with apt: $packages"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words, or nothing
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086
$sudo $install >/dev/null </dev/null

if [ -z "$(python)" ]; then
  echo "Python 3.11 or newer is needed, and apt has none: install one, then run make again." >&2
  exit 1
fi
