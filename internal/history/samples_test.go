package history_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/history"
)

func TestTheLastSampleOfABucketIsKept(t *testing.T) {
	_, cfg := server(t)
	h := open(t, cfg)
	ctx := t.Context()
	root := func(name string, members ...byte) history.SampleRoot {
		return history.SampleRoot{Name: name, KeyFingerprint: "k", Members: members}
	}
	keep := func(bucket, run string, roots ...history.SampleRoot) {
		t.Helper()
		if err := h.KeepSample(ctx, bucket, run, roots); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(bucket, run string, roots ...history.SampleRoot) {
		t.Helper()
		r, got, err := h.Sample(ctx, bucket)
		if err != nil || r != run || cmp.Diff(roots, got) != "" {
			t.Errorf("%s: %q, %v, %s", bucket, r, err, cmp.Diff(roots, got))
		}
	}
	expect("dev", "")
	keep("dev", "r1", root("public.users", 1, 2), root("public.users 2", 3))
	keep("qa", "r1", root("public.orders", 9))
	expect("dev", "r1", root("public.users", 1, 2), root("public.users 2", 3))
	keep("dev", "r2", root("public.users", 7))
	expect("dev", "r2", root("public.users", 7))
	expect("qa", "r1", root("public.orders", 9))
}
