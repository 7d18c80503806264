package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"refresher/internal/config"
	"refresher/internal/config/secret"
	"refresher/internal/refresh"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// signer is the key that signs what this site publishes.
func (d *desk) signer() signature.Signer {
	d.t.Helper()
	c, err := config.Load(d.dir+"/refresher.yaml", d.getenv)
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := (&app{getenv: d.getenv}).signer(context.Background(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// sign makes a manifest's signature file.
func (d *desk) sign(by signature.Signer, manifest []byte) []byte {
	d.t.Helper()
	canonical, err := signature.Canonical(manifest)
	if err != nil {
		d.t.Fatal(err)
	}
	return by.Sign(canonical)
}

// A dataset comes only from the key that is trusted: the one given, or the one that
// signed what was loaded first. Whoever can write to the bucket can't have SQL run.
func pullTrustsOneKey(t *testing.T, d *desk) {
	d.vars["XDG_CONFIG_HOME"] = t.TempDir()
	d.publish("trust", func(*parcel) {})
	from, to := d.prefix("trust"), d.to(d.name)
	run := "trust/runs/" + d.latest.Run
	good, sig := d.object(run+"/manifest.json"), d.object(run+"/manifest.json.sig")
	point := func(manifest []byte) {
		latest, _ := json.Marshal(s3sink.Latest{Run: d.latest.Run, Manifest: "runs/" + d.latest.Run + "/manifest.json",
			SHA256: sum256(manifest)})
		d.put(run+"/manifest.json", manifest)
		d.put("trust/latest.json", latest)
	}
	forged := bytes.Replace(good, []byte(`"sample"`), []byte(`"full"`), 1)
	point(forged)
	d.pulls(exitRefused, "is not what the trusted key signed: ", from, "--to", to) // the first time, too
	point(good)
	d.put(run+"/manifest.json.sig", nil)
	d.pulls(exitRefused, "is none of refresher's", from, "--to", to)
	if d.databases() != "" {
		t.Fatalf("refused, and there is %s", d.databases())
	}
	d.put(run+"/manifest.json.sig", sig)
	mine := d.signer().Public().String()
	d.pulls(exitClean, "is signed by "+mine+", which is trusted from now on", from, "--to", to)
	before := d.databases()

	other, err := signature.Derive(secret.KeyOf([]byte("another key's text, of 32 bytes!")))
	if err != nil {
		t.Fatal(err)
	}
	point(forged)
	d.put(run+"/manifest.json.sig", d.sign(other, forged))
	d.pulls(exitRefused, "signed by another key", from, "--to", to)
	d.pulls(exitRefused, "signed by another key", from, "--to", to, "--key", mine)
	if d.databases() != before {
		t.Errorf("%s became %s", before, d.databases())
	}
	d.pulls(exitClean, "holds run "+d.latest.Run+" (full)", from, "--to", to, "--key", other.Public().String())
	d.pulls(exitInput, "--key is neither a key", from, "--to", to, "--key", "no-such-file")

	// The attestation that a manifest names is checked: it must be of this dump.
	whole := d.object("data/runs/" + d.latest.Run + "/" + report.AttestationName)
	for want, attestation := range map[string][]byte{"holds run": whole, "is no DSSE envelope": []byte("{}")} {
		d.publish("attested", func(p *parcel) {
			p.manifest.Objects = append(p.manifest.Objects, s3sink.Object{
				Name: report.AttestationName, Size: int64(len(attestation)), SHA256: sum256(attestation)})
		})
		d.put("attested/runs/"+d.latest.Run+"/"+report.AttestationName, attestation)
		d.pulls(map[bool]int{true: exitClean, false: exitRefused}[want == "holds run"], want, d.prefix("attested"), "--to", to)
	}
}

// One key signs the datasets of many prefixes: another one of them, put in this one's place, is not taken.
func pullTakesNoOtherDataset(t *testing.T, d *desk) {
	d.vars["XDG_CONFIG_HOME"] = t.TempDir()
	from, to := d.prefix("same"), d.to(d.name)
	d.publish("same", func(p *parcel) { p.manifest.Bucket = "dev" })
	d.pulls(exitClean, "trusted from now on", from, "--to", to)
	d.publish("same", func(p *parcel) { p.manifest.Bucket = "lake" })
	d.pulls(exitRefused, `of the bucket "lake", and what was loaded from `+from, from, "--to", to)
	d.pulls(exitRefused, "of the bucket", from, "--to", to, "--key", d.signer().Public().String())
	d.publish("same", func(*parcel) {}) // of a version that did not name it
	d.pulls(exitClean, "holds run", from, "--to", to)
	d.publish("same", func(p *parcel) { p.manifest.Bucket = "lake" })
	d.pulls(exitRefused, "of the bucket", from, "--to", to)
}

// latest.json set back serves no older dataset: neither to one who loaded the newer, nor
// to one who never did, while the newer is there.
func pullTakesNoOlderDataset(t *testing.T, d *desk) {
	newer := refresh.NewID(time.Now().Add(time.Hour))
	d.vars["XDG_CONFIG_HOME"] = t.TempDir()
	d.publish("back", func(*parcel) {})
	old := d.object("back/latest.json")
	d.publish("back", func(p *parcel) { p.manifest.Run = newer })
	from, to := d.prefix("back"), d.to(d.name)
	d.put("back/latest.json", old)
	d.pulls(exitRefused, "but run "+newer+" is newer and signed as well", from, "--to", to)
	latest, _ := json.Marshal(s3sink.Latest{Run: newer, Manifest: "runs/" + newer + "/manifest.json",
		SHA256: sum256(d.object("back/runs/" + newer + "/manifest.json"))})
	d.put("back/latest.json", latest)
	d.pulls(exitClean, "holds run "+newer, from, "--to", to)
	d.put("back/latest.json", old)
	d.put("back/runs/"+newer+"/manifest.json.sig", nil) // as if it had been removed
	d.pulls(exitRefused, "run "+newer+" was loaded from there before", from, "--to", to)
	d.pulls(exitClean, "holds run "+d.latest.Run, from, "--to", to, "--run", d.latest.Run)
	pgserver.Exec(t, to, "SELECT count(*) FROM users")

	// A wrong clock's date is no reason to refuse what comes after it.
	const far = "99990101T000000Z-ffff"
	d.publish("back", func(p *parcel) { p.manifest.Run = far })
	d.pulls(exitClean, "run "+far+" is dated ahead", from, "--to", to)
	d.put("back/runs/"+newer+"/manifest.json.sig", d.sign(d.signer(), d.object("back/runs/"+newer+"/manifest.json")))
	d.put("back/latest.json", latest)
	d.pulls(exitClean, "holds run "+newer, from, "--to", to)
	d.put("back/latest.json", old)
	d.pulls(exitRefused, "run "+newer+" was loaded from there before", from, "--to", to)
}
