package notify

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"refresher/internal/config/secret"
)

// mailServer speaks SMTP (RFC 5321) with STARTTLS (3207) and AUTH PLAIN (4954): one conversation a
// connection, each command in its order.
type mailServer struct {
	net.Listener
	tls      *tls.Config // of its certificate
	roots    *tls.Config // that trusts it
	implicit bool        // TLS from the first byte
	noTLS    bool        // no STARTTLS
	// reply is the answer to a command, by its first word, instead of the usual one.
	reply func(command string) string

	mu    sync.Mutex
	said  []string // commands, in capitals, with "TLS " before those that were encrypted
	mails []string
}

func newMailServer(t *testing.T, set func(*mailServer)) *mailServer {
	t.Helper()
	cert := httptest.NewTLSServer(nil)
	defer cert.Close()
	pool := x509.NewCertPool()
	pool.AddCert(cert.Certificate())
	s := &mailServer{tls: &tls.Config{Certificates: cert.TLS.Certificates}, roots: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	if set != nil {
		set(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Listener = l
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s
}

func (s *mailServer) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	encrypted := s.implicit
	if encrypted {
		conn = tls.Server(conn, s.tls)
	}
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 mail.hunter2.example ESMTP\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		command := strings.ToUpper(strings.Fields(line + " ?")[0])
		if command != "NOOP" && command != "RSET" {
			s.mu.Lock()
			s.said = append(s.said, map[bool]string{true: "TLS "}[encrypted]+command)
			s.mu.Unlock()
		}
		if s.reply != nil {
			if r := s.reply(command); r != "" {
				fmt.Fprint(conn, r+"\r\n")
				continue
			}
		}
		switch command {
		case "EHLO":
			fmt.Fprint(conn, "250-mail.hunter2.example\r\n250-8BITMIME\r\n")
			if !encrypted && !s.noTLS {
				fmt.Fprint(conn, "250-STARTTLS\r\n")
			} else {
				fmt.Fprint(conn, "250-AUTH PLAIN\r\n")
			}
			fmt.Fprint(conn, "250 HELP\r\n")
		case "STARTTLS":
			fmt.Fprint(conn, "220 go\r\n")
			conn = tls.Server(conn, s.tls)
			in, encrypted = bufio.NewReader(conn), true
		case "AUTH":
			given, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
			if string(given) != "\x00robot\x00hunter2" {
				fmt.Fprint(conn, "535 hunter2 is wrong\r\n")
				continue
			}
			fmt.Fprint(conn, "235 welcome\r\n")
		case "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			var mail strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				mail.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			s.mails = append(s.mails, mail.String())
			s.mu.Unlock()
			fmt.Fprint(conn, "250 taken\r\n")
		case "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

func (s *mailServer) target(security string) SMTP {
	return SMTP{Host: "127.0.0.1", Port: s.Addr().(*net.TCPAddr).Port, Security: security, TLS: s.roots,
		From: "Refresher <refresher@acme.example>", To: []string{"dba@acme.example", "ops@acme.example"}, Limit: 5 * time.Second}
}

func TestMail(t *testing.T) {
	for name, tc := range map[string]struct {
		set      func(*mailServer)
		security string
		login    bool
		want     string // commands
	}{
		"STARTTLS":                            {nil, "starttls", true, "EHLO STARTTLS TLS EHLO TLS AUTH TLS MAIL TLS RCPT TLS RCPT TLS DATA TLS QUIT"},
		"TLS":                                 {func(s *mailServer) { s.implicit = true }, "tls", true, "TLS EHLO TLS AUTH TLS MAIL TLS RCPT TLS RCPT TLS DATA TLS QUIT"},
		"a relay on this machine":             {func(s *mailServer) { s.noTLS = true }, "none", false, "EHLO MAIL RCPT RCPT DATA QUIT"},
		"a relay on this machine with log-in": {func(s *mailServer) { s.noTLS = true }, "none", true, "EHLO AUTH MAIL RCPT RCPT DATA QUIT"},
	} {
		s := newMailServer(t, tc.set)
		c := s.target(tc.security)
		if tc.login {
			c.Username, c.Password = "robot", secret.NewText("hunter2")
		}
		n := refused()
		n.Reason = "ä reason\r\n.\r\nBcc: evil@example.com"
		if got := target("smtp", c).Send(t.Context(), n); got.Err != nil || got.Tries != 1 {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if said := strings.Join(s.said, " "); said != tc.want {
			t.Errorf("%s: %s", name, said)
		}
		m, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(m.Body)
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if subject != "refresher shop: the refresh was refused (shop_staging)" || m.Header.Get("Bcc") != "" ||
			m.Header.Get("Message-Id") != "<20261122T030000Z-7f3a-refused@acme.example>" || m.Header.Get("Auto-Submitted") != "auto-generated" ||
			m.Header.Get("To") != "<dba@acme.example>, <ops@acme.example>" || !strings.Contains(m.Header.Get("From"), "<refresher@acme.example>") ||
			!strings.Contains(string(body), "=C3=A4 reason") || !strings.Contains(string(body), "https://refresher.example/runs/20261122T030000Z-7f3a") {
			t.Errorf("%s: %v\n%s", name, m.Header, body)
		}
	}
}

// Mail that isn't taken: again if that may help, and not one word of the server's.
func TestMailThatFails(t *testing.T) {
	answers := func(command, reply string) func(*mailServer) {
		return func(s *mailServer) {
			s.reply = func(c string) string {
				if strings.HasSuffix(c, command) {
					return reply
				}
				return ""
			}
		}
	}
	for name, tc := range map[string]struct {
		set   func(*mailServer)
		alter func(*SMTP)
		tries int
		want  string
	}{
		"busy":             {answers("MAIL", "451 hunter2 later"), nil, 3, "sending SMTP MAIL FROM command: the server answered 451"},
		"no such mailbox":  {answers("RCPT", "550 5.1.1 hunter2 unknown"), nil, 1, "sending SMTP RCPT TO command: the server answered 550"},
		"wrong password":   {nil, func(s *SMTP) { s.Password = secret.NewText("other") }, 1, "the server answered 535"},
		"not welcome":      {answers("LO", "421 hunter2 goes down"), nil, 3, "the server answered 421"},
		"no STARTTLS":      {func(s *mailServer) { s.noTLS = true }, nil, 1, "the server offers no STARTTLS"},
		"a strange server": {nil, func(s *SMTP) { s.TLS = &tls.Config{MinVersion: tls.VersionTLS12} }, 1, "signed by an unknown authority"},
		"no server":        {nil, func(s *SMTP) { s.Port = 1 }, 3, "connection refused"},
		"TLS where there is none": {func(s *mailServer) { s.noTLS = true }, func(s *SMTP) { s.Security = "tls" }, 1,
			"doesn't speak TLS"},
	} {
		s := newMailServer(t, tc.set)
		c := s.target("starttls")
		c.Username, c.Password = "robot", secret.NewText("hunter2")
		if tc.alter != nil {
			tc.alter(&c)
		}
		got := target("smtp", c).Send(t.Context(), refused())
		if got.Err == nil || got.Tries != tc.tries || !strings.Contains(got.Err.Error(), tc.want) ||
			strings.Contains(got.Err.Error(), "hunter2") || strings.Contains(got.Err.Error(), "127.0.0.1") ||
			strings.Contains(got.Err.Error(), "acme") || len(s.mails) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
		for _, command := range s.said {
			if command == "AUTH" {
				t.Errorf("%s: a password was sent in plain text", name)
			}
		}
	}
}
