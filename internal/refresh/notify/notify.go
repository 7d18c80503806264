// Package notify tells people and programs how runs end: by Slack, Microsoft Teams, signed webhooks and
// mail.
//
//	results := notify.Deliver(ctx, targets, n)       // n is a [notice.Notice]
//
// What is sent holds no value of a row: it is made of a notice alone. A target that can't be reached is
// tried again for a while; then the result says why, and nothing else comes of it. Errors hold no URL,
// host or address, since each may be a secret.
package notify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"refresher/internal/refresh/outbound"
	"refresher/internal/report/notice"
)

// Bound is how long all tries of a notification may take together.
const Bound = 2 * time.Minute

// Message is a notice with the words that a template made of it.
type Message struct {
	Notice      notice.Notice
	Title, Text string
}

// Channel is a way to send. Check finds what can be seen wrong without sending, and is a [fault.Input]
// for what a person has to mend. Send is one try.
type Channel interface {
	Check(ctx context.Context) error
	Send(ctx context.Context, m Message) error
}

// Target is where notifications go, and which.
type Target struct {
	Name     string // as the configuration calls it: notify[0]
	Kind     string // slack, teams, webhook or smtp
	On       []notice.Kind
	Template *notice.Template // nil: the default
	Channel  Channel
	Limit    time.Duration // of one try
	Retry    outbound.Retry
}

// Result is what became of a notification at one target.
type Result struct {
	Target string // notify[0] (slack)
	Tries  int
	Err    error // nil: it was sent
}

// String names a target in messages.
func (t Target) String() string { return t.Name + " (" + t.Kind + ")" }

// Send tells a target of something, with its retries and within [Bound].
func (t Target) Send(ctx context.Context, n notice.Notice) Result {
	ctx, cancel := context.WithTimeout(ctx, Bound)
	defer cancel()
	r := Result{Target: t.String()}
	m, err := t.message(n)
	if err == nil {
		r.Tries, err = t.Retry.Do(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, t.Limit)
			defer cancel()
			return t.Channel.Send(ctx, m)
		})
	}
	if err != nil {
		r.Err = fmt.Errorf("%s: %w", t, err)
	}
	return r
}

// message puts a notice into words: those of the default template if the target's fails.
func (t Target) message(n notice.Notice) (m Message, err error) {
	m.Notice = n
	if t.Template != nil {
		if m.Title, m.Text, err = t.Template.Render(n); err == nil {
			return m, nil
		}
	}
	plain, err := notice.Parse(notice.Source{}, notice.Source{})
	if err == nil {
		m.Title, m.Text, err = plain.Render(n)
	}
	return m, err
}

// Wanting are the targets that want to hear of a kind.
func Wanting(targets []Target, kind notice.Kind) (want []Target) {
	for _, t := range targets {
		if kind.In(t.On) {
			want = append(want, t)
		}
	}
	return want
}

// Deliver tells all targets that want to hear of it, at the same time.
func Deliver(ctx context.Context, targets []Target, n notice.Notice) []Result {
	want := Wanting(targets, n.Kind)
	results := make([]Result, len(want))
	var all sync.WaitGroup
	for i, t := range want {
		all.Go(func() { results[i] = t.Send(ctx, n) })
	}
	all.Wait()
	return results
}
