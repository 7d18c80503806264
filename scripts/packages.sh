#!/usr/bin/env bash
# Makes a snapshot of all packages, looks into them, and installs and removes the deb and the rpm in an overlay of
# this machine's file system. Without root it only looks into them.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.cache/bin

"$bin/goreleaser" check
"$bin/goreleaser" release --snapshot --clean --skip=docker,sbom,sign

arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
deb=$(ls dist/*_linux_"$arch".deb)
rpm=$(ls dist/*_linux_"$arch".rpm)
tarball=$(ls dist/*_linux_"$arch".tar.gz)

files=(/usr/bin/refresher /usr/lib/systemd/system/refresher.service /usr/lib/systemd/system/refresher-run.timer
	/usr/lib/sysusers.d/refresher.conf /etc/refresher/refresher.yaml /etc/refresher/refresher.env
	/usr/share/bash-completion/completions/refresher /usr/share/zsh/site-functions/_refresher
	/usr/share/fish/vendor_completions.d/refresher.fish)

fail() { echo "packages: $*" >&2; exit 1; }
want() { # want LISTING NAME: the file is in the listing
	grep -qE "(^|[ ./])${2#/}(\.gz)?$" <<<"$1" || fail "$2 is missing"
}

echo "== what is in them"
listing=$(tar -tzf "$tarball")
for f in refresher LICENSE README.md man/refresher-run.1 completions/refresher.bash; do want "$listing" "$f"; done
details=$(dpkg-deb --contents "$deb")
listing=$(awk '{print $6}' <<<"$details")
for f in "${files[@]}" /usr/share/man/man1/refresher-run.1; do want "$listing" "$f"; done
grep -qE '^-rw------- root/root .*etc/refresher/refresher.env$' <<<"$details" || fail "refresher.env can be read by others"
if command -v rpm >/dev/null; then
	listing=$(rpm --query --list --package "$rpm")
	for f in "${files[@]}" /usr/share/man/man1/refresher-run.1; do want "$listing" "$f"; done
	listing=$(rpm --query --configfiles --package "$rpm")
	grep -q '^/etc/refresher/refresher.env$' <<<"$listing" || fail "rpm would overwrite refresher.env"
else
	echo "rpm is not installed: the rpm was not looked into"
fi
(cd dist && sha256sum --check --quiet checksums.txt)

echo "== deb installed, upgraded, removed and purged"
work=$(mktemp -d)
cleanup() {
	umount "$work/root" 2>/dev/null || true
	umount "$work" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
# A file system in memory: an overlay can't lie on another overlay, as containers have one.
if [ "$(id -u)" != 0 ] || ! mount -t tmpfs tmpfs "$work" 2>/dev/null || ! mkdir "$work/upper" "$work/work" "$work/root" ||
	! mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root" 2>/dev/null; then
	echo "no root, or no overlay file system: installing was not tried"
	exit 0
fi
in_root() { chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
cp "$deb" "$work/root/tmp/refresher.deb"
in_root dpkg --install --force-depends /tmp/refresher.deb
for f in "${files[@]}"; do [ -e "$work/root$f" ] || fail "$f was not installed"; done
in_root refresher version
in_root getent passwd refresher >/dev/null || fail "there is no user refresher"
echo "# mine" >>"$work/root/etc/refresher/refresher.yaml"
in_root dpkg --install --force-depends --force-confold /tmp/refresher.deb
grep -q "# mine" "$work/root/etc/refresher/refresher.yaml" || fail "an upgrade replaced the configuration"
in_root dpkg --remove refresher
[ ! -e "$work/root/usr/bin/refresher" ] || fail "the program is still there"
[ -e "$work/root/etc/refresher/refresher.yaml" ] || fail "removing took the configuration"
in_root dpkg --purge refresher
[ ! -e "$work/root/etc/refresher/refresher.env" ] || fail "purging left secrets"

echo "== rpm installed, upgraded and removed"
if command -v rpm >/dev/null; then
	cp "$rpm" "$work/root/tmp/refresher.rpm"
	# Debian's rpm knows nothing of what Debian's packages bring.
	in_root rpm --install --nodeps /tmp/refresher.rpm
	for f in "${files[@]}"; do [ -e "$work/root$f" ] || fail "$f was not installed by rpm"; done
	in_root refresher version
	echo "# mine" >>"$work/root/etc/refresher/refresher.yaml"
	in_root rpm --upgrade --force --nodeps /tmp/refresher.rpm
	grep -q "# mine" "$work/root/etc/refresher/refresher.yaml" || fail "an upgrade by rpm replaced the configuration"
	in_root rpm --erase refresher
	[ ! -e "$work/root/usr/bin/refresher" ] || fail "rpm left the program"
	[ -e "$work/root/etc/refresher/refresher.yaml.rpmsave" ] || fail "rpm took the changed configuration"
else
	echo "rpm is not installed: installing it was not tried"
fi
echo "ok"
