package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"refresher/internal/report"
	"refresher/internal/testkit/s3server"
)

const (
	bucket = "bench"
	config = `
source: {url: "${FROM}", require_replica: true}
staging: {url: "${TO}"}
rules: [rules.yaml]
key: env:BENCH_KEY
workers: 2
`
	buckets = `buckets:
  - {name: dev, url: s3://` + bucket + `/datasets, content: sample, formats: [pgdump, parquet],
     sample: {roots: [%s], percent: 5}, keep: 1}
s3: {endpoint: "%s", path_style: true, region: "%s"}
`
)

func (s *site) refresh(ctx context.Context, bin string) (turn, error) {
	return s.ours(ctx, bin, config)
}

func (s *site) publish(ctx context.Context, bin string) (turn, error) {
	root := map[string]string{"shop": "public.users", "wide": "public.accounts"}[s.data.name]
	return s.ours(ctx, bin, config+fmt.Sprintf(buckets, root, s.s3.Endpoint, s3server.Region))
}

func (s *site) ours(ctx context.Context, bin, config string) (turn, error) {
	rules, err := s.data.rules()
	if err != nil {
		return turn{}, err
	}
	path, out := filepath.Join(s.dir, "refresher.yaml"), filepath.Join(s.dir, "report")
	for name, text := range map[string]string{path: config, filepath.Join(s.dir, "rules.yaml"): rules} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return turn{}, err
		}
	}
	cmd := exec.CommandContext(ctx, bin, "run", "--config", path, "--report", out)
	cmd.Env = append(os.Environ(), "FROM="+s.standby.URL(source), "TO="+s.staging.URL(source), "BENCH_KEY="+s.key)
	for name, value := range s.s3.Env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var said strings.Builder
	cmd.Stderr, cmd.Stdout = &said, &said
	t, err := s.timed(cmd)
	if err != nil {
		return turn{}, fmt.Errorf("%w: %s", err, said.String())
	}
	return t, t.read(filepath.Join(out, "report.json"))
}

// read adds what the run's own report says of its stages.
func (t *turn) read(path string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var r report.Report
	if err := json.Unmarshal(doc, &r); err != nil {
		return err
	}
	t.Stages, t.StagePeak = map[string]float64{}, map[string]int64{}
	for _, stage := range r.Stages {
		t.Stages[stage.Name] += stage.Seconds
		t.StagePeak[stage.Name] = max(t.StagePeak[stage.Name], stage.PeakRSS)
	}
	t.Rows, t.Bytes = r.Totals()
	return nil
}
