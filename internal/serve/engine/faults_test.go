package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/client"
	"refresher/internal/serve"
	"refresher/internal/testkit/faultproxy"
	"refresher/internal/testkit/pgserver"
)

// With the staging server down the service stays up and says so within seconds. When it is
// back, the time that came meanwhile is caught up with.
func TestStagingIsDown(t *testing.T) {
	cfg := staging(t)
	proxy, err := faultproxy.Listen(fmt.Sprintf("127.0.0.1:%d", cfg.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	cfg.Port = uint16(proxy.Port())
	s := newService(t, cfg, "@every 1s", done).ready(t)
	s.ends(t, s.next(t))
	proxy.Down()
	s.await(t, "it is not said that staging is down", func(p serve.PipelineState) bool {
		return p.Problem != "" && !s.Health(t.Context()).Ready()
	})
	if !strings.Contains(s.log.String(), "does not answer") {
		t.Error("the log does not say it")
	}
	if _, err := s.Start(t.Context(), "shop", "ann"); err == nil {
		t.Error("a run is promised that can't begin")
	}
	proxy.Up()
	for len(s.began) > 0 {
		<-s.began
	}
	s.ready(t)
	s.ends(t, s.next(t))
	if n := strings.Count(s.log.String(), "does not answer"); n > 3 {
		t.Errorf("the log says it %d times", n)
	}
}

// A staging server that accepts connections and says nothing holds neither the service nor who asks it.
func TestStagingIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	silent := staging(t)
	silent.Port = uint16(listener.Addr().(*net.TCPAddr).Port)
	s := newService(t, staging(t), "off", done, func(p *Pipeline) {
		p.Staging = silent
		p.History = func(ctx context.Context) (*history.History, error) { return history.Open(ctx, silent) }
	})
	s.await(t, "it is not said that staging is silent", func(p serve.PipelineState) bool { return p.Problem != "" })
	began := time.Now()
	if _, err := s.Runs(t.Context(), serve.Filter{}); err == nil || s.Health(t.Context()).Ready() || time.Since(began) > 2*answer {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

// TestHelperProcess is a service of its own process: it begins a run and goes on until it is killed.
func TestHelperProcess(t *testing.T) {
	url := os.Getenv("ENGINE_TEST_STAGING")
	if url == "" {
		t.Skip("run by TestTheLeaderIsKilled")
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, cfg, "@every 1s", until).ready(t)
	fmt.Println("began " + s.next(t))
	select {}
}

// A leader that is killed in a run: the other service notices, the run is recorded as lost, its
// job is done there, and so is the next time.
func TestTheLeaderIsKilled(t *testing.T) {
	cfg := staging(t)
	url := strings.Replace(pgserver.Shared(t).URL(cfg.Database), pgserver.User+"@", "staging_role@", 1)
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
	cmd.Env = append(os.Environ(), "ENGINE_TEST_STAGING="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	var lost string
	if _, err := fmt.Fscanf(out, "began %s\n", &lost); err != nil {
		t.Fatal(err)
	}
	b := newService(t, cfg, "@every 1s", done)
	b.await(t, "the other service leads", func(serve.PipelineState) bool { return b.Health(t.Context()).Role == "follower" })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if run := b.ends(t, lost); run.Outcome != fault.Lost || run.Error == "" {
		t.Errorf("%+v", run)
	}
	b.await(t, "the next time is not kept", func(p serve.PipelineState) bool {
		runs, err := b.Runs(t.Context(), serve.Filter{Outcome: fault.Done})
		return err == nil && len(runs) > 1 && b.Health(t.Context()).Role == "leader"
	})
}

// What was made on the staging server goes, as when it is set up anew: it is made again.
func TestStagingIsSetUpAnew(t *testing.T) {
	cfg := staging(t)
	s := newService(t, cfg, "off", done).ready(t)
	pgserver.Exec(t, pgserver.Shared(t).URL("refresher"), "DROP SCHEMA "+Schema(cfg.Database)+" CASCADE")
	s.await(t, "it goes unnoticed", func(p serve.PipelineState) bool { return p.Problem != "" })
	s.ready(t)
	s.ends(t, at(t, s, "ann"))
}

// A clean-up that hangs doesn't keep the service for ever: the context of the acts ends.
func TestActsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newService(t, staging(t), "off", done)
	events := s.Events(ctx)
	s.ready(t)
	select {
	case p := <-events:
		if p.Name != "shop" {
			t.Errorf("%+v", p)
		}
	case <-time.After(patience):
		t.Error("no event")
	}
	cancel()
	for range events { // it is closed
	}
}

func TestSchemasAreNamesThatRiverTakes(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"shop", "Shop", "shop-1", "shop_1", "кот", "a b", strings.Repeat("x", 63), strings.Repeat("x", 62)} {
		s := Schema(name)
		if other := seen[s]; other != "" || len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%q: %q, like %q", name, s, other)
		}
		seen[s] = name
	}
}

// What the log has said it does not repeat because a port of this machine is another one.
func TestErrorsThatAreAlike(t *testing.T) {
	cut := func(op string, port int, why syscall.Errno) error {
		return client.Wrap(&net.OpError{Op: op, Net: "tcp", Source: &net.TCPAddr{Port: port}, Addr: &net.TCPAddr{Port: 5432},
			Err: os.NewSyscallError(op, why)}, "reading the history")
	}
	first := cut("read", 40001, syscall.ECONNRESET)
	for _, c := range []struct {
		second error
		want   bool
	}{
		{cut("read", 40002, syscall.ECONNRESET), true}, {cut("dial", 40002, syscall.ECONNRESET), false},
		{cut("read", 40001, syscall.ETIMEDOUT), false}, {errors.New("another"), false}, {fault.Refuse("staging", "it is production's"), false},
	} {
		if alike(first, c.second) != c.want {
			t.Errorf("%v and %v are alike: %v", first, c.second, !c.want)
		}
	}
	if !alike(errors.New("a"), errors.New("a")) || alike(errors.New("a"), errors.New("b")) {
		t.Error("other errors are compared by what they say")
	}
}

// A staging server that must not be written to is said to be so, and the service waits until
// that is mended.
func TestTheStagingServerIsRefused(t *testing.T) {
	calls := 0
	s := newService(t, staging(t), "off", done, func(p *Pipeline) {
		open := p.History
		p.History = func(ctx context.Context) (*history.History, error) {
			if calls++; calls == 1 {
				return nil, fault.Refuse("staging", "it is production's")
			}
			return open(ctx)
		}
	})
	s.await(t, "it is not said", func(p serve.PipelineState) bool { return strings.Contains(p.Problem, "it is production's") })
	if s.Health(t.Context()).Ready() {
		t.Error("the service is ready")
	}
	s.ready(t)
}
