# The same in text form, as every tool that looks at rows on their way has to have them.
sed 's/\tbinary$/\ttext/' "$TABLES" >"$DIR/tables.text"
TABLES=$DIR/tables.text source "$TURNS/floor.sh"
