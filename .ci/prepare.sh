# What ./run and ./test need of the machine. Sourced by both, from the root of the checkout.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
export HOME="${HOME:-/tmp}"

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

need_sdk() {
    if ! command -v dotnet >/dev/null && [ -x "$HOME/.dotnet/dotnet" ]; then
        export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"
    fi
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing. Debian, Ubuntu: see https://learn.microsoft.com/dotnet/core/install/linux
(package dotnet-sdk-10.0); macOS: brew install dotnet; anywhere: https://dot.net/v1/dotnet-install.sh --channel 10.0"
    dotnet --version >/dev/null 2>&1 || fail "the .NET SDK that global.json asks for (10.0) is missing; there is only:
$(dotnet --list-sdks 2>/dev/null)
Install it: https://dot.net/v1/dotnet-install.sh --channel 10.0"
}

has_postgres() {
    local folders folder
    IFS=: read -r -a folders <<<"${PG_BIN:-}:$PATH"
    for folder in "${folders[@]}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /usr/local/pgsql/bin; do
        [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return 0
    done
    return 1
}

# Only the programs are wanted. Debian's package would also make a cluster and start it with the machine, so that is turned off while
# it is installed, and what was set before is put back.
install_postgres() {
    local conf=/etc/postgresql-common/createcluster.conf as_root=() saved
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=(sudo)
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    "${as_root[@]}" apt-get update -q || return 1
    "${as_root[@]}" apt-get install -y -q --no-install-recommends postgresql-common || return 1
    saved="$(mktemp)" || return 1
    cat "$conf" >"$saved" || return 1
    { grep -v '^ *create_main_cluster' "$saved"; echo 'create_main_cluster = false'; } | "${as_root[@]}" tee "$conf" >/dev/null
    "${as_root[@]}" apt-get install -y -q --no-install-recommends postgresql
    local result=$?
    "${as_root[@]}" tee "$conf" <"$saved" >/dev/null
    rm -f "$saved"
    return $result
}

need_postgres() {
    has_postgres && return 0
    if command -v apt-get >/dev/null; then
        echo "PostgreSQL's programs are missing: installing them (apt-get install postgresql)"
        local log
        log="$(mktemp)"
        install_postgres >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; rm -f "$log"; }
        rm -f "$log"
    fi
    has_postgres || fail "PostgreSQL's programs (initdb, postgres) are missing. Debian, Ubuntu: apt-get install postgresql (as root);
macOS: brew install postgresql; elsewhere: set PG_BIN to the folder that holds them."
}
