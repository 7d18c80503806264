package main

import "testing"

func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"staging    app is new; refresher rollback brings the one before back", 0, "staging    app is new; refresher rollback brings the one before back"},
		{"data       short", 40, "data       short"},
		{"data       pseudonymised, since the masking key is kept", 40, "data       pseudonymised, since the\n           masking key is kept"},
		{"bucket     dev: at s3://acme-dev-data/app/runs/1 today", 30, "bucket     dev: at\n           s3://acme-dev-data/app/runs/1\n           today"},
		{"überall    ✓ größere Straßen führen überall hin", 36, "überall    ✓ größere Straßen führen\n           überall hin"},
	} {
		if got := wrapped(c.text, c.columns, 11); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.columns, got, c.want)
		}
	}
}
