package s3sink_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/s3sink"
)

// anonymous is a request without a signature.
func anonymous(r *http.Request) bool { return r.Header.Get("Authorization") == "" }

// asks is a request for what a bucket says of itself, such as ?acl.
func asks(r *http.Request, what string) bool { return r.URL.Query().Has(what) }

func TestABucketThatIsNotPublic(t *testing.T) {
	suite(t, func(t *testing.T, p *place) {
		unknown, err := p.sink().Private(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("unknown: %q", unknown)
		if keys := p.keys(); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

// A policy that lets everybody read is found on servers that have policies.
func TestAPolicyForEverybody(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		if strings.HasSuffix(t.Name(), "gofakes3") || strings.HasSuffix(t.Name(), "rclone") {
			return // they have no policies: see TestWhatIsPublic
		}
		_, err := p.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket),
			Policy: aws.String(fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
				"Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%s/*"]}]}`, bucket))})
		must(t, err)
		_, err = p.sink().Private(t.Context())
		refused(t, err, "public")
		if keys := p.keys(); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

// What a server says of a bucket, and what comes of it.
func TestWhatIsPublic(t *testing.T) {
	policy := func(public bool) string {
		return fmt.Sprintf("<PolicyStatus><IsPublic>%t</IsPublic></PolicyStatus>", public)
	}
	const owned = `<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList>%s</AccessControlList></AccessControlPolicy>`
	grant := func(group string) string {
		return fmt.Sprintf(owned, `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>`+
			`http://acs.amazonaws.com/groups/global/`+group+`</URI></Grantee><Permission>READ</Permission></Grant>`)
	}
	block := func(all bool) string {
		return fmt.Sprintf("<PublicAccessBlockConfiguration><IgnorePublicAcls>%t</IgnorePublicAcls>"+
			"<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>", all)
	}
	for name, c := range map[string]struct {
		says    map[string]string // to a question: XML, or the status and code of an error
		refused string
		unknown []string
	}{
		"private":            {says: map[string]string{"policyStatus": policy(false), "acl": fmt.Sprintf(owned, "")}},
		"no policy":          {says: map[string]string{"policyStatus": "404 NoSuchBucketPolicy", "acl": fmt.Sprintf(owned, "")}},
		"policy":             {says: map[string]string{"policyStatus": policy(true)}, refused: "its policy"},
		"everybody":          {says: map[string]string{"policyStatus": policy(false), "acl": grant("AllUsers")}, refused: "READ to AllUsers"},
		"everybody at AWS":   {says: map[string]string{"policyStatus": policy(false), "acl": grant("AuthenticatedUsers")}, refused: "AuthenticatedUsers"},
		"the log's group":    {says: map[string]string{"policyStatus": policy(false), "acl": grant("LogDelivery")}},
		"blocked":            {says: map[string]string{"policyStatus": policy(true), "acl": grant("AllUsers"), "publicAccessBlock": block(true)}},
		"half of it blocked": {says: map[string]string{"policyStatus": policy(true), "publicAccessBlock": block(false)}, refused: "its policy"},
		"not implemented": {says: map[string]string{"policyStatus": "501 NotImplemented", "acl": "501 NotImplemented"},
			unknown: []string{"GetBucketPolicyStatus with HTTP 501 NotImplemented", "GetBucketAcl with HTTP 501 NotImplemented"}},
		"denied": {says: map[string]string{"policyStatus": "403 AccessDenied", "acl": fmt.Sprintf(owned, "")},
			unknown: []string{"GetBucketPolicyStatus with HTTP 403 AccessDenied"}},
		"not understood": {says: map[string]string{"policyStatus": "<ListBucketResult></ListBucketResult>",
			"acl": "<ListBucketResult></ListBucketResult>"}, unknown: []string{"GetBucketPolicyStatus with something else",
			"GetBucketAcl with something else"}},
		"read by anybody": {says: map[string]string{"": ""}, refused: "read without credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fake(t)
			p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				if _, open := c.says[""]; open && anonymous(r) {
					fmt.Fprint(w, "who may read this?")
					return
				}
				for what, answered := range c.says {
					if what == "" || !asks(r, what) {
						continue
					}
					var status int
					var code string
					if n, _ := fmt.Sscanf(answered, "%d %s", &status, &code); n == 2 {
						answer(w, status, code)
						return
					}
					fmt.Fprint(w, answered)
					return
				}
				forward.ServeHTTP(w, r)
			})
			unknown, err := p.sink().Private(t.Context())
			if c.refused == "" {
				must(t, err)
			} else if r := refused(t, err, "public"); !strings.Contains(r.Reason, c.refused) {
				t.Errorf("refused: %v", r)
			}
			if len(unknown) != len(c.unknown) {
				t.Fatalf("unknown %q, want %q", unknown, c.unknown)
			}
			for i, want := range c.unknown {
				if !strings.Contains(unknown[i], want) {
					t.Errorf("unknown %q, want %q", unknown[i], want)
				}
			}
		})
	}
}

// Every object is written with what was asked, in one piece and in parts; every request
// names the account that must own the bucket.
func TestWhatServersAreAsked(t *testing.T) {
	p := on(t, 1) // gofakes3 answers 501 to encryption by KMS
	asked := s3sink.Asked{Encryption: "aws:kms", KMSKey: "alias/datasets", Tags: map[string]string{"team": "data eu"}}
	writes := 0
	p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		h := r.Header
		if h.Get("X-Amz-Expected-Bucket-Owner") != p.AccessKey && !anonymous(r) {
			t.Errorf("%s %s does not name the owner", r.Method, r.URL)
		}
		if (r.Method == http.MethodPut && !asks(r, "partNumber")) || asks(r, "uploads") && r.Method == http.MethodPost {
			writes++
			if h.Get("X-Amz-Server-Side-Encryption") != "aws:kms" || h.Get("X-Amz-Tagging") != "team=data%20eu" ||
				h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "alias/datasets" {
				t.Errorf("%s %s asks for %q", r.Method, r.URL, h)
			}
		}
		if r.Method == http.MethodHead {
			w.Header().Set("X-Amz-Server-Side-Encryption", "aws:kms")
		}
		if asks(r, "tagging") {
			fmt.Fprint(w, `<Tagging><TagSet><Tag><Key>team</Key><Value>data eu</Value></Tag></TagSet></Tagging>`)
			return
		}
		forward.ServeHTTP(w, r)
	})
	opts := p.options()
	opts.Owner, opts.Asked = p.AccessKey, asked // versitygw takes it for the account
	sink, err := s3sink.Open(t.Context(), opts)
	must(t, err)
	must(t, sink.Probe(t.Context()))
	g, err := sink.Stage(t.Context(), run1)
	must(t, err)
	for name, n := range map[string]int{"small": 10, "large": 11 << 20} {
		_, err = g.Put(t.Context(), name, noise(1, n))
		must(t, err)
	}
	_, err = g.Publish(t.Context(), passFor(t, run1, "dev"), s3sink.Manifest{})
	must(t, err)
	if writes < 6 {
		t.Errorf("%d writes were seen", writes)
	}
}

// A bucket of another account than the one that was said is not written to.
func TestABucketOfAnotherAccount(t *testing.T) {
	p := on(t, 1)
	opts := p.options()
	opts.Owner = "123456789012"
	sink, err := s3sink.Open(t.Context(), opts)
	must(t, err)
	if err = sink.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "belong to account 123456789012") {
		t.Errorf("error %v", err)
	}
}

// A server that takes the request to encrypt and does not is found before a run.
func TestAServerThatDoesNotEncrypt(t *testing.T) {
	servers(t, func(t *testing.T, p *place) {
		opts := p.options()
		opts.Encryption = "AES256"
		sink, err := s3sink.Open(t.Context(), opts)
		must(t, err)
		err = sink.Probe(t.Context())
		if strings.HasSuffix(t.Name(), "minio") {
			must(t, err)
			p.published(run1, "one")
			return
		}
		if err == nil || !strings.Contains(err.Error(), "encrypt") {
			t.Errorf("error %v", err)
		}
		if keys := p.keys(); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

// Checksums in trailers are sent to a server of one's own only if that was said.
func TestChecksumsWhenAsked(t *testing.T) {
	for when, want := range map[string]bool{"": false, s3sink.WhenRequired: false, s3sink.WhenSupported: true} {
		p := fake(t)
		seen := false
		p.between(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			seen = seen || r.Header.Get("X-Amz-Checksum-Crc32") != "" || r.Header.Get("X-Amz-Trailer") != ""
			forward.ServeHTTP(w, r)
		})
		opts := p.options()
		opts.Checksums = when
		sink, err := s3sink.Open(t.Context(), opts)
		must(t, err)
		must(t, sink.Probe(t.Context()))
		if seen != want {
			t.Errorf("%q: checksums %t, want %t", when, seen, want)
		}
	}
}

// A server that only this machine reaches has no public.
func TestLocalServers(t *testing.T) {
	for endpoint, local := range map[string]bool{
		"http://127.0.0.1:9000": true, "http://localhost:9000": true, "https://[::1]:9000": true,
		"http://10.0.0.7:9000": false, "https://localhost.example.com": false, "": false,
	} {
		sink, err := s3sink.Open(t.Context(), s3sink.Options{Name: "dev", URL: "s3://bucket/p", Endpoint: endpoint, Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		if sink.Local() != local {
			t.Errorf("%q: local is %v", endpoint, !local)
		}
	}
	folder, err := s3sink.Open(t.Context(), s3sink.Options{Name: "dev", URL: "file://" + t.TempDir()})
	if err != nil || !folder.Local() {
		t.Errorf("a folder is not local, %v", err)
	}
}
