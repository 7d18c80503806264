package target_test

import (
	"strings"
	"testing"

	"refresher/internal/verify/target"
)

// However a connection is written, its password is in no message.
func TestRedact(t *testing.T) {
	for name, want := range map[string]string{
		"postgres://u:hunter2@db:5433/app?sslmode=disable":         "postgres://db:5433/app",
		"host=db port=5433 user=u password=hunter2 dbname=app":     "postgres://db:5433/app",
		"password='hunter2 and more' host=db port=5433 dbname=app": "postgres://db:5433/app",
		"  dbname=app password=hunter2 host=db port=5433":          "postgres://db:5433/app",
		"postgres://u:hunter2@db:x/app":                            "postgres://…",
		"host=db password='hunter2":                                "postgres://…",
		"exports/app.csv":                                          "exports/app.csv",
		"s3://bucket/key=value":                                    "s3://bucket/key=value",
	} {
		if got := target.Redact(name); got != want || strings.Contains(got, "hunter2") {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		_, err := target.Parse(name, func(string) (string, bool) { return "", false })
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := target.Parse("host=db user=u password=x dbname=app", nil); err != nil || got.Kind != target.Database {
		t.Errorf("%+v, %v", got, err)
	}
}
