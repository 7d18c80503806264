package snapshot

import (
	"context"
	"fmt"
	"os"
	"slices"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// DumpSchema writes the schema, as of the snapshot, in pg_dump's custom format
// to a file that only this user can read. Owners, privileges, tablespaces,
// publications, subscriptions and security labels stay behind: they belong to
// production.
func (s *Source) DumpSchema(ctx context.Context, path string) error {
	if s.snapshot == "" {
		return errNotLocked
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("dumping the schema: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("dumping the schema: %w", err)
	}
	cfg := s.cfg.Copy()
	cfg.RuntimeParams["application_name"] = "refresher/" + s.opts.Run
	err = client.Run(ctx, client.Command{
		Tool:     client.Dump,
		MinMajor: client.Major(s.cat.ServerVersion),
		Doing:    "dumping the schema of " + s.cat.Database,
		Args: append(client.SchemaOnly(path), "--snapshot="+s.snapshot,
			fmt.Sprintf("--lock-wait-timeout=%d", s.opts.LockTimeout.Milliseconds())),
		Server:   cfg,
		HostAddr: s.hostaddr,
		Settings: map[string]string{"default_transaction_read_only": "on", "client_encoding": s.cat.Encoding},
	})
	if client.Code(err) == "53200" {
		return tooManyLocks(err, len(s.cat.Tables))
	}
	if err != nil {
		return err
	}
	return s.Holding(ctx)
}

// Sequences reads all sequences. They aren't transactional: their values are
// those of now, which is never behind the snapshot. A standby may see them up to
// 32 values ahead of the primary. Unlogged ones can't be read on a standby and are left out.
func (s *Source) Sequences(ctx context.Context) ([]catalog.SequenceValue, error) {
	readable := slices.DeleteFunc(slices.Clone(s.cat.Sequences), func(q *catalog.Sequence) bool {
		return q.Persistence == 'u' && s.cat.InRecovery
	})
	conn, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close(ctx, conn)
	return catalog.SequenceValues(ctx, conn, readable)
}
