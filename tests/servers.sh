#!/bin/sh
# See that the servers and the browser that the tests use are there; as root on Debian, install what is missing.
# Never fails: tests whose server is missing say so themselves.

PATH="$PATH:/usr/sbin:/usr/local/sbin"

has() {
    for name in "$@"; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

missing=
has dovecot || missing="$missing dovecot-imapd"
has openssl || missing="$missing openssl"
has chromium chromium-browser google-chrome || missing="$missing chromium"
has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"

[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! has apt-get; then
    echo "Some tests will be skipped. Next: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi

# The packages must not start services or make a database cluster of their own.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/triage-tests.conf
made=
put_back() {
    for file in $made; do
        rm -f "$file"
    done
}
trap put_back EXIT
trap 'exit 0' HUP INT TERM
if [ ! -e "$policy" ]; then
    made="$made $policy"
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi
if [ ! -e "$no_cluster" ]; then
    made="$made $no_cluster"
    mkdir -p "${no_cluster%/*}" && echo "create_main_cluster = false" >"$no_cluster"
fi

echo "Installing what the tests need (once):$missing ..."
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 # one word for each package
if { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    echo "Installed."
else
    tail -n 3 "$log"
    echo "Could not install$missing: the tests that need them will be skipped."
fi
rm -f "$log"
exit 0
