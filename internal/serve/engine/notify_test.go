package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/refresh/notify"
	"refresher/internal/refresh/outbound"
	"refresher/internal/report/notice"
	"refresher/internal/serve"
	"refresher/internal/testkit/faultproxy"
)

// post is a channel that keeps what it is told, and fails as often as a test says.
type post struct {
	mu    sync.Mutex
	fails int
	final bool
	tries int
	got   []notify.Message
}

func (p *post) Check(context.Context) error { return nil }

func (p *post) Send(_ context.Context, m notify.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tries++; p.tries <= p.fails {
		if p.final {
			return outbound.Final(errors.New("gone"))
		}
		return errors.New("busy")
	}
	p.got = append(p.got, m)
	return nil
}

// kinds are those that it was told of, in their order.
func (p *post) kinds() (kinds []notice.Kind) {
	for _, m := range p.messages() {
		kinds = append(kinds, m.Notice.Kind)
	}
	return kinds
}

func (p *post) messages() []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// to makes a pipeline tell a channel of everything.
func (p *post) to(change ...func(*Pipeline)) func(*Pipeline) {
	return func(pl *Pipeline) {
		pl.Site = "https://refresher.example"
		pl.Targets = func(context.Context) ([]notify.Target, error) {
			return []notify.Target{{Name: "notify[0]", Kind: "slack", On: []notice.Kind{notice.All}, Channel: p,
				Limit: time.Second, Retry: outbound.Retry{Tries: 2, Pause: time.Millisecond}}}, nil
		}
		for _, c := range change {
			c(pl)
		}
	}
}

// counted keeps the results that the metrics hear of.
type counted struct {
	mu  sync.Mutex
	all []string
}

func (c *counted) notified(pipeline, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, pipeline+" "+result)
}

func (c *counted) String() string { c.mu.Lock(); defer c.mu.Unlock(); return strings.Join(c.all, ", ") }

// counting makes a service count its notifications; before it starts.
func (s *service) counting(t *testing.T) *counted {
	s.stop()
	c := &counted{}
	s.Notified = c.notified
	s.again(t)
	return c
}

func (s *service) hears(t *testing.T, p *post, want ...notice.Kind) {
	t.Helper()
	s.await(t, fmt.Sprintf("not told of %v", want), func(serve.PipelineState) bool { return len(p.kinds()) >= len(want) })
	if got := p.kinds(); !slices.Equal(got, want) {
		t.Errorf("told of %v, want %v", got, want)
	}
}

// Each end of a run is told once, though two services know of it; one that fails says when it is tried again.
func TestEndsAreTold(t *testing.T) {
	cfg := staging(t)
	told := &post{}
	ends := func(_ context.Context, n int) error {
		switch n {
		case 1:
			return fault.Refuse("detectors", "2 findings\n  public.users.note: e-mail")
		case 2:
			panic("hunter2")
		}
		return nil
	}
	a := newService(t, cfg, "off", ends, told.to())
	counts := a.counting(t)
	b := newService(t, cfg, "off", ends, told.to()).ready(t)
	a.ready(t)
	b.stop()
	first := at(t, a, "ann")
	a.ends(t, first)
	a.hears(t, told, notice.Refused)
	a.ends(t, at(t, a, "ann"))
	a.hears(t, told, notice.Refused, notice.Failed)
	a.ends(t, at(t, a, "ann"))
	a.hears(t, told, notice.Refused, notice.Failed, notice.Recovered)
	a.ends(t, at(t, a, "ann"))
	a.hears(t, told, notice.Refused, notice.Failed, notice.Recovered, notice.Done)
	n := told.messages()[0].Notice
	if n.Run != first || n.By != "ann" || n.Pipeline != "shop" || n.Database != cfg.Database || n.Host != history.Hostname() ||
		n.Link != "https://refresher.example/runs/"+first || n.ID != first+"-refused" || !n.RetryAt.IsZero() ||
		n.Reason != "refused by detectors: 2 findings" {
		t.Errorf("%+v", n)
	}
	if panicked := told.messages()[1]; strings.Contains(panicked.Text, "hunter2") || !strings.Contains(panicked.Text, "a defect of refresher") {
		t.Errorf("%s", panicked.Text)
	}
	if again := told.messages()[3].Notice; again.LastDone.IsZero() || again.Reason != "" {
		t.Errorf("%+v", again)
	}
	a.await(t, "not counted", func(serve.PipelineState) bool { return strings.Count(counts.String(), "shop sent") == 4 })
}

// A target that is down for a while is told later; one that never answers ends in a warning, and the run is what it is.
func TestATargetThatIsDown(t *testing.T) {
	for _, tc := range []struct {
		about string
		post  *post
		tries int
		said  string
	}{
		{"for a while", &post{fails: 5}, 6, "shop sent"},
		{"for ever", &post{fails: 1000}, 2 * tellings, "shop failed"},
		{"for good", &post{fails: 1000, final: true}, 1, "shop failed"},
	} {
		t.Run(tc.about, func(t *testing.T) {
			t.Parallel()
			s := newService(t, staging(t), "off", done, tc.post.to())
			counts := s.counting(t)
			if run := s.ready(t).ends(t, at(t, s, "ann")); run.Outcome != fault.Done {
				t.Errorf("%+v", run)
			}
			s.await(t, "it does not end", func(serve.PipelineState) bool { return counts.String() != "" })
			if got := counts.String(); got != tc.said || tc.post.tries != tc.tries ||
				strings.Contains(s.log.String(), `msg="a notification was not sent"`) != (tc.said == "shop failed") {
				t.Errorf("%s, %d tries:\n%s", got, tc.post.tries, s.log)
			}
		})
	}
}

// Data that are stale are told of once, however many services look, and again only after they were fresh.
func TestStaleIsTold(t *testing.T) {
	cfg := staging(t)
	told := &post{}
	soon := func(p *Pipeline) {
		p.StaleAt = func(began time.Time) time.Time { return began.Add(2 * time.Second) }
	}
	a := newService(t, cfg, "off", done, told.to(soon)).ready(t)
	b := newService(t, cfg, "off", done, told.to(soon)).ready(t)
	a.hears(t, told, notice.Stale)
	id := at(t, a, "ann")
	a.ends(t, id)
	a.await(t, "not told", func(serve.PipelineState) bool { return len(told.kinds()) >= 3 })
	if got := told.kinds(); !slices.Contains(got, notice.Done) || got[2] != notice.Stale {
		t.Errorf("%v", got)
	}
	n := told.messages()[2].Notice
	if n.ID != "stale-shop-"+id || !strings.HasPrefix(n.Reason, "no refresh was done since ") || n.Link != "https://refresher.example/" {
		t.Errorf("%+v", n)
	}
	b.ends(t, at(t, b, "ann"))
	b.await(t, "not recovered", func(serve.PipelineState) bool { return len(told.kinds()) >= 4 })
	if got := told.kinds()[3]; got != notice.Recovered {
		t.Errorf("%s after data were stale", got)
	}
}

// While the staging server is down there is no queue, and yet it is told that data are stale, and why.
func TestStaleIsToldWithoutAStagingServer(t *testing.T) {
	cfg := staging(t)
	proxy, err := faultproxy.Listen(fmt.Sprintf("127.0.0.1:%d", cfg.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	cfg.Port = uint16(proxy.Port())
	told := &post{}
	s := newService(t, cfg, "off", done, told.to(func(p *Pipeline) {
		p.StaleAt = func(began time.Time) time.Time { return began.Add(4 * time.Second) }
	})).ready(t)
	proxy.Down()
	s.hears(t, told, notice.Stale)
	if n := told.messages()[0].Notice; !strings.Contains(strings.Join(n.Details, "\n"), "the staging server does not answer") {
		t.Errorf("%+v", n)
	}
}

// A run that was killed is told of by the service that notices.
func TestALostRunIsTold(t *testing.T) {
	cfg := staging(t)
	h, err := history.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("%s-%04x", time.Now().UTC().Format("20060102T150405Z"), ids.Add(1))
	if err := h.Start(t.Context(), history.Run{ID: id, Pipeline: "shop", By: "command line", Host: "elsewhere", Started: time.Now(),
		Stage: "data"}); err != nil {
		t.Fatal(err)
	}
	told := &post{}
	s := newService(t, cfg, "off", done, told.to()).ready(t)
	s.hears(t, told, notice.Lost)
	if n := told.messages()[0].Notice; n.Run != id || n.By != "command line" || n.Host != "elsewhere" || n.Reason == "" {
		t.Errorf("%+v", n)
	}
}
