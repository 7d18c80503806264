#!/usr/bin/env bash
# Copies the primary once, then follows it as a hot standby.
set -euo pipefail
export PGDATA=/var/lib/postgresql/data/standby

if [ ! -d "$PGDATA" ]; then
	rm -rf "$PGDATA.copy" # what an interrupted copy left
	pg_basebackup --host=primary --username=replicator --slot=standby --wal-method=stream --write-recovery-conf \
		--pgdata="$PGDATA.copy"
	chmod 0700 "$PGDATA.copy"
	mv "$PGDATA.copy" "$PGDATA"
fi
exec postgres -c hot_standby_feedback=on
