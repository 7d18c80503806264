#!/usr/bin/env bash
# Writes deploy/.env.local: the example, with a random value for each variable that is empty
# there. A file that exists stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -e .env.local ]; then
	echo "deploy/.env.local exists; remove it for new secrets (and the volumes, which hold the old ones)" >&2
	exit 0
fi
umask 077
while IFS= read -r line; do
	case $line in
	[A-Z]*=) printf '%s%s\n' "$line" "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')" ;;
	*) printf '%s\n' "$line" ;;
	esac
done <.env.local.example >.env.local.new
mv .env.local.new .env.local
echo "deploy/.env.local has new secrets" >&2
