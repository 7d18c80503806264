package verify

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

// What is read of the wire form is what the type's output function writes, for each type
// that the server no longer writes as text.
func TestWireForms(t *testing.T) {
	ctx, url := context.Background(), pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE DOMAIN door AS macaddr;
		CREATE DOMAIN reach AS inet CHECK (VALUE IS NOT NULL);
		CREATE TABLE t (host inet, net cidr, mac macaddr, eui macaddr8, door door, reach reach);
		INSERT INTO t SELECT a::inet, network(a::inet), m::macaddr, m::macaddr8, m::macaddr, a::inet FROM (VALUES
			('93.184.216.34', '3c:22:fb:12:34:56'), ('0.0.0.0/0', '00:00:00:00:00:00'), ('255.255.255.255', 'ff:ff:ff:ff:ff:ff'),
			('10.1.2.3/8', '08:00:2b:01:02:03'), ('93.184.216.34/31', '02:00:00:00:00:01'), ('::', '00:00:5e:00:53:af'),
			('::1/128', '01:02:03:04:05:06'), ('2001:4860:4860::8888', '0a:0b:0c:0d:0e:0f'), ('2a00::/12', '10:20:30:40:50:60'),
			('::ffff:93.184.216.34', 'a0:b0:c0:d0:e0:f0'), ('64:ff9b::93.184.216.34', '00:10:00:00:00:00'),
			('2a02:8071:1:2:3:4:5:6/64', '3c:22:fb:ff:fe:12'), ('::93.184.216.34', '00:00:00:00:00:01')) AS v (a, m)`)
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connect(ctx, cfg, "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	cat, err := catalog.Load(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	for _, c := range cat.Table(catalog.Name{Schema: "public", Name: "t"}).Columns {
		wire := decoder(c.Type)
		if wire == nil {
			t.Fatalf("%s is read as text", c.Name)
		}
		rows, err := conn.Query(ctx, "SELECT "+c.Name+", pg_catalog.format('%s', "+c.Name+") FROM public.t", pgx.QueryResultFormats{1, 0})
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values++
			raw := rows.RawValues()
			if got, err := wire.AppendText(nil, raw[0]); err != nil || string(got) != string(raw[1]) {
				t.Errorf("%s: %s is read as %q (%v)", c.Name, raw[1], got, err)
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
	}
	if values != 6*13 {
		t.Errorf("%d values", values)
	}
}
