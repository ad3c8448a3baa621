#!/usr/bin/env bash
# Proves that ./quickstart and ./check start from nothing: makes a bare Debian 12 root with
# debootstrap, clones the committed state of this repository into it, and runs both there.
#
#     sudo tests/bare-root.sh [--keep] [COMMAND]
#
# COMMAND replaces "./quickstart && ./check". The root is removed at the end unless --keep is given.
# Needs root, debootstrap, git, unshare and a Debian mirror: the one this machine uses. Run by hand,
# not by ./check: it takes as long as both together, and downloads about 200 MB of packages.
set -euo pipefail
repository=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)

keep=no
if [[ ${1:-} == --keep ]]; then keep=yes; shift; fi
command=${1:-./quickstart && ./check}

for tool in debootstrap git unshare chroot; do
    command -v "$tool" >/dev/null || { echo "bare-root: needs $tool" >&2; exit 2; }
done
if ((EUID != 0)); then echo "bare-root: needs root (chroot, mounts)" >&2; exit 2; fi

root=$(mktemp -d "${TMPDIR:-/tmp}/fedveil-root.XXXXXX")
chmod 755 "$root" # apt downloads as a user of its own
remove() {
    rm -f "$root.log"
    if [[ $keep == yes ]]; then echo "kept: $root"; else rm -rf --one-file-system "$root"; fi
}
trap remove EXIT
trap 'exit 130' INT TERM

sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
mirror=$(sed -n -E -e 's|^URIs: *([^ ]*/debian/?) *$|\1|p' \
    -e 's|^deb (\[[^]]*\] )?([^ ]*/debian/?) .*|\2|p' <<<"$sources" | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}

echo "== debootstrap: Debian 12 from $mirror =="
if ! debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1; then
    tail -n 20 "$root.log"
    echo "bare-root: debootstrap failed" >&2
    exit 1
fi
# How this machine reaches its mirror (proxies and the like), and nothing else of its settings.
grep -l 'Acquire' /etc/apt/apt.conf.d/* 2>/dev/null | xargs -r cp -t "$root/etc/apt/apt.conf.d"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"

git -c safe.directory="$repository" -C "$repository" bundle create -q "$root/tmp/fedveil.bundle" \
    HEAD "$(git -C "$repository" rev-parse --abbrev-ref HEAD)"

cat >"$root/tmp/inside" <<'INSIDE'
set -eu
apt-get -qq update
echo "== the user's first step: git =="
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes install --no-install-recommends git >/dev/null
git clone -q /tmp/fedveil.bundle /root/fedveil
cd /root/fedveil
git log -1 --format='== cloned: %h %s =='
dpkg-query --show | wc -l | sed 's/$/ packages before/'
sh -c "$1"
dpkg-query --show | wc -l | sed 's/$/ packages after/'
INSIDE

# The mounts live in a mount namespace of their own and end with it, whatever happens.
started=$SECONDS
ended=0
unshare --mount --pid --fork --kill-child sh -c '
    mount --make-rprivate /
    mount --bind "$1" "$1" # a root that is a mount, as "ip netns exec" wants it
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    mount -t tmpfs -o mode=755 tmpfs "$1/run"
    exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} chroot "$1" sh /tmp/inside "$2"
' sh "$root" "$command" || ended=$?
echo "== bare root: exit code $ended after $((SECONDS - started)) s: $command =="
exit "$ended"
