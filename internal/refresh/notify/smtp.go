package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"refresher/internal/config/host"
	"refresher/internal/config/secret"
	"refresher/internal/fault"
	"refresher/internal/refresh/outbound"
)

// SMTP is a mail server, and whom mail is for.
type SMTP struct {
	Host     string
	Port     int
	Security string // starttls, tls or none
	Username string // empty: no log-in
	Password secret.Text
	From     string
	To       []string
	TLS      *tls.Config
	Limit    time.Duration // of one try
}

// Check is part of Channel.
func (s SMTP) Check(ctx context.Context) error {
	if _, err := s.client(ctx); err != nil {
		return err
	}
	_, err := s.mail(Message{Title: "check", Text: "check"})
	return err
}

// client is ready to connect. A password goes over TLS, or stays on this machine.
func (s SMTP) client(ctx context.Context) (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(s.Limit)}
	switch s.Security {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Security != "none" {
		config := s.TLS.Clone()
		config.ServerName = s.Host
		options = append(options, mail.WithTLSConfig(config))
	}
	if s.Username != "" {
		password, err := s.Password.Fetch(ctx)
		switch {
		case err != nil:
			return nil, err
		case s.Security == "none" && !host.Loopback(s.Host):
			return nil, fault.BadInput("smtp.tls is none, and a password would go to another machine in plain text")
		case strings.TrimSpace(password) == "":
			return nil, s.Password.Bad("the password is empty")
		}
		options = append(options, mail.WithUsername(s.Username), mail.WithPassword(password))
		if s.Security == "none" {
			options = append(options, mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthCramMD5,
				mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc))
		} else {
			options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
		}
	}
	c, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return nil, fault.BadInput("smtp: %v", err)
	}
	return c, nil
}

// mail is a message as plain text. Its id is the notice's, so that one which is sent again after an
// answer was lost can be seen to be the same.
func (s SMTP) mail(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(s.From); err != nil {
		return nil, fault.BadInput("smtp.from is no address of mail")
	}
	if err := msg.To(s.To...); err != nil {
		return nil, fault.BadInput("smtp.to holds what is no address of mail")
	}
	msg.Subject(m.Title)
	msg.SetDate()
	if m.Notice.ID != "" {
		msg.SetMessageIDWithValue(m.Notice.ID + "@" + s.domain())
	}
	msg.SetUserAgent("refresher")
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answer from who is on holiday
	text := m.Text
	if m.Notice.Link != "" {
		text += "\n\n" + m.Notice.Link
	}
	msg.SetBodyString(mail.TypeTextPlain, text+"\n")
	return msg, nil
}

// domain is that of the sender.
func (s SMTP) domain() string {
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return "refresher.invalid"
	}
	return from.Address[strings.LastIndexByte(from.Address, '@')+1:]
}

// Send is part of Channel.
func (s SMTP) Send(ctx context.Context, m Message) error {
	client, err := s.client(ctx)
	if err != nil {
		return decided(err)
	}
	msg, err := s.mail(m)
	if err != nil {
		return outbound.Final(err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return smtpError(err)
	}
	defer func() { _ = client.Close() }() // what was taken is taken
	return smtpError(client.Send(msg))
}

var errNoWay = errors.New("the server offers no STARTTLS, or no way to log in that fits smtp.tls and smtp.username")

// smtpError is what went wrong, without what the server says: it repeats addresses.
func smtpError(err error) error {
	var sending *mail.SendError
	var answer *textproto.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &sending) && sending.ErrorCode() != 0:
		said := fmt.Errorf("%s: the server answered %d", sending.Reason, sending.ErrorCode())
		if sending.IsTemp() {
			return said
		}
		return outbound.Final(said)
	case sending != nil:
		return fmt.Errorf("%s: the connection failed", sending.Reason)
	case errors.As(err, &answer):
		said := fmt.Errorf("the server answered %d", answer.Code)
		if answer.Code < 500 {
			return said
		}
		return outbound.Final(said)
	}
	if err = outbound.Reason(err); !errors.Is(err, outbound.ErrConnection) {
		return err
	}
	return outbound.Final(errNoWay) // the library's own, which is none of the network or of TLS
}
