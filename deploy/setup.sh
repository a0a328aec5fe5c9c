#!/usr/bin/env bash
# Brings one thing that Posta needs onto this machine, and does nothing when it is there already:
#   setup.sh venv | rabbitmq | mongod | chromium | curl
# Only Debian's packages and the Python package index are asked, and only for what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=.venv

die() {
    printf '\nposta: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "hace falta root o sudo para: $*"
    fi
}

apt_install() {
    command -v apt-get >/dev/null || die "instale a mano, con el gestor de paquetes de su sistema: $*"
    echo "posta: instalando $* (una sola vez)…" >&2
    local log
    log=$(mktemp)
    as_root apt-get update -qq >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 ||
        { tail -n 30 "$log" >&2; die "no se pudo instalar: $* (todo lo que dijo apt-get está en $log)"; }
    rm -f "$log"
}

# --- Python -------------------------------------------------------------------------------------------------------

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3.11}" python3 python3.13 python3.12; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    python=$(find_python) || { apt_install python3-venv && python=$(find_python); } ||
        die "hace falta Python 3.11 o posterior: instálelo, o indíquelo así: make PYTHON=/ruta/a/python3.11 …"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    "$VENV/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$VENV"
    echo "posta: instalando las dependencias de Python (una sola vez)…" >&2
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
}

# --- servers ------------------------------------------------------------------------------------------------------

# The package would start a broker of the host's and enable it at boot. Posta runs the programs by itself, so both are
# kept from happening; a host that has the package already never comes here.
install_rabbitmq() {
    [ -z "${POSTA_RABBITMQ_SBIN:-}" ] || return 0
    ! compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server' >/dev/null || return 0
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
        trap "as_root rm -f $policy" EXIT
    fi
    apt_install rabbitmq-server
    # As the packages' own scripts do it, so that it works where systemd does not run, too.
    as_root env DPKG_MAINTSCRIPT_PACKAGE=rabbitmq-server deb-systemd-helper disable rabbitmq-server.service >/dev/null
    as_root env DPKG_MAINTSCRIPT_PACKAGE=erlang-base deb-systemd-helper disable epmd.service epmd.socket >/dev/null
}

# The wheel's mongod brings no libraries of its own.
install_mongod() {
    [ -z "${POSTA_MONGOD:-}" ] || return 0
    ! command -v mongod >/dev/null || return 0
    local mongod
    mongod=$(compgen -G "$VENV/lib/python3.*/site-packages/fiftyone/db/bin/mongod") || return 0
    if ldd "$mongod" | grep -q 'not found'; then
        apt_install libcurl4 liblzma5
    fi
}

# --- the browser of the browser tests -----------------------------------------------------------------------------

# Playwright's driver, a program inside its wheel, brings no libraries of its own either.
install_chromium() {
    local missing=() driver
    command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
    driver=$(compgen -G "$VENV/lib/python3.*/site-packages/playwright/driver/node") || true
    if [ -n "$driver" ] && ldd "$driver" | grep -q 'not found'; then
        missing+=(libatomic1)
    fi
    [ "${#missing[@]}" = 0 ] || apt_install "${missing[@]}"
}

# The snippets of docs/integracion.md are run as they stand.
install_curl() {
    command -v curl >/dev/null || apt_install curl
}

case "${1:-}" in
    venv) make_venv ;;
    rabbitmq) install_rabbitmq ;;
    mongod) install_mongod ;;
    chromium) install_chromium ;;
    curl) install_curl ;;
    *) die "uso: $0 venv|rabbitmq|mongod|chromium|curl" ;;
esac
