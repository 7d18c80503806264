# greenmask, two jobs, with hashed (deterministic) transformers as in its file of rules.
rm -rf "$DIR/greenmask"
mkdir -p "$DIR/greenmask/tmp" "$DIR/greenmask/storage"
export STORAGE_TYPE=directory
sed -e "s|@DIR@|$DIR|g; s|@FROM@|$FROM|g; s|@TO@|$TO|g; s|@BIN@|$(dirname "$(command -v pg_dump)")|g" \
	"$DATA/greenmask.yaml" >"$DIR/greenmask.yaml"
export GREENMASK_GLOBAL_SALT=a5eddc84e762e810
greenmask --config "$DIR/greenmask.yaml" dump
greenmask --config "$DIR/greenmask.yaml" restore latest
rm -rf "$DIR/greenmask"
