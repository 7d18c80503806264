# Two streams of COPY into COPY in the servers' binary form, then keys and indexes by two jobs. $TABLES
# has a line a table: name, columns and the form, between tabs.
one() {
	IFS=$'\t' read -r name columns form <<<"$1"
	psql -qX -d "$FROM" -c "COPY (SELECT $columns FROM ONLY $name) TO STDOUT (FORMAT $form)" |
		psql -qX -d "$TO" -c "COPY $name ($columns) FROM STDIN (FORMAT $form)"
}
export -f one
tr '\n' '\0' <"$TABLES" | xargs -0 -n1 -P2 bash -euo pipefail -c 'one "$@"' bash
pg_restore -j2 --section=post-data --no-owner -d "$TO" "$DIR/schema"
