package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/report/visible"
	"refresher/internal/scrub/rules"
	"refresher/internal/snapshot"
)

// maxVersion is how much is shown of a version, in bytes.
const maxVersion = 60

// versions compares the versions of products with those that the rules were written for. Of each it reads one
// value, from the table of the product's own migrations.
func (r *Report) versions(ctx context.Context, made []rules.MadeFor, source *snapshot.Source) {
	for _, m := range made {
		t := source.Catalog().Table(m.Table)
		if t == nil || t.Column(m.Column) == nil || m.Newest != "" && t.Column(m.Newest) == nil {
			continue
		}
		name := "the rules were written for this version of " + visible.Line(m.Product)
		version, err := versionOf(ctx, m, source)
		switch {
		case err != nil:
			r.warn("rules", name, "its version can't be read: "+err.Error(), "")
		case version == "":
			r.warn("rules", name, "the table of its migrations is empty", "")
		case m.Knows(version):
			r.ok("rules", name, version)
		default:
			r.warn("rules", name, fmt.Sprintf("it has %s, and they were written for %s; "+
				"what they don't name refuses a run", version, strings.Join(m.Versions, ", ")),
				"read the release notes for new columns that hold personal data or lead to production; "+
					"then add the version to made_for")
		}
	}
}

// versionOf is the version that a product's migrations say.
func versionOf(ctx context.Context, m rules.MadeFor, source *snapshot.Source) (version string, err error) {
	q := "SELECT pg_catalog.left(" + catalog.Quote(m.Column) + "::pg_catalog.text, $1) FROM " + m.Table.SQL()
	if m.Newest != "" {
		q += " ORDER BY " + catalog.Quote(m.Newest) + " DESC NULLS LAST"
	}
	var found *string
	err = source.Catalogs(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, q+" LIMIT 1", maxVersion).Scan(&found)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil
	case err != nil:
		return "", client.Wrap(err, "reading %s", m.Table)
	case found == nil:
		return "", nil
	}
	return visible.Line(*found), nil
}
