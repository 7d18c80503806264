package refresh_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/testkit/pgserver"
)

// A staging server that was restored from a snapshot of production has its system
// identifier. It is refreshed when that is confirmed, and production itself never is.
func TestStagingThatIsAPhysicalCopy(t *testing.T) {
	primary := pgserver.New(t)
	pgserver.Exec(t, primary.URL(pgserver.User), "CREATE DATABASE app")
	pgserver.Exec(t, primary.URL("app"), oneTable)
	var id uint64
	err := pgserver.Conn(t, primary.URL("app")).
		QueryRow(t.Context(), "SELECT system_identifier FROM pg_control_system()").Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	replica, copied := pgserver.NewStandby(t, primary), pgserver.NewStandby(t, primary)
	pgserver.Exec(t, copied.URL("app"), "SELECT pg_promote()")
	o := options(t, "", keepOrders)
	at := func(c *pgserver.Cluster) *pgx.ConnConfig {
		cfg, err := pgx.ParseConfig(c.URL("app"))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	for _, tt := range []struct {
		name            string
		source, staging *pgserver.Cluster
		confirm         uint64
		want            string // empty: it is refreshed
	}{
		{"not confirmed", replica, copied, 0, fmt.Sprintf("clone_of_source: {confirm: %d}", id)},
		{"another identifier", replica, copied, id + 1, fmt.Sprintf("confirms %d, and the servers' system identifier is "+
			"%d", id+1, id)},
		{"the source itself", replica, replica, id, "hot standby"},
		{"the primary as both", primary, primary, id, "name one server"},
		{"the source's primary", replica, primary, id, "the source replicates from it"},
		{"a copy", replica, copied, id, ""},
		{"again", replica, copied, id, ""},
		{"a copy of a primary", primary, copied, id, ""},
	} {
		o.Source, o.Staging, o.CloneOfSource = at(tt.source), at(tt.staging), tt.confirm
		_, err := again(t, o.Options)
		var refusal *fault.Refusal
		if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &refusal) || !strings.Contains(err.Error(),
			tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if n := count(t, primary.URL(pgserver.User), "pg_database WHERE datname IN ('refresher', 'app_previous')"); n != 0 {
		t.Error("something was made on production")
	}
	if n := count(t, copied.URL("app_previous"), "orders"); n != 9 {
		t.Errorf("%d rows are in what the copy was born with", n)
	}
}
