package mlflow

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"refresher/internal/fault"
	"refresher/internal/testkit/mlflowserver"
	"refresher/internal/testkit/s3server"
)

// Artefacts that lie at s3:// are uploaded there, to the server of MLFLOW_S3_ENDPOINT_URL, with the credentials of the
// AWS SDK's chain. What that server refuses is said without its address, and the run is logged nevertheless.
func TestArtefactsInABucket(t *testing.T) {
	for _, kind := range s3server.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			bucket := s3server.New(t, kind)
			for name, value := range bucket.Env() {
				t.Setenv(name, value)
			}
			t.Setenv("AWS_ENDPOINT_URL", "")
			if err := bucket.CreateBucket(t.Context(), "models"); err != nil {
				t.Fatal(err)
			}
			at := &mlflowserver.Server{Root: "s3://models/mlflow/"}
			s := serving(t, at, "MLFLOW_S3_ENDPOINT_URL", bucket.Endpoint)
			if err := s.Log(t.Context(), ended("one", fault.Done)); err != nil {
				t.Fatal(err)
			}
			run := at.Runs()[0]
			for name, want := range map[string]string{"report.json": `{"run":"one"}`, "report.json.sig": "signed", "report.html": "<html"} {
				got, err := bucket.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("models"),
					Key: aws.String("mlflow/" + run.Experiment + "/" + run.ID + "/artifacts/" + name)})
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(got.Body)
				if err != nil || !strings.Contains(string(content), want) {
					t.Errorf("%s: %q, %v", name, content, err)
				}
			}
			at.Root = "s3://hunter2/"
			err := s.Log(t.Context(), ended("two", fault.Done))
			if err == nil || !strings.HasSuffix(err.Error(), "MLflow: uploading report.json: the S3 server answered NoSuchBucket") {
				t.Errorf("a bucket that isn't there: %v", err)
			}
			if r := at.Runs()[1]; r.Status != "FINISHED" || r.Metrics["rows"] != 7 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Without credentials, or with a server that isn't there, it is said what is missing.
func TestBucketsOutOfReach(t *testing.T) {
	for name, value := range (&s3server.Server{}).Env() {
		t.Setenv(name, value)
	}
	s := serving(t, &mlflowserver.Server{Root: "s3://models/"}, "MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:1")
	if err := s.Log(t.Context(), ended("r", fault.Done)); err == nil || !strings.Contains(err.Error(), "the AWS SDK found no credentials") {
		t.Errorf("%v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "hunter2")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	s = serving(t, &mlflowserver.Server{Root: "s3://models/"}, "MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:1",
		"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
	err := s.Log(t.Context(), ended("r", fault.Done))
	if err == nil || !strings.HasSuffix(err.Error(), "uploading report.json: connection refused") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
