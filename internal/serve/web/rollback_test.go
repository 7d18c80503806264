package web_test

import (
	"strings"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
)

// A rollback is among the runs, says whose database staging is, and is in no trend.
func TestRollbackOnThePage(t *testing.T) {
	e := weeks(now)
	s := newSite(t, e, access.Access{})
	end := now.Add(-time.Hour)
	before := strings.Count(ask(s, "GET", "/pipelines/mlflow", nil).Body.String(), "<rect")
	e.Add(serve.Run{ID: "20260101T000000Z-back", Pipeline: "mlflow", By: "ann", Started: end, Finished: &end, Outcome: fault.RolledBack,
		BackTo: "20251224T000000Z-made"}, nil)
	for path, want := range map[string]string{"/runs?outcome=rolled_back": ">20251224T000000Z-made</a>", "/runs/20260101T000000Z-back": "that of run <a",
		"/pipelines/mlflow": "rolled_back"} {
		if w := ask(s, "GET", path, nil); w.Code != 200 || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "left no report") {
			t.Errorf("%s: %d lacks %q:\n%s", path, w.Code, want, w.Body)
		}
	}
	if after := strings.Count(ask(s, "GET", "/pipelines/mlflow", nil).Body.String(), "<rect"); after > before {
		t.Errorf("%d bars, and %d with the rollback", before, after)
	}
}
