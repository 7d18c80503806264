package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// maxKey is how much of a key's value is read, in characters.
const maxKey = 100

// rowKeys gives the findings that are kept the primary key of their row, as far
// as it may be shown. It reads in the snapshot that the rows were read in.
func (db *database) rowKeys(ctx context.Context, conn *pgx.Conn) error {
	byTable := map[string][]*Finding{}
	for _, t := range db.ledger.columns {
		for i := range t.found {
			for j := range t.found[i].kept {
				if f := &t.found[i].kept[j]; strings.HasPrefix(f.Row, "ctid ") {
					byTable[f.Table] = append(byTable[f.Table], f)
				}
			}
		}
	}
	if len(byTable) == 0 {
		return nil
	}
	s := db.v.scanner()
	for _, t := range db.cat.Tables {
		found := byTable[t.Name.String()]
		if len(found) == 0 || len(t.PrimaryKey) == 0 || !t.HoldsRows() {
			continue
		}
		keys, err := db.keysOf(ctx, conn, s, t, found)
		if err != nil {
			return err
		}
		for _, f := range found {
			f.Key = keys[f.Row]
		}
	}
	return s.err()
}

// keysOf reads the keys of the rows where something was found, by the finding's Row.
func (db *database) keysOf(ctx context.Context, conn *pgx.Conn, s *scanner, t *catalog.Table,
	found []*Finding) (map[string]string, error) {
	var ctids, exprs []string
	for _, f := range found {
		ctids = append(ctids, `"`+strings.TrimPrefix(f.Row, "ctid ")+`"`)
	}
	for _, name := range t.PrimaryKey {
		exprs = append(exprs, fmt.Sprintf("pg_catalog.left(%s, %d)", catalog.Output("t."+catalog.Quote(name)), maxKey))
	}
	sql := "SELECT t.ctid::pg_catalog.text, " + strings.Join(exprs, ", ") + " FROM ONLY " + t.Name.SQL() +
		" AS t WHERE t.ctid = ANY (" +
		catalog.Literal("{"+strings.Join(ctids, ",")+"}") + "::pg_catalog.tid[])"
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, client.Wrap(err, "reading the keys of rows of %s", t.Name)
	}
	defer rows.Close()
	keys := map[string]string{}
	for rows.Next() {
		values := make([]*string, len(t.PrimaryKey)+1)
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, client.Wrap(err, "reading the keys of rows of %s", t.Name)
		}
		var parts []string
		for i, name := range t.PrimaryKey {
			parts = append(parts, name+"="+db.shown(s, t, name, *values[i+1]))
		}
		keys["ctid "+*values[0]] = strings.Join(parts, ", ")
	}
	return keys, client.Wrap(rows.Err(), "reading the keys of rows of %s", t.Name)
}

// shown is a key's value as a report may show it. A number or UUID is shown as it
// stands, unless something is found in it. Text is shown if it is a fake that a
// generator of ours made for that column; all other text, kept or not, only by
// its shape: nobody can tell a code from a name.
func (db *database) shown(s *scanner, t *catalog.Table, column, value string) string {
	c := t.Column(column)
	class := pii.None
	if spec := db.spec(t); spec != nil {
		for _, x := range spec.Columns {
			if x.Name == column && !x.Keep {
				class = x.Class
			}
		}
	}
	if c != nil && class != pii.None && fake.Recognise(class, []byte(value)) {
		return value
	}
	var found tally
	s.cell(&found, place{}, []byte(value))
	suspicious := found.stats.Excepted > 0
	for i := range found.found {
		suspicious = suspicious || found.found[i].n > 0
	}
	if c == nil || suspicious || !plainKey(c.Type) {
		return Shape(pii.None, []byte(value))
	}
	return value
}

// plainKey reports types whose values are nobody's words.
func plainKey(t *catalog.Type) bool {
	switch t.Underlying().OID {
	case catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.UUIDOID, catalog.BoolOID:
		return true
	}
	return false
}
