package mlflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"refresher/internal/report"
	"refresher/internal/report/signature"
)

// upload stores one file beside the others of a run. kind is its content type.
type upload func(ctx context.Context, name, kind string, content []byte) error

// artefacts uploads the report, its signature and its page to where the run's artefacts lie: through the tracking
// server, or to an S3 server. Otherwise the error says why they aren't there.
func (c *session) artefacts(ctx context.Context, run made, rep *report.Report) error {
	if rep.Signed == nil {
		return nil
	}
	put, err := c.uploads(ctx, run.URI)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := rep.HTML(&page); err != nil {
		return fmt.Errorf("writing the report's page: %w", err)
	}
	for _, f := range []struct {
		name, kind string
		content    []byte
	}{
		{report.JSONName, "application/json", rep.Signed.Document},
		{report.JSONName + signature.Suffix, "application/octet-stream", rep.Signed.Signature},
		{report.HTMLName, "text/html", page.Bytes()},
	} {
		if len(f.content) == 0 {
			continue
		}
		err := put(ctx, f.name, f.kind, f.content)
		if err != nil {
			return fmt.Errorf("MLflow: uploading %s: %w", f.name, err)
		}
	}
	return nil
}

// uploads is the way to a place for artefacts.
func (c *session) uploads(ctx context.Context, uri string) (upload, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "":
		return nil, errors.New("MLflow: the report was not uploaded: the run has no place for artefacts that is a URI")
	case u.Scheme == "mlflow-artifacts":
		return c.proxy(u)
	case u.Scheme == "s3" && u.Host != "":
		return c.bucket(ctx, u)
	}
	return nil, fmt.Errorf("MLflow: the report was not uploaded: artefacts of this experiment lie at %s://, "+
		"and refresher uploads to s3:// and through the tracking server alone (mlflow server --serve-artifacts, "+
		"the default)", u.Scheme)
}

// proxy uploads through the tracking server: of mlflow-artifacts:/1/f00/artifacts the folder there is
// 1/f00/artifacts.
func (c *session) proxy(to *url.URL) (upload, error) {
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(to.Path, "/"), "/") {
		if part == ".." || part == "." {
			return nil, errors.New("MLflow: the report was not uploaded: the path of the run's artefacts is not plain")
		}
		parts = append(parts, url.PathEscape(part))
	}
	folder := "/api/2.0/mlflow-artifacts/artifacts/" + strings.Join(parts, "/") + "/"
	return func(ctx context.Context, name, kind string, content []byte) error {
		_, err := c.retry.Do(ctx, func(ctx context.Context) error {
			return c.once(ctx, http.MethodPut, folder+name, kind, content, nil)
		})
		return err
	}, nil
}
