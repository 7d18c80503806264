#!/bin/sh
# Before removing, not before upgrading (deb: upgrade, rpm: 1): stop what runs.
set -e

case "${1:-}" in
upgrade | 1) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now refresher.service refresher-run.timer >/dev/null 2>&1 || :
	systemctl stop refresher-run.service >/dev/null 2>&1 || :
fi
