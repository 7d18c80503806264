package verify_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
	"refresher/internal/verify/canary"
	"refresher/internal/verify/pass"
	"refresher/internal/verify/risk"
)

// Nothing passes as staging without canaries in every masked table, of which
// none came out; and all that a canary's result says of places, a refusal says.
func TestStagingNeedsCanaries(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE a (mail text); CREATE TABLE b (id int); CREATE TABLE c (mail text, g text "+
		"GENERATED ALWAYS AS (upper(mail)) STORED)")
	table := func(name string, columns ...verify.Column) verify.Table {
		return verify.Table{Name: catalog.Name{Schema: "public", Name: name}, Columns: columns, SourceRows: -1}
	}
	none := table("c")
	none.RowsNone = true
	tables := []verify.Table{table("a", verify.Column{Name: "mail"}), table("b", verify.Column{Name: "id", Keep: true}),
		none}
	judge := func(c *canary.Result) error {
		r := database(t, verify.Options{Canaries: c}, url, tables)
		verified, err := verify.Judge(run, pass.StagingDatabase, r)
		if (err == nil) != verified.For(run, pass.StagingDatabase) {
			t.Errorf("pass and error disagree: %v", err)
		}
		return err
	}
	var refusal *fault.Refusal
	if err := judge(nil); err == nil || errors.As(err, &refusal) {
		t.Errorf("without canaries: %v", err)
	}
	if err := judge(&canary.Result{}); !errors.As(err, &refusal) || refusal.Gate != "canaries" ||
		!strings.Contains(err.Error(), "public.a.mail: masked, and no canary") || strings.Contains(err.Error(),
		"public.b") || strings.Contains(err.Error(), "public.c") {
		t.Errorf("without canaries in a: %v", err)
	}
	ok := canary.Table{Table: "public.a", Rows: 3, Columns: []canary.Column{{Column: "mail", Transform: "email",
		Values: 3, Masked: 3}}}
	good := &canary.Result{}
	good.Add(ok)
	if err := judge(good); err != nil {
		t.Errorf("with canaries: %v", err)
	}
	ok.Columns = []canary.Column{{Column: "mail", Transform: "email", Values: 3, Masked: 2, Leaked: 1, Where: "path x"}}
	bad := &canary.Result{}
	bad.Add(ok)
	if err := judge(bad); !errors.As(err, &refusal) || refusal.Gate != "canaries" || !strings.Contains(err.Error(),
		"public.a.mail (path x): a canary came out of email") {
		t.Errorf("a canary that came out: %v", err)
	}
	good.Tables[0].Columns[0].Missed, good.Followed, good.Missed = 1, 3, 1
	if err := judge(good); !errors.As(err, &refusal) ||
		!strings.Contains(err.Error(), "public.a.mail: the search for survivors would not find 1 of the canaries") {
		t.Errorf("a matcher that finds no canary of a column: %v", err)
	}
	good.Tables[0].Columns[0].Missed = 0
	if err := judge(good); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "would not find 1 of 3 canaries") {
		t.Errorf("a matcher that finds no canary: %v", err)
	}
}

func TestRiskIsJudged(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE a (plan text); INSERT INTO a VALUES ('pro'), ('pro'), ('free')")
	for below, passed := range map[risk.Below]bool{risk.Fail: false, risk.Hide: false, risk.Inform: true} {
		spec := risk.Spec{Table: catalog.Name{Schema: "public", Name: "a"},
			QuasiIdentifiers: []risk.Column{{Name: "plan", Transform: "keep", Kept: true}}, MinK: 2, Below: below}
		r := database(t, verify.Options{Risk: []risk.Spec{spec}}, url, nil)
		if len(r.Risk) != 1 || r.Risk[0].K != 1 || r.Risk[0].Passed != passed {
			t.Errorf("%s: %+v", below, r.Risk)
		}
		if passed {
			passes(t, r)
			continue
		}
		if refusal := refused(t, "risk", r); !strings.Contains(refusal.Error(),
			"public.a (plan): k is 1, and min_k 2") {
			t.Errorf("%s: %v", below, refusal)
		}
	}
}
