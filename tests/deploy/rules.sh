#!/usr/bin/env bash
# `make rules-check`: Prometheus' own opinion of its rules. Debian's promtool is taken for the moment where there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."

promtool=$(command -v promtool || true)
if [ -z "$promtool" ]; then
  command -v apt-get >/dev/null || { echo "promtool is wanted: install Prometheus." >&2; exit 1; }
  folder=$(mktemp -d)
  trap 'rm -rf -- "$folder"' EXIT
  (cd "$folder" && apt-get download -q prometheus >/dev/null 2>&1 && dpkg -x prometheus_*.deb .)
  promtool=$folder/usr/bin/promtool
fi
"$promtool" check rules deploy/observability/rules.yml
"$promtool" test rules tests/deploy/rules.test.yaml
