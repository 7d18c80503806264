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

// artefacts uploads the report, its signature and its page through the tracking server, if it passes
// artefacts on. Otherwise the error says why they aren't there.
func (c *session) artefacts(ctx context.Context, run made, rep *report.Report) error {
	if rep.Signed == nil {
		return nil
	}
	folder, err := proxied(run.URI)
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
		_, err := c.retry.Do(ctx, func(ctx context.Context) error {
			path := "/api/2.0/mlflow-artifacts/artifacts/" + folder + "/" + f.name
			return c.once(ctx, http.MethodPut, path, f.kind, f.content, nil)
		})
		if err != nil {
			return fmt.Errorf("MLflow: uploading %s: %w", f.name, err)
		}
	}
	return nil
}

// proxied is the path of a run's artefacts on the server, escaped: of mlflow-artifacts:/1/f00/artifacts
// it is 1/f00/artifacts.
func proxied(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" {
		return "", errors.New("MLflow: the report was not uploaded: the run has no place for artefacts that is a URI")
	}
	if u.Scheme != "mlflow-artifacts" {
		return "", fmt.Errorf("MLflow: the report was not uploaded: artefacts of this experiment lie at %s://, "+
			"and refresher uploads through the tracking server alone (mlflow server --serve-artifacts, the default)",
			u.Scheme)
	}
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		if part == ".." || part == "." {
			return "", errors.New("MLflow: the report was not uploaded: the path of the run's artefacts is not plain")
		}
		parts = append(parts, url.PathEscape(part))
	}
	return strings.Join(parts, "/"), nil
}
