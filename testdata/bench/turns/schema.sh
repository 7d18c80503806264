# Tables without rows, keys and indexes: what floor and text start from. Its time doesn't count.
pg_dump -Fc --schema-only -d "$FROM" -f "$DIR/schema"
pg_restore --section=pre-data --no-owner -d "$TO" "$DIR/schema"
