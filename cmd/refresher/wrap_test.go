package main

import "testing"

func TestWrapped(t *testing.T) {
	const back = "staging    app is new; refresher rollback brings the one before back"
	const indent = "\n           "
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{back, 0, back},
		{"data       short", 40, "data       short"},
		{"data       pseudonymised, since the masking key is kept", 40,
			"data       pseudonymised, since the" + indent + "masking key is kept"},
		{"bucket     dev: at s3://acme-dev-data/app/runs/1 today", 30,
			"bucket     dev: at" + indent + "s3://acme-dev-data/app/runs/1" + indent + "today"},
		{"überall    ✓ größere Straßen führen überall hin", 36,
			"überall    ✓ größere Straßen führen" + indent + "überall hin"},
		{"  ok    a check: its detail", 23, "  ok    a check: its" + indent + "detail"},
	} {
		if got := wrapped(c.text, c.columns, 11); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.columns, got, c.want)
		}
	}
}
