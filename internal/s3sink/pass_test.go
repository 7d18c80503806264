package s3sink_test

import (
	"bytes"
	"testing"

	"github.com/parquet-go/parquet-go"

	"refresher/internal/postgres/catalog"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

// passFor verifies a clean file, which is the only way to a pass.
func passFor(t *testing.T, run, subject string) pass.Pass {
	t.Helper()
	var file bytes.Buffer
	must(t, parquet.Write(&file, []struct {
		Plan string `parquet:"plan"`
	}{{"free"}, {"team"}}))
	table := verify.Table{Name: catalog.Name{Schema: "public", Name: "plans"},
		Columns: []verify.Column{{Name: "plan", Keep: true}}, SourceRows: 2}
	result, err := verify.New(verify.Options{Run: run, Workers: 1}).Parquet(t.Context(), table,
		bytes.NewReader(file.Bytes()), int64(file.Len()))
	must(t, err)
	p, err := verify.Judge(run, subject, result)
	must(t, err)
	return p
}
