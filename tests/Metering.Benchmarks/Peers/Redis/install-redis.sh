#!/bin/sh
# Puts Redis's programs on a Debian or Ubuntu machine and starts nothing. The package redis-server would start a service with the machine;
# redis-tools has the same program: redis-check-rdb is the server under another name, and runs as the server when it is called so.
set -eu
command -v redis-server >/dev/null && exit 0
command -v redis-check-rdb >/dev/null && exit 0
command -v apt-get >/dev/null || { echo "there is no apt-get" >&2; exit 1; }
as_root=
[ "$(id -u)" = 0 ] || as_root="sudo -n"
$as_root apt-get update -q
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends redis-tools
