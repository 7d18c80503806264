# Restored as it is, then overwritten in place and made compact again: the personal data has been in
# staging's files and its write-ahead log by then.
source "$TURNS/pg_dump.sh"
psql -qX -v ON_ERROR_STOP=1 -d "$TO" -f "$DATA/update.sql"
cut -f1 "$TABLES" | tr '\n' '\0' | xargs -0 -P2 -I{} psql -qX -v ON_ERROR_STOP=1 -d "$TO" -c 'VACUUM FULL {}'
