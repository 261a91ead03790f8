#!/bin/sh
# Make the virtual environment in $1 and install this project into it with the extras in $2 (may be empty).
# On a Debian without the package python3-venv, root installs that first; anybody else is told how.
set -eu
folder=$1
extras=${2:-}
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Interlingua needs Python 3.11 or newer; $("$python" --version 2>&1) is what '$python' gives. Try: make PYTHON=python3.12 ..." >&2
    exit 1
}
if [ ! -x "$folder/bin/pip" ]; then
    rm -rf "$folder"
    if ! "$python" -m venv "$folder" >/dev/null 2>&1; then
        rm -rf "$folder"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        else
            echo "Python cannot make virtual environments here. On Debian and Ubuntu run: sudo apt-get install python3-venv" >&2
            exit 1
        fi
        "$python" -m venv "$folder"
    fi
fi
echo "Installing into $folder (a minute or two the first time) ..."
"$folder/bin/pip" install --quiet --disable-pip-version-check --editable ".${extras:+[$extras]}"
