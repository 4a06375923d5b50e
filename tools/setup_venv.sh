#!/usr/bin/env bash
# usage: tools/setup_venv.sh
# Creates .venv from requirements/lock.txt with this project in it, or reuses it while it is that.
# `make setup` runs it. PYTHON names the interpreter; without it the first Python 3.11 found serves.
set -euo pipefail

case ${1:-} in
'') ;;
-h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit ;;
*) printf 'error: command line: arguments: found %s, want none\n' "$1" >&2; exit 2 ;;
esac
want=3.11
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lock=$root/requirements/lock.txt
venv=$root/.venv
# Each stamp is written after the step that it stands for, so an interrupted step is done again.
packages_stamp=$venv/.packages-stamp
project_stamp=$venv/.project-stamp
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 2; }

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

find_python() {
    local candidate version seen='' candidates=("python$want" python3 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        version=$(version_of "$candidate") || continue
        if [ "$version" = "$want" ]; then
            command -v "$candidate"
            return
        fi
        seen="$seen, $candidate is Python $version"
    done
    [ -n "$seen" ] || seen=", found no ${PYTHON:-Python}"
    fail "Python $want is needed$seen; install Python $want or name it:" \
        "make setup PYTHON=/path/to/python$want"
}

packages_key() {
    printf '%s python %s at %s\n' "$(sha256sum <"$lock")" "$(version_of "$venv/bin/python")" "$root"
}

project_key() {
    cat "$root"/{pyproject.toml,setup.py,requirements/install.txt,mmaction_d3d/version.py} | sha256sum
}

is_current() {  # STAMP KEY
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

install_packages() {
    local python=$1 installer
    say "creating .venv with $python: a few minutes and 6 GB of disk"
    rm -rf "$venv"
    "$python" -m venv "$venv" ||
        fail "$python cannot create virtual environments; install its venv module" \
            "(Debian: apt-get install python$want-venv)"
    # First of all, so that pip does not replace itself while it works.
    installer=$(grep '^pip==' "$lock" || true)
    if [ -n "$installer" ]; then
        "$venv/bin/python" -m pip install --quiet --no-deps "$installer"
    fi
    "$venv/bin/python" -m pip install --no-deps --only-binary=:all: -r "$lock"
    packages_key >"$packages_stamp"
}

install_project() {
    say 'installing this project into .venv'
    # setuptools warns of the folders beside the package in every editable installation.
    PYTHONWARNINGS="ignore:Editable installation" \
        "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation -e "$root"
    project_key >"$project_stamp"
}

[ -z "${PYTHON:-}" ] || find_python >/dev/null
exec 9>"$root/.venv.lock"
flock --nonblock 9 || { say 'waiting for another set-up of this folder to end'; flock 9; }
if ! is_current "$packages_stamp" "$(packages_key)"; then
    python=$(find_python)
    install_packages "$python"
fi
is_current "$project_stamp" "$(project_key)" || install_project
say '.venv is ready'
