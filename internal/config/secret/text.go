package secret

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"refresher/internal/fault"
)

// Text is a secret of a configuration, such as a connection URL with a password: the text
// itself, or a reference to the place where it is. Every way of printing it gives "[secret]".
type Text struct{ get func() *text } // behind a function, which no dump of what holds a Text can look into

type text struct {
	value   string // the secret, or its reference
	fetcher Fetcher
	place   fault.Problem // File, Line, Col and Field
}

// NewText wraps a secret that is at hand, which is taken as it is.
func NewText(s string) Text { return hold(text{value: s}) }

func hold(t text) Text { return Text{func() *text { return &t }} }

// Text is the secret or the reference to one that stands at place, of which File, Line, Col
// and Field count. What is wrong with it later is said of that place.
func (f Fetcher) Text(value string, place fault.Problem) Text {
	return hold(text{value, f, place})
}

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.get == nil || t.get().value == "" }

// IsReference reports whether the secret is elsewhere.
func (t Text) IsReference() bool {
	return !t.IsZero() && t.get().fetcher.Getenv != nil && kindOf(t.get().value) != ""
}

// Same reports whether two texts are written alike, as secrets or as references.
func (t Text) Same(other Text) bool {
	if t.IsZero() || other.IsZero() {
		return t.IsZero() == other.IsZero()
	}
	return t.get().value == other.get().value
}

// Name is the reference in the form that may be printed: of exec: the program alone. It is
// "" for a secret that is at hand.
func (t Text) Name() string {
	if !t.IsReference() {
		return ""
	}
	if words, err := splitWords(strings.TrimPrefix(t.get().value, "exec:")); kindOf(t.get().value) == "exec" &&
		err == nil {
		return "exec:" + words[0]
	}
	return t.get().value
}

// Check says what is wrong with a reference as far as it can be seen without fetching:
// "" if nothing is. only: it must be a reference.
func (t Text) Check(only bool) string {
	switch {
	case t.IsReference():
		return check(t.get().value)
	case only && !t.IsZero():
		return "a secret is written as a reference: " + Forms
	}
	return ""
}

// Fetch returns the secret, from where its reference says. A bad reference, an unset
// variable, a missing file or what a store doesn't have is a [fault.Input]; a store that can't
// be reached, or that refuses, is an ordinary error. A line break at the end is not part
// of it.
func (t Text) Fetch(ctx context.Context) (string, error) {
	b, err := t.FetchBytes(ctx)
	return strings.TrimRight(string(b), "\r\n"), err
}

// FetchBytes is Fetch for secrets that need not be text: all bytes as they are.
func (t Text) FetchBytes(ctx context.Context) ([]byte, error) {
	if !t.IsReference() {
		if t.IsZero() {
			return nil, nil
		}
		return []byte(t.get().value), nil
	}
	return t.get().fetcher.fetch(ctx, t.get().value, t.get().place)
}

type anewKey struct{}

// Anew returns a context in which fetches ask the store again for what a session keeps: for a
// login that was refused.
func Anew(ctx context.Context) context.Context { return context.WithValue(ctx, anewKey{}, true) }

func anew(ctx context.Context) bool { return ctx.Value(anewKey{}) != nil }

// Bad is a mistake in the secret itself, at its place.
func (t Text) Bad(format string, args ...any) error {
	var place fault.Problem
	if t.get != nil {
		place = t.get().place
	}
	return badAt(place, format, args...)
}

func (t Text) String() string               { return "[secret]" }
func (t Text) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, "[secret]") }
func (t Text) LogValue() slog.Value         { return slog.StringValue("[secret]") }
func (t Text) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
