# What everybody has.
rm -rf "$DIR/dump"
pg_dump -Fd -j2 -Z0 -d "$FROM" -f "$DIR/dump"
pg_restore -j2 --no-owner -d "$TO" "$DIR/dump"
rm -rf "$DIR/dump"
