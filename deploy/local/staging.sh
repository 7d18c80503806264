#!/usr/bin/env bash
# Once, in an empty staging server: the role that makes and replaces databases there.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username=postgres --set=staging="$STAGING_PASSWORD" <<-'SQL'
	CREATE ROLE refresher_staging LOGIN CREATEDB PASSWORD :'staging';
	GRANT pg_signal_backend TO refresher_staging;
SQL
