package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A contestant takes a turn: a script of testdata/bench/turns, or refresher itself.
type contestant struct {
	name, about string
	masks       string
	peer        string // the program that must be on PATH; empty for what is always there
	before      string // a script whose time doesn't count
	own         func(s *site, ctx context.Context, bin string) (turn, error)
}

func contestants() []contestant {
	return []contestant{
		{
			name:   floor,
			about:  "two streams of COPY into COPY, binary; keys and indexes by pg_restore -j2",
			masks:  "nothing",
			before: "schema.sh",
		},
		{name: "text", about: "the same in text form", masks: "nothing", before: "schema.sh"},
		{name: dumped, about: "pg_dump -Fd -j2 -Z0, then pg_restore -j2", masks: "nothing"},
		{name: "update", about: "pg_dump and pg_restore, then UPDATE and VACUUM FULL", masks: "in place, afterwards"},
		{
			name:  "greenmask",
			about: "greenmask dump and restore, two jobs",
			masks: "by its rules, no proof",
			peer:  "greenmask",
		},
		{
			name:  refreshed,
			about: "refresher run: scrubbed, verified, promoted",
			masks: "by our rules, proved",
			own:   (*site).refresh,
		},
		{
			name:  "with a bucket",
			about: "the same, and 5 % published to a bucket as dump and Parquet",
			masks: "by our rules, proved",
			own:   (*site).publish,
		},
	}
}

const (
	floor     = "floor"
	dumped    = "pg_dump"
	refreshed = "refresher"
)

func (c contestant) skip() bool {
	if c.peer == "" {
		return false
	}
	_, err := exec.LookPath(c.peer)
	return err != nil
}

// turn is what one turn cost. Seconds are by the clock; of Processor, by side.
type turn struct {
	Seconds   float64
	Processor processor
	PeakRSS   int64              // bytes, of the largest process that isn't a server's
	Stages    map[string]float64 `json:",omitempty"` // of refresher, seconds
	StagePeak map[string]int64   `json:",omitempty"` // its memory by the end of each
	Rows      int64              `json:",omitempty"`
	Bytes     int64              `json:",omitempty"` // as COPY carried them
}

// processor is time on a core, in seconds.
type processor struct{ Source, Tool, Staging float64 }

func (s *site) take(ctx context.Context, c contestant, bin string) (turn, error) {
	if err := s.clear(ctx); err != nil {
		return turn{}, err
	}
	if c.own != nil {
		return c.own(s, ctx, bin)
	}
	if err := execute(ctx, s.staging.URL("postgres"), "CREATE DATABASE "+source+" TEMPLATE template0"); err != nil {
		return turn{}, err
	}
	if c.before != "" {
		if err := s.script(ctx, c.before).Run(); err != nil {
			return turn{}, fmt.Errorf("%s: %w", c.before, err)
		}
	}
	return s.timed(s.script(ctx, c.name+".sh"))
}

func (s *site) script(ctx context.Context, name string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", folder("turns", name))
	cmd.Env = append(
		os.Environ(),
		"PATH="+filepath.Dir(s.primary.Tool("psql"))+":"+os.Getenv("PATH"),
		"FROM="+s.standby.URL(
			source,
		),
		"TO="+s.staging.URL(source),
		"DIR="+s.dir,
		"DATA="+folder(s.data.name),
		"TURNS="+folder("turns"),
		"TABLES="+s.tables,
	)
	cmd.Stderr = os.Stderr
	return cmd
}

// timed runs a program and says what it and the servers spent meanwhile.
func (s *site) timed(cmd *exec.Cmd) (turn, error) {
	from, to := spent(s.standby), spent(s.staging)
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return turn{}, err
	}
	t := turn{
		Seconds:   time.Since(began).Seconds(),
		Processor: processor{Source: spent(s.standby) - from, Staging: spent(s.staging) - to},
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage) // with the processes that it waited for (wait4(2))
	if !ok {
		return turn{}, fmt.Errorf("no use of resources is known of %s", cmd.Path)
	}
	t.Processor.Tool = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	t.PeakRSS = u.Maxrss << 10
	return t, nil
}
