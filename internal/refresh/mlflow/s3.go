package mlflow

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"refresher/internal/refresh/outbound"
)

// bucket uploads to where the artefacts of a run lie, such as s3://bucket/1/f00/artifacts, as MLflow's own client
// does: with credentials and region of the SDK's chain, at the server of MLFLOW_S3_ENDPOINT_URL, if it is set.
func (c *session) bucket(ctx context.Context, to *url.URL) (upload, error) {
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{}),
		config.WithRetryMaxAttempts(c.retry.Tries)}
	if c.s3IgnoreTLS {
		insecure := func(t *http.Transport) { t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} }
		load = append(load, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(insecure)))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, errors.New("MLflow: the report was not uploaded: the AWS configuration here can't be read")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, errors.New("MLflow: the report was not uploaded: artefacts lie at s3://, and the AWS SDK " +
			"found no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a role")
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if c.s3Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &c.s3Endpoint, true
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired // older servers know no others
		}
	})
	return func(ctx context.Context, name, kind string, content []byte) error {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		key := strings.TrimPrefix(strings.TrimRight(to.Path, "/")+"/"+name, "/")
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &to.Host, Key: &key, ContentType: &kind,
			Body: bytes.NewReader(content)})
		return s3Reason(err)
	}, nil
}

// s3Reason is an error of the SDK without addresses, buckets and keys.
func s3Reason(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" && len(api.ErrorCode()) < 60 &&
		!strings.ContainsFunc(api.ErrorCode(), func(r rune) bool { return r|0x20 < 'a' || r|0x20 > 'z' }) {
		return fmt.Errorf("the S3 server answered %s", api.ErrorCode())
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() != 0 {
		return fmt.Errorf("the S3 server answered %d", answer.HTTPStatusCode())
	}
	return outbound.Reason(err)
}
