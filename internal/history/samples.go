package history

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// SampleRoot is what a root of a bucket's sample took.
type SampleRoot struct {
	Name           string // the table, and which root of it
	KeyFingerprint string // of the masking key, by which the members were hashed
	Members        []byte // in a form of the sample's own
}

// Sample returns the roots of the sample that a bucket got last, and by which run; none if that isn't known.
func (h *History) Sample(ctx context.Context, bucket string) (run string, roots []SampleRoot, err error) {
	err = h.do(ctx, "reading the sample before", func(c *pgx.Conn) error {
		roots = nil
		rows, err := c.Query(ctx, `SELECT run, name, key_fingerprint, members FROM samples
			WHERE database = $1 AND bucket = $2 ORDER BY root`, h.target, bucket)
		if err != nil {
			return err
		}
		var r SampleRoot
		_, err = pgx.ForEachRow(rows, []any{&run, &r.Name, &r.KeyFingerprint, &r.Members}, func() error {
			roots = append(roots, r)
			r.Members = nil
			return nil
		})
		return err
	})
	return run, roots, err
}

// KeepSample notes what the roots of the sample took that a run published in a bucket, in place of
// what is noted.
func (h *History) KeepSample(ctx context.Context, bucket, run string, roots []SampleRoot) error {
	return h.do(ctx, "noting a sample", func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM samples WHERE database = $1 AND bucket = $2`, h.target, bucket)
			for i := 0; i < len(roots) && err == nil; i++ {
				r := roots[i]
				_, err = tx.Exec(ctx, `INSERT INTO samples (database, bucket, root, run, name, key_fingerprint, members)
					VALUES ($1, $2, $3, $4, $5, $6, $7)`, h.target, bucket, i, run, r.Name, r.KeyFingerprint, r.Members)
			}
			return err
		})
	})
}
