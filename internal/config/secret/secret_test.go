package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsDoNotPrint(t *testing.T) {
	key, err := ParseKey([]byte("00112233445566778899aabbccddeeff"))
	if err != nil {
		t.Fatal(err)
	}
	text := NewText("hunter2")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", key, "text", text)
	j, _ := json.Marshal(map[string]any{"k": key, "t": text})
	out := log.String() + string(
		j,
	) + fmt.Sprintf(
		"%v %+v %#v %s %v %+v %#v %x",
		key,
		key,
		key,
		key,
		text,
		text,
		text,
		text.String(),
	)
	if strings.Contains(out, "hunter2") || strings.Contains(out, "00112233445566778899") ||
		strings.Contains(out, "0x11, 0x22") {
		t.Errorf("a secret was printed: %s", out)
	}
	if !strings.Contains(out, key.Fingerprint()) {
		t.Errorf("the key's fingerprint is missing: %s", out)
	}
}

func TestParseKey(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		bits int
		want string
	}{
		"hex":              {"00112233445566778899aabbccddeeff", 128, ""},
		"hex, newline":     {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 256, ""},
		"base64":           {"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ", 192, ""},
		"text":             {"correct horse battery staple and some more", 336, ""},
		"empty":            {" \n", 0, "empty"},
		"short hex":        {"00112233445566778899aabbccdd", 0, "too short: 112 bits"},
		"short text":       {"correct horse battery", 0, "too short"},
		"constant":         {strings.Repeat("0", 64), 0, "not random"},
		"constant as text": {strings.Repeat("changeme", 8), 0, "not random"},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseKey([]byte(tc.in))
			if tc.want == "" && (err != nil || len(k.Bytes())*8 != tc.bits) {
				t.Errorf("got %d bits, %v", len(k.Bytes())*8, err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestDeriveSeparatesPurposes(t *testing.T) {
	k, _ := ParseKey([]byte("00112233445566778899aabbccddeeff"))
	if string(k.Derive("a")) == string(k.Derive("b")) {
		t.Error("two purposes share a key")
	}
}

func TestFetch(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("from the file"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("key", 0o600)
	write("open", 0o644)
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Vault-Token") != "tkn" || r.URL.Path != "/v1/secret/data/refresher" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(w, `{"data":{"data":{"key":"from vault"}}}`)
	}))
	defer vault.Close()
	vars := map[string]string{"K": "from env", "VAULT_ADDR": vault.URL, "VAULT_TOKEN": "tkn"}
	f := Fetcher{Dir: dir, Getenv: func(s string) (string, bool) { v, ok := vars[s]; return v, ok }}
	for ref, want := range map[string]string{
		"env:K": "from env", "file:key": "from the file", "vault:secret/data/refresher#key": "from vault",
		"env:NONE": "!NONE is not set", "file:none": "!cannot read", "file:open": "!chmod 600",
		"vault:secret/data/refresher": "!needs a field", "vault:secret/data/other#key": "!HTTP status 403",
		"vault:secret/data/refresher#nokey": "!no text field", "K": "!written as a reference", "ftp:x": "!unknown kind",
	} {
		got, err := f.Fetch(context.Background(), ref)
		if bad, isErr := strings.CutPrefix(want, "!"); isErr {
			if err == nil || !strings.Contains(err.Error(), bad) {
				t.Errorf("%s: got %v, want %q", ref, err, bad)
			}
		} else if err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", ref, got, err)
		}
	}
}

// A server that speaks Secrets Manager's JSON 1.1 protocol shows that the SDK is
// wired to the reference.
func TestFetchFromSecretsManager(t *testing.T) {
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil ||
			r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprintf(w, `{"Name":%q,"SecretString":"{\"key\":\"from aws\"}"}`, in.SecretId)
	}))
	defer aws.Close()
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": aws.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"} {
		t.Setenv(k, v)
	}
	got, err := Fetcher{}.Fetch(context.Background(), "awssm:prod/refresher#key")
	if err != nil || string(got) != "from aws" {
		t.Errorf("got %q, %v", got, err)
	}
}
