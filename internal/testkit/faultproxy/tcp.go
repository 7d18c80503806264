package faultproxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Proxy forwards TCP connections to one server.
type Proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	total int64 // bytes forwarded, both ways, over all connections
	at    int64 // of total, at which do is called; -1: never
	do    func()
	links map[*link]bool
	down  bool
	group sync.WaitGroup
}

// link is one forwarded connection.
type link struct {
	client, server *net.TCPConn
	silent         chan struct{} // nil, or closed when the link is
	end            chan struct{}
	once           sync.Once
}

// Listen starts a proxy on a free port of 127.0.0.1. Close ends it.
func Listen(target string) (*Proxy, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a fault proxy: %w", err)
	}
	p := &Proxy{listener: l, target: target, at: -1, links: map[*link]bool{}}
	p.group.Go(p.accept)
	return p, nil
}

// Port is where the proxy listens.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Addr is host and port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Total is how many bytes went through so far.
func (p *Proxy) Total() int64 { p.mu.Lock(); defer p.mu.Unlock(); return p.total }

// At calls do when n more bytes have gone through, once; the byte after them waits
// until do returns. It replaces what was to be done before.
func (p *Proxy) At(n int64, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.do = p.total+n, do
}

// Never takes back what At ordered.
func (p *Proxy) Never() { p.mu.Lock(); defer p.mu.Unlock(); p.at = -1 }

// Cut resets all connections that there are; new ones work.
func (p *Proxy) Cut() {
	for _, l := range p.all() {
		l.reset()
	}
}

// Stall forwards nothing more on the connections that there are, and keeps them
// open; new ones work.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		if l.silent == nil {
			l.silent = make(chan struct{})
		}
	}
}

// Down cuts all connections and refuses new ones until Up.
func (p *Proxy) Down() {
	p.mu.Lock()
	p.down = true
	p.mu.Unlock()
	p.Cut()
}

// Up ends Down.
func (p *Proxy) Up() { p.mu.Lock(); defer p.mu.Unlock(); p.down = false }

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Down()
	p.group.Wait()
}

func (p *Proxy) all() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	var links []*link
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.group.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

func (p *Proxy) serve(client *net.TCPConn) {
	server, err := net.Dial("tcp4", p.target)
	l := &link{client: client, end: make(chan struct{})}
	if err != nil {
		_ = client.SetLinger(0)
		_ = client.Close()
		return
	}
	l.server = server.(*net.TCPConn)
	p.mu.Lock()
	if p.down {
		p.mu.Unlock()
		l.reset()
		return
	}
	p.links[l] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.forward(l, l.server, l.client) })
	both.Go(func() { p.forward(l, l.client, l.server) })
	both.Wait()
	l.close()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// forward copies one direction until it ends.
func (p *Proxy) forward(l *link, to, from *net.TCPConn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		for b := buf[:n]; len(b) > 0; {
			k, do := p.take(l, int64(len(b)))
			if k < 0 {
				<-l.end // silent
				return
			}
			if _, err := to.Write(b[:k]); err != nil {
				l.close()
				return
			}
			if do != nil {
				do()
			}
			b = b[k:]
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = to.CloseWrite()
			return
		case err != nil:
			l.close()
			return
		}
	}
}

// take counts bytes on their way: how many may go, and what is to be done after
// them. It is -1 for a link that is silent.
func (p *Proxy) take(l *link, n int64) (int64, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.silent != nil {
		return -1, nil
	}
	if p.at < 0 || p.total+n < p.at {
		p.total += n
		return n, nil
	}
	n = max(0, p.at-p.total)
	p.total += n
	p.at = -1
	return n, p.do
}

// reset ends a link as a broken network does.
func (l *link) reset() {
	_ = l.client.SetLinger(0)
	if l.server != nil {
		_ = l.server.SetLinger(0)
	}
	l.close()
}

func (l *link) close() {
	l.once.Do(func() {
		close(l.end)
		_ = l.client.Close()
		if l.server != nil {
			_ = l.server.Close()
		}
	})
}
