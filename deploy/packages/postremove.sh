#!/bin/sh
# After removing. The user stays, as files may belong to it; deb's purge removes its folder.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload >/dev/null 2>&1 || :
fi
if [ "${1:-}" = purge ]; then
	rm -rf /var/lib/refresher
fi
