#!/bin/sh
# After installing or upgrading: the user, and the units as they are now. Nothing is enabled or
# started by itself: there is no configuration yet.
set -e

if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers refresher.conf >/dev/null
elif ! getent passwd refresher >/dev/null; then
	useradd --system --user-group --home-dir /var/lib/refresher --shell /usr/sbin/nologin refresher
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload >/dev/null 2>&1 || :
	# An upgrade doesn't restart the service: that would stop a run.
	if systemctl --quiet is-active refresher.service; then
		echo "refresher: restart refresher.service for the new version when no run goes on" >&2
	fi
fi
