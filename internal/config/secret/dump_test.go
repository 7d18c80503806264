package secret

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"refresher/internal/fault"
)

// A value with a secret in it, in fields that fmt can't ask how they print, too: no way of
// writing it out reaches the secret.
func TestSecretsDoNotPrint(t *testing.T) {
	key, err := ParseKey([]byte(goodHex))
	if err != nil {
		t.Fatal(err)
	}
	literal := NewText("hunter2")
	reference := Fetcher{Getenv: os.LookupEnv}.Text("exec:tool --password hunter2", fault.Problem{})
	type hidden struct {
		key  Key
		text Text
	}
	type shown struct {
		Key   Key
		Text  Text
		Ptr   *Text
		List  []Text
		Map   map[string]Text
		Vault Vault
	}
	for _, v := range []any{
		key, &key, literal, &literal, reference, hidden{key, literal}, &hidden{key, reference}, []any{hidden{key, literal}},
		shown{key, literal, &reference, []Text{literal, reference}, map[string]Text{"a": literal}, Vault{Token: literal, SecretID: reference}},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
			if reflect.TypeOf(v) == reflect.TypeFor[[]any]() {
				continue
			}
			b, err := marshal(v)
			if err != nil {
				t.Errorf("%T: %v", v, err)
			}
			out.Write(b)
		}
		raw := key.Bytes()
		for _, secret := range []string{"hunter2", hex.EncodeToString([]byte("hunter2")), goodHex, strings.ToUpper(goodHex), string(raw),
			strings.Trim(fmt.Sprintf("%d", raw[:6]), "[]"), fmt.Sprintf("%#v", raw)[8:40]} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%T shows %q:\n%s", v, secret, out.String())
			}
		}
	}
	if got := fmt.Sprint(key); got != "key "+key.Fingerprint() {
		t.Error(got)
	}
}

// A panic with a secret in its hands writes none to the process's stderr.
func TestPanicsDoNotPrintSecrets(t *testing.T) {
	if os.Getenv("REFRESHER_TEST_PANIC") != "" {
		key, _ := ParseKey([]byte(goodHex))
		panics(key, NewText("hunter2"))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPanicsDoNotPrintSecrets$")
	cmd.Env = append(os.Environ(), "REFRESHER_TEST_PANIC=1", "GOTRACEBACK=all")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: ") || strings.Contains(string(out), "hunter2") || strings.Contains(string(out), goodHex[:12]) {
		t.Errorf("%v\n%s", err, out)
	}
}

//go:noinline
func panics(key Key, text Text) { panic(fmt.Sprintf("%v %+v", struct{ a Key }{key}, text)) }
