package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/report"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
	"refresher/internal/verify"
	"refresher/internal/verify/target"
)

// reportFlags are those of `verify --report`.
type reportFlags struct {
	report string
	keys   []string
}

func (f *reportFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.report, "report", "",
		"check the signature of a report.json instead: a file, folder, s3://, file:/// or https:// URL, or a "+
			"bucket's name")
	cmd.Flags().StringArrayVar(&f.keys, "public-key", nil,
		"whose signature counts, as public-key prints it, or a file that holds it; may be repeated; default: the "+
			"configuration's own")
}

// check refuses what doesn't go together.
func (f *reportFlags) check(cmd *cobra.Command) error {
	if f.report == "" {
		if cmd.Flags().Changed("report") {
			return fault.BadInput("--report needs a file or URL")
		}
		if len(f.keys) > 0 {
			return fault.BadInput("--public-key is for --report")
		}
		return nil
	}
	for _, other := range []string{"target", "offline", "fingerprints"} {
		if cmd.Flags().Changed(other) {
			return fault.BadInput("--report and --%s don't go together: a report is checked by its signature alone",
				other)
		}
	}
	return nil
}

// reportVerdict is what `verify --report` found, in the shape of its JSON.
type reportVerdict struct {
	report.Verdict
	Run      string         `json:"run,omitempty"`
	Outcome  report.Outcome `json:"outcome,omitempty"` // of the run: a genuine report can tell of a failure
	SHA256   string         `json:"sha256,omitempty"`
	SignedBy string         `json:"signed_by,omitempty"`
}

// verifyReport checks that a report is what a trusted key signed.
func (a *app) verifyReport(ctx context.Context, f reportFlags, format string) error {
	c, cerr := a.configIfAny(f.report)
	trusted, whose, err := a.trusted(ctx, f.keys, c, cerr)
	if err != nil {
		return err
	}
	files, err := a.reportFiles(ctx, f.report, c, cerr)
	if err != nil {
		return err
	}
	began := time.Now()
	v := &reportVerdict{Verdict: report.Verdict{Target: target.Redact(f.report)}}
	result := &verify.Result{Subject: "report " + target.Redact(files.name)}
	check := func(name string, detail string, err error) error {
		if err != nil {
			detail = err.Error()
		}
		result.Checks = append(result.Checks, verify.Check{Name: name, OK: err == nil, Detail: detail})
		return err
	}
	checked, verdict := signature.Check(files.document, files.signature, trusted...)
	if verdict == nil {
		v.SHA256, v.SignedBy = checked.SHA256, checked.Key.String()
	}
	if check("signature", "good: signed by "+v.SignedBy+", "+whose, verdict) == nil {
		rep, err := report.Parse(checked.Canonical, files.signature)
		if err != nil {
			return fault.Refuse(signature.Gate, "it is signed, but it is no report of refresher")
		}
		v.Run, v.Outcome = rep.Run, rep.Outcome
		if files.run != "" && files.run != rep.Run {
			verdict = check("dataset", "",
				fault.Refuse("dataset", "latest.json names run %s, and the report there is of run "+
					"%s: an older one was put in its place", files.run, rep.Run))
		}
		if files.manifest != nil && verdict == nil {
			n, err := rep.Describes(files.manifest, checked.SHA256)
			verdict = check("dataset",
				fmt.Sprintf("the manifest beside it lists the %d objects that the report describes", n), err)
		}
		if objects, named := report.Attested(files.manifest); named && verdict == nil {
			verdict = check("attestation", fmt.Sprintf("in-toto statement about %d objects", len(objects)),
				report.CheckAttestation(files.attestation, rep.Run, objects, trusted...))
		}
	}
	result.Duration = time.Since(began)
	v.Results, v.Passed = []*verify.Result{result}, verdict == nil
	if err := a.printReportVerdict(v, format); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return verdict
}

func (a *app) printReportVerdict(v *reportVerdict, format string) error {
	switch format {
	case "json":
		return a.json(v)
	case "junit":
		return v.JUnit(a.out)
	case "sarif":
		return v.SARIF(a.out, version)
	}
	for _, r := range v.Results {
		fmt.Fprintln(a.err, r.Subject)
		for _, c := range r.Checks {
			if c.OK {
				fmt.Fprintf(a.err, "  ok    %-10s %s\n", c.Name, c.Detail)
			} else {
				fmt.Fprintf(a.err, "  FAIL  %s\n", c.Name) // the refusal that follows says why
			}
		}
	}
	if v.Passed {
		fmt.Fprintf(a.err, "The report of run %s is genuine. It says that the run was %s.\n", v.Run, v.Outcome)
		fmt.Fprintln(a.err, "The signature is report.json's; a report.html beside it is not covered.")
	}
	return nil
}

// configIfAny reads the configuration without its rules; without an error and
// without a configuration if there is no such file. Of several pipelines it is the one
// with the bucket that where names, or else any that signs as the others do.
func (a *app) configIfAny(where string) (*config.Config, error) {
	if _, err := os.Stat(a.configPath); errors.Is(err, os.ErrNotExist) {
		return nil, fault.BadInput("there is no configuration %s", a.configPath)
	}
	return a.loadConfigOf(where, a.loadSigning)
}

// trusted are the keys whose signature counts, and whose they are, in words.
func (a *app) trusted(ctx context.Context, given []string, c *config.Config,
	cerr error) ([]signature.PublicKey, string, error) {
	if len(given) == 0 {
		if cerr != nil {
			return nil, "", fault.BadInput(
				"whose signature is to be trusted? Give --public-key, or --config of those who sign: %v", cerr)
		}
		s, err := a.signer(ctx, c)
		if err != nil {
			return nil, "", err
		}
		return []signature.PublicKey{s.Public()}, "this configuration's key", nil
	}
	keys, err := publicKeys(given, "--public-key")
	return keys, "the key given", err
}

// publicKeys reads the keys that a flag gives, or the files that hold them.
func publicKeys(given []string, flag string) ([]signature.PublicKey, error) {
	var keys []signature.PublicKey
	for _, text := range given {
		key, err := signature.ParsePublicKey([]byte(text))
		if err != nil {
			file, ferr := os.ReadFile(text)
			if ferr != nil {
				return nil, fault.BadInput(
					"%s is neither a key (32 bytes in base64 or hex) nor a file that can be read", flag)
			}
			if key, err = signature.ParsePublicKey(file); err != nil {
				return nil, fault.BadInput("%s: %v", flag, err)
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// reportFiles are a report's files as they were found.
type reportFiles struct {
	name                string
	document, signature []byte
	manifest            []byte // in a bucket: that of the dataset
	attestation         []byte // in a bucket; nil if there is none
	run                 string // that latest.json names; empty: the files were named themselves
}

// maxReport is the largest report that is read.
const maxReport = 64 << 20

func (a *app) reportFiles(ctx context.Context, where string, c *config.Config, cerr error) (*reportFiles, error) {
	switch {
	case strings.HasPrefix(where, "s3://"), strings.HasPrefix(where, "file:///"):
		return a.reportInBucket(ctx, c, cerr, where)
	case strings.HasPrefix(where, "https://"), strings.HasPrefix(where, "http://"):
		return reportByHTTP(ctx, where)
	}
	if info, err := os.Stat(where); err == nil {
		if info.IsDir() {
			where = filepath.Join(where, report.JSONName)
		}
		return reportOnDisk(where)
	}
	if c != nil && c.Bucket(where) != nil {
		return a.latestReport(ctx, c, c.Bucket(where))
	}
	return nil, fault.BadInput(
		"--report %q is neither a file or folder that can be read, nor an s3://, file:/// or https:// URL, "+
			"nor a bucket of the configuration",
		where,
	)
}

func reportOnDisk(path string) (*reportFiles, error) {
	read := func(path string) ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return limited(f, path)
	}
	doc, err := read(path)
	if err != nil {
		return nil, fault.BadInput("cannot read the report: %v", err)
	}
	sig, err := read(path + signature.Suffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, unsigned(path)
	}
	if err != nil {
		return nil, fault.BadInput("cannot read the report's signature: %v", err)
	}
	return &reportFiles{name: path, document: doc, signature: sig}, nil
}

func unsigned(path string) error {
	return fault.Refuse(signature.Gate, "there is no signature %s beside the report, so nothing says who made it",
		filepath.Base(path)+signature.Suffix)
}

func limited(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err == nil && len(b) > maxReport {
		return nil, fmt.Errorf("%s is far larger than any report", name)
	}
	return b, err
}

func (a *app) reportInBucket(ctx context.Context, c *config.Config, cerr error, url string) (*reportFiles, error) {
	if c == nil {
		if _, err := os.Stat(a.configPath); err == nil {
			return nil, cerr
		}
		c = config.Defaults() // Amazon S3, with the SDK's own credentials
	}
	dir, name := strings.TrimSuffix(url, "/"), report.JSONName
	if strings.HasSuffix(url, ".json") {
		i := strings.LastIndexByte(url, '/')
		dir, name = url[:i], url[i+1:]
	}
	sink, err := a.sink(ctx, c, "report", dir)
	if err != nil {
		return nil, err
	}
	return reportFrom(ctx, sink, "", name, dir+"/"+name)
}

// latestReport is that of the run which a bucket's latest.json names.
func (a *app) latestReport(ctx context.Context, c *config.Config, b *config.Bucket) (*reportFiles, error) {
	sink, err := a.sink(ctx, c, b.Name, b.URL)
	if err != nil {
		return nil, err
	}
	latest, ok, err := sink.Latest(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.Refuse("datasets", "nothing was published under %s yet", b.URL)
	}
	dir := "runs/" + latest.Run + "/"
	f, err := reportFrom(ctx, sink, dir, report.JSONName, strings.TrimSuffix(b.URL, "/")+"/"+dir+report.JSONName)
	if err == nil {
		f.run = latest.Run
	}
	return f, err
}

func reportFrom(ctx context.Context, sink *s3sink.Sink, dir, name, full string) (*reportFiles, error) {
	f := &reportFiles{name: full}
	var ok bool
	var err error
	if f.document, ok, err = sink.Get(ctx, dir+name); err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.BadInput("there is no report at %s", full)
	}
	if f.signature, ok, err = sink.Get(ctx, dir+name+signature.Suffix); err != nil {
		return nil, err
	}
	if !ok {
		return nil, unsigned(name)
	}
	if f.manifest, _, err = sink.Get(ctx, dir+s3sink.ManifestName); err != nil {
		return nil, err
	}
	f.attestation, _, err = sink.Get(ctx, dir+report.AttestationName)
	return f, err
}

// reportByHTTP reads a report and its signature from a web server.
func reportByHTTP(ctx context.Context, url string) (*reportFiles, error) {
	client := &http.Client{Timeout: time.Minute}
	get := func(url string) ([]byte, int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, 0, fault.BadInput("--report is not a URL")
		}
		res, err := client.Do(req)
		if err != nil {
			return nil, 0, errors.New("reading the report: the server can't be reached")
		}
		defer res.Body.Close()
		body, err := limited(res.Body, "it")
		return body, res.StatusCode, err
	}
	path, query, _ := strings.Cut(url, "?")
	signature := path + signature.Suffix
	if query != "" {
		signature += "?" + query
	}
	doc, status, err := get(url)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound:
		return nil, fault.BadInput("there is no report at %s", path)
	case status != http.StatusOK:
		return nil, fmt.Errorf("reading the report: HTTP status %d", status)
	}
	sig, status, err := get(signature)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound:
		return nil, unsigned(path)
	case status != http.StatusOK:
		return nil, fmt.Errorf("reading the report's signature: HTTP status %d", status)
	}
	return &reportFiles{name: path, document: doc, signature: sig}, nil
}
