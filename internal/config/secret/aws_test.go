package secret

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"refresher/internal/fault"
)

// awsServer speaks the JSON 1.1 protocol of Secrets Manager and KMS as their API references have
// it, and takes only requests whose signature (SigV4) it comes to by itself.
type awsServer struct {
	t       *testing.T
	regions []string
}

var awsCredentials = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

func newAWS(t *testing.T) *awsServer {
	t.Helper()
	s := &awsServer{t: t}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": srv.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": awsCredentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": awsCredentials.SecretAccessKey, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(k, v)
	}
	return s
}

// signed reports whether a request's signature is right: the SDK's signer signs it again.
func signed(r *http.Request, body []byte) (region string, ok bool) {
	auth := r.Header.Get("Authorization")
	_, rest, _ := strings.Cut(auth, "Credential=")
	scope := strings.Split(strings.SplitN(rest, ",", 2)[0], "/") // key/date/region/service/aws4_request
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || len(scope) != 5 || scope[0] != awsCredentials.AccessKeyID {
		return "", false
	}
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return "", false
	}
	_, list, _ := strings.Cut(auth, "SignedHeaders=")
	for name := range strings.SplitSeq(strings.SplitN(list, ",", 2)[0], ";") {
		if name != "host" && name != "content-length" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	again.ContentLength = r.ContentLength
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), awsCredentials, again, hex.EncodeToString(sum[:]), scope[3], scope[2], at); err != nil {
		return "", false
	}
	return scope[2], again.Header.Get("Authorization") == auth
}

func (s *awsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	region, ok := signed(r, body)
	if err != nil || !ok {
		s.t.Errorf("a request isn't signed as it should be: %v", r.Header)
		s.fail(w, "InvalidSignatureException")
		return
	}
	s.regions = append(s.regions, region)
	var in struct {
		SecretId, VersionStage, KeyId string
		NumberOfBytes                 int
		CiphertextBlob                []byte
		EncryptionContext             map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		s.fail(w, "SerializationException")
		return
	}
	context := in.EncryptionContext["app"]
	switch target := r.Header.Get("X-Amz-Target"); {
	case target == "secretsmanager.GetSecretValue" && in.VersionStage == "AWSPREVIOUS":
		s.answer(w, object{"Name": in.SecretId, "SecretString": "the one before"})
	case target == "secretsmanager.GetSecretValue" && in.SecretId == "bytes":
		s.answer(w, object{"Name": in.SecretId, "SecretBinary": []byte{0, 1, 2}})
	case target == "secretsmanager.GetSecretValue" && in.SecretId == "denied":
		s.fail(w, "AccessDeniedException")
	case target == "secretsmanager.GetSecretValue" && strings.HasSuffix(in.SecretId, "refresher"):
		s.answer(w, object{"Name": in.SecretId, "SecretString": `{"key":"from aws","username":"ann","password":"p"}`})
	case target == "secretsmanager.GetSecretValue":
		s.fail(w, "ResourceNotFoundException")
	case target == "TrentService.GenerateDataKeyWithoutPlaintext" && in.NumberOfBytes == 32:
		s.answer(w, object{"KeyId": "arn:aws:kms:eu-west-3:1:key/" + in.KeyId, "CiphertextBlob": []byte("blob of " + context)})
	case target == "TrentService.Decrypt" && string(in.CiphertextBlob) != "blob of "+context:
		s.fail(w, "InvalidCiphertextException")
	case target == "TrentService.Decrypt" && in.KeyId != "" && region != "eu-west-3":
		s.fail(w, "NotFoundException")
	case target == "TrentService.Decrypt":
		s.answer(w, object{"KeyId": in.KeyId, "Plaintext": []byte("plain of " + context)})
	default:
		s.fail(w, "UnknownOperationException")
	}
}

func (s *awsServer) answer(w http.ResponseWriter, body object) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(body)
}

func (s *awsServer) fail(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(object{"__type": code, "message": "User: arn:aws:iam::1:user/x is not authorized"})
}

func TestSecretsManager(t *testing.T) {
	s := newAWS(t)
	const arn = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:prod/refresher"
	for ref, want := range map[string]string{
		"awssm:prod/refresher#key":         "from aws",
		"awssm:prod/refresher":             `{"key":"from aws","username":"ann","password":"p"}`,
		"awssm:x?stage=AWSPREVIOUS":        "the one before",
		"awssm:bytes":                      "\x00\x01\x02",
		"awssm:" + arn + "#key":            "from aws",
		"awssm:prod/refresher#none":        "!has no text field",
		"awssm:x?stage=AWSPREVIOUS#key":    "!is not a JSON object",
		"awssm:none":                       "!there is no such secret or version",
		"awssm:denied":                     "~AccessDeniedException",
		"awssm:prod/refresher?stage=#key":  "!awssm: is written as",
		"awssm:prod/refresher?stages=#key": "!awssm: is written as",
	} {
		got, err := fetch(t.Context(), "", nil, ref)
		want, wrong := strings.CutPrefix(want, "!")
		want, failed := strings.CutPrefix(want, "~")
		var input *fault.Input
		switch {
		case !wrong && !failed && (err != nil || got != want),
			(wrong || failed) && (err == nil || !strings.Contains(err.Error(), want) || errors.As(err, &input) != wrong):
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	if !strings.Contains(strings.Join(s.regions, " "), "eu-north-1") {
		t.Errorf("an ARN's region was not asked: %v", s.regions)
	}
}

func TestEnvelope(t *testing.T) {
	newAWS(t)
	dir := t.TempDir()
	made, err := NewEnvelope(t.Context(), "a-key", map[string]string{"app": "refresher"})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, e any) {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("made.json", made)
	made.EncryptionContext = nil
	write("stripped.json", made)
	write("by-hand.json", object{"CiphertextBlob": base64.StdEncoding.EncodeToString([]byte("blob of ")), "Extra": 1})
	write("empty.json", object{"CiphertextBlob": ""})
	for file, want := range map[string]string{
		"made.json": "plain of refresher", "by-hand.json": "plain of ",
		"stripped.json": "!another encryption context", "empty.json": "!is no envelope", "none.json": "!cannot read",
	} {
		got, err := fetch(t.Context(), dir, nil, "awskms:"+file)
		var input *fault.Input
		if bad, is := strings.CutPrefix(want, "!"); is && (!errors.As(err, &input) || !strings.Contains(err.Error(), bad)) || !is && (err != nil || got != want) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}
