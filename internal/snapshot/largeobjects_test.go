package snapshot_test

import (
	"bytes"
	"errors"
	"testing"

	"refresher/internal/postgres/client"
	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// Large objects are read on a standby as they were when the snapshot was taken,
// holes and all, also if they changed since.
func TestLargeObjectsOfTheSnapshot(t *testing.T) {
	p, db, cfg := setup(t, `SELECT lo_from_bytea(1000 + i, convert_to('object ' || i, 'UTF8')) FROM generate_series(1, 600) i;
		SELECT lo_create(5000), lo_put(5000, 3000000, 'end')`)
	src := openLocked(t, snapshot.Options{Config: cfg})
	had, err := src.LargeObjects(t.Context())
	if err != nil || had.Count != 601 || had.Denied != 0 || had.Bytes == 0 || had.Readable() != nil {
		t.Errorf("%+v, %v", had, err)
	}
	pgserver.Exec(t, p.primary.URL(db), "SELECT lo_unlink(1001), lo_put(1002, 0, 'changed'), lo_create(9000), lo_put(5000, 0, 'start')")
	p.catchUp(t)
	ranges, err := src.LargeObjectRanges(t.Context())
	if err != nil || len(ranges) != 3 || ranges[0] != (snapshot.OIDRange{First: 1001, Last: 1256}) || ranges[2].Last != 5000 {
		t.Fatalf("%v, %v", ranges, err)
	}
	r := reader(t, src)
	var all []uint32
	for _, in := range ranges {
		oids, err := r.LargeObjects(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, oids...)
	}
	if len(all) != 601 || all[0] != 1001 || all[600] != 5000 {
		t.Errorf("%d listed: %v", len(all), all)
	}
	read := func(oid uint32) (content []byte, pieces int) {
		err := r.LargeObject(t.Context(), oid, func(piece []byte) error {
			content = append(content, piece...)
			pieces++
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return content, pieces
	}
	for oid, want := range map[uint32]string{1001: "object 1", 1002: "object 2", 5000: string(make([]byte, 3000000)) + "end"} {
		if got, pieces := read(oid); !bytes.Equal(got, []byte(want)) || pieces != len(want)/client.LargeObjectPieceBytes+1 {
			t.Errorf("large object %d: %d bytes in %d pieces", oid, len(got), pieces)
		}
	}
	stop := errors.New("stop")
	if err := r.LargeObject(t.Context(), 5000, func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the caller's: %v", err)
	}
	if err := r.Holding(t.Context()); err != nil {
		t.Error(err)
	}
}
