package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"refresher/internal/report/visible"
)

// progress shows a run on a terminal as a bar, and elsewhere as plain lines
// every few seconds. It hears of a run as a refresh.Observer.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
	stage    string
	began    time.Time // of the stage
	rows     int64
	bytes    int64
	expect   int64 // bytes; 0: not known
	rowsDue  int64 // as expect
	done     chan struct{}
	stopped  chan struct{}
}

// every is the pause between plain progress lines.
const every = 5 * time.Second

func newProgress(w io.Writer, terminal bool) *progress {
	p := &progress{w: w, terminal: terminal, done: make(chan struct{}), stopped: make(chan struct{})}
	go p.tick()
	return p
}

// Close ends the display.
func (p *progress) Close() {
	close(p.done)
	<-p.stopped
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endStage()
}

func (p *progress) tick() {
	defer close(p.stopped)
	pause := every
	if p.terminal {
		pause = 100 * time.Millisecond
	}
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-t.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

func (p *progress) draw() {
	switch {
	case p.stage == "":
	case p.bar != nil:
		_ = p.bar.Set64(min(p.bytes, p.expect))
		p.bar.Describe(p.described())
	case p.terminal && p.stage == "data":
		fmt.Fprintf(p.w, "\r\x1b[K  %-9s  %s", p.stage, p.rates())
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[K  %-9s  %s", p.stage, visible.Seconds(p.seconds()))
	case p.stage == "data" || p.stage == "download":
		fmt.Fprintf(p.w, "  %s: %s\n", p.stage, p.rates())
	default:
		fmt.Fprintf(p.w, "  %s: %s so far\n", p.stage, visible.Seconds(p.seconds()))
	}
}

func (p *progress) seconds() float64 { return max(time.Since(p.began).Seconds(), 1e-3) }

// described is what stands before the bar.
func (p *progress) described() string {
	if p.stage != "data" {
		return fmt.Sprintf("  %-9s", p.stage)
	}
	return fmt.Sprintf("  %-9s  %s rows/s", p.stage, visible.Count(int64(float64(p.rows)/p.seconds())))
}

// rates is how far a stage is whose rows or bytes are counted.
func (p *progress) rates() string {
	speed := visible.Size(int64(float64(p.bytes)/p.seconds())) + "/s" + p.eta()
	if p.stage != "data" {
		return fmt.Sprintf("%s of %s, %s", visible.Size(p.bytes), visible.Size(p.expect), speed)
	}
	return fmt.Sprintf("%s rows, %s rows/s, %s", visible.Count(p.rows),
		visible.Count(int64(float64(p.rows)/p.seconds())), speed)
}

func (p *progress) eta() string {
	done, due := p.bytes, p.expect
	if due == 0 {
		done, due = p.rows, p.rowsDue
	}
	if done == 0 || due <= done {
		return ""
	}
	return ", about " + visible.Seconds(p.seconds()*float64(due-done)/float64(done)) + " to go"
}

// Stage begins a stage.
func (p *progress) Stage(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endStage()
	p.stage, p.began = name, time.Now()
	if !p.terminal {
		fmt.Fprintf(p.w, "  %s …\n", name)
	}
}

func (p *progress) endStage() {
	if p.stage == "" {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
	line := fmt.Sprintf("  %-9s  %s", p.stage, visible.Seconds(p.seconds()))
	switch p.stage {
	case "download":
		line += fmt.Sprintf("   %s, %s/s", visible.Size(p.bytes), visible.Size(int64(float64(p.bytes)/p.seconds())))
	case "data":
		line += fmt.Sprintf("   %s rows, %s, %s rows/s, %s/s", visible.Count(p.rows), visible.Size(p.bytes),
			visible.Count(int64(float64(p.rows)/p.seconds())), visible.Size(int64(float64(p.bytes)/p.seconds())))
	}
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintln(p.w, line)
	p.stage = ""
}

// Expect gives the stage its estimated end.
func (p *progress) Expect(rows, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expect, p.rowsDue, p.rows, p.bytes = bytes, rows, 0, 0
	if p.terminal && bytes > 0 {
		p.bar = progressbar.NewOptions64(bytes, progressbar.OptionSetWriter(p.w), progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(24),
			progressbar.OptionUseANSICodes(true), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish())
	}
}

// Copied counts rows and bytes that went through.
func (p *progress) Copied(_ string, rows, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows += rows
	p.bytes += bytes
}

// Warn prints a warning on a line of its own.
func (p *progress) Warn(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, "  warning: %s\n", visible.Text(text))
}
