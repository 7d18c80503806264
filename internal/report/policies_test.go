package report

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"refresher/internal/fault"
	"refresher/internal/report/signature"
	"refresher/internal/testkit/s3server"
)

// documented is the block of docs/report.md that pattern finds.
func documented(t *testing.T, pattern string) []byte {
	t.Helper()
	docs, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(pattern).FindSubmatch(docs)
	if m == nil {
		t.Fatal("docs/report.md has nothing like", pattern)
	}
	return m[1]
}

// checker is a folder with the documented script, check-attestation.sh.
func checker(t *testing.T) (dir string, file func(name string, text []byte) string) {
	t.Helper()
	for _, tool := range []string{"bash", "jq", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	dir = t.TempDir()
	file = func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("check-attestation.sh", documented(t, "(?s)```bash\n(# check-attestation.sh .*?)```"))
	return dir, file
}

func publicPEM(t *testing.T, s signature.Signer) []byte {
	t.Helper()
	key, err := s.Public().PEM()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// The script of docs/report.md needs nothing of refresher's.
func TestTheDocumentedScriptChecksAttestations(t *testing.T) {
	dir, file := checker(t)
	s := newSigner(t)
	key, strange := file("key", publicPEM(t, s)), file("strange", publicPEM(t, newSigner(t)))
	rows, more, other := file("rows", []byte("rows")), file("more", []byte("more")), file("other", []byte("other"))
	hash := func(text string) string { return signature.Hash([]byte(text)) }
	subjects := []Object{{"shop.dump", 4, hash("rows")}, {"more.dump", 4, hash("more")}}
	good := file("good", attested(t, s, fault.Done, subjects...))
	refused := file("refused", attested(t, s, fault.Refused, subjects...))
	for name, tt := range map[string]struct {
		args []string
		ok   bool
	}{
		"good":                {[]string{good, key, rows}, true},
		"several objects":     {[]string{good, key, rows, more}, true},
		"one of them another": {[]string{good, key, other, rows}, false},
		"no object":           {[]string{good, key}, false},
		"an object not there": {[]string{good, key, rows + "*"}, false},
		"another key":         {[]string{good, strange, rows}, false},
		"another object":      {[]string{good, key, other}, false},
		"a refused run":       {[]string{refused, key, rows}, false},
	} {
		args := append([]string{filepath.Join(dir, "check-attestation.sh")}, tt.args...)
		out, err := exec.Command("bash", args...).CombinedOutput()
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// What the documented image of the admission policy runs refuses a dataset of which one dump is not attested.
func TestTheDocumentedImageChecksDatasets(t *testing.T) {
	dir, file := checker(t)
	var command []string
	line := documented(t, "(?m)^ENTRYPOINT (.*)$")
	if err := json.Unmarshal(line, &command); err != nil {
		t.Fatal(err)
	}
	s := newSigner(t)
	file("key.pem", publicPEM(t, s))
	run := func() error {
		for i, arg := range command {
			command[i] = strings.NewReplacer("/check/", dir+"/", "/dataset/", dir+"/").Replace(arg)
		}
		return exec.Command(command[0], command[1:]...).Run()
	}
	if run() == nil {
		t.Error("it takes an empty volume")
	}
	file("shop.dump", []byte("rows"))
	if run() == nil {
		t.Error("it takes a dataset without an attestation")
	}
	file("attestation.intoto.jsonl", attested(t, s, fault.Done, Object{"shop.dump", 4, signature.Hash([]byte("rows"))}))
	if err := run(); err != nil {
		t.Error(err)
	}
	file("beside.dump", []byte("others"))
	if run() == nil {
		t.Error("it takes a dump that lies beside the dataset's")
	}
}

// A server that knows the condition of the documented bucket policy denies readers what the job
// did not find attested. Readers are everybody here: MinIO has no roles of AWS.
func TestTheDocumentedBucketPolicy(t *testing.T) {
	dir, file := checker(t)
	server, err := s3server.MinIO(t.Context())
	if err != nil {
		t.Skip(err, "(make minio)")
	}
	t.Cleanup(server.Stop)
	client, bucket := server.Client(), "acme-dev-data"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var deny map[string]any
	must(json.Unmarshal(documented(t, "(?s)```json\n(\\{\"Effect\": \"Deny\".*?)```"), &deny))
	deny["Principal"] = "*"
	allow := map[string]any{"Effect": "Allow", "Principal": "*", "Action": deny["Action"],
		"Resource": "arn:aws:s3:::" + bucket + "/*"}
	policy := func(statements ...map[string]any) {
		t.Helper()
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		must(err)
		_, err = client.PutBucketPolicy(t.Context(),
			&s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(string(text))})
		must(err)
	}
	must(server.CreateBucket(t.Context(), bucket))
	_, err = client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	must(err)
	s := newSigner(t)
	key, script := file("key.pem", publicPEM(t, s)), filepath.Join(dir, "check-attestation.sh")
	good := file("good", attested(t, s, fault.Done, Object{"shop.dump", 4, signature.Hash([]byte("rows"))}))
	versions := map[string]string{}
	for name, text := range map[string]string{"shop.dump": "rows", "forged.dump": "other"} {
		path := aws.String("app/runs/20261121T030000Z-7f3a/" + name)
		out, err := client.PutObject(t.Context(),
			&s3.PutObjectInput{Bucket: &bucket, Key: path, Body: strings.NewReader(text)})
		must(err)
		versions[name] = "/" + bucket + "/" + *path + "?versionId=" + *out.VersionId
		if exec.Command("bash", script, good, key, file(name, []byte(text))).Run() != nil {
			continue
		}
		tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("attested"), Value: aws.String("true")}}}
		_, err = client.PutObjectTagging(t.Context(),
			&s3.PutObjectTaggingInput{Bucket: &bucket, Key: path, Tagging: tags})
		must(err)
	}
	read := func(path string) int {
		t.Helper()
		res, err := http.Get(server.Endpoint + path)
		must(err)
		res.Body.Close()
		return res.StatusCode
	}
	for _, tt := range []struct {
		policy         string
		statements     []map[string]any
		attested, rest int
	}{
		{"none", []map[string]any{allow}, http.StatusOK, http.StatusOK},
		{"documented", []map[string]any{allow, deny}, http.StatusOK, http.StatusForbidden},
	} {
		policy(tt.statements...)
		for name, path := range versions {
			want := tt.rest
			if name == "shop.dump" {
				want = tt.attested
			}
			latest, _, _ := strings.Cut(path, "?")
			if a, b := read(latest), read(path); a != want || b != want {
				t.Errorf("policy %s, %s: %d, and by its version %d, want %d", tt.policy, name, a, b, want)
			}
		}
	}
}
