#!/usr/bin/env bash
# Once, in an empty primary: roles, databases, a replication slot and the sample application.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username=postgres \
	--set=replication="$REPLICATION_PASSWORD" --set=reader="$READER_PASSWORD" \
	--set=mlflow="$MLFLOW_PASSWORD" --set=metabase="$METABASE_PASSWORD" <<-'SQL'
	CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication';
	CREATE ROLE refresher_reader LOGIN PASSWORD :'reader';
	GRANT pg_read_all_data TO refresher_reader;
	CREATE ROLE mlflow LOGIN PASSWORD :'mlflow';
	CREATE ROLE metabase LOGIN PASSWORD :'metabase';
	CREATE DATABASE experimentation;
	CREATE DATABASE mlflow OWNER mlflow;
	CREATE DATABASE metabase OWNER metabase;
	SELECT pg_create_physical_replication_slot('standby');
SQL
psql --set=ON_ERROR_STOP=1 --username=postgres --dbname=experimentation --file=/sample.sql
echo "host replication replicator all scram-sha-256" >>"$PGDATA/pg_hba.conf"
