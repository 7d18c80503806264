package restore

import (
	"testing"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// A role that is no superuser copies a database of its own, closed to everybody and known by its
// mark; while a session is in it, it can't.
func TestDuplicate(t *testing.T) {
	s := newStage(t, sourceSchema)
	s.sql("postgres", `CREATE DATABASE `+s.live+` OWNER `+s.role)
	copied := VerifiedName(s.live)
	t.Cleanup(func() { s.admin.Exec(t, `DROP DATABASE IF EXISTS `+copied) })
	oid, err := s.srv.duplicate(t.Context(), s.live, copied, verifiedKind+" 20261121t030000z-7f3a")
	s.ok(err)
	conn := pgserver.Conn(t, s.admin.URL("postgres"))
	defer conn.Close(t.Context())
	now, comment, err := commented(t.Context(), conn, copied)
	s.ok(err)
	if said, ours := s.srv.marked(verifiedKind, comment, now); now != oid || !ours || said != "20261121t030000z-7f3a" {
		t.Errorf("database %d is marked %q", now, comment)
	}
	for _, other := range []struct {
		kind string
		oid  uint32
	}{{branchKind, oid}, {verifiedKind, oid + 1}} { // as after a restore elsewhere
		if _, ours := s.srv.marked(other.kind, comment, other.oid); ours {
			t.Errorf("%q is taken for a mark of a %s %d", comment, other.kind, other.oid)
		}
	}
	in := pgserver.Conn(t, s.admin.URL(s.live))
	defer in.Close(t.Context())
	if _, err := s.srv.duplicate(t.Context(), s.live, s.live+"_again", branchKind); client.Code(err) != "55006" {
		t.Errorf("with a session in it: %v", err)
	}
}
