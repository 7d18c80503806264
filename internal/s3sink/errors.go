package s3sink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Error is a bucket operation that failed, in words that name the fix.
type Error struct {
	Bucket string
	Op     string // S3 operation, e.g. "PutObject"
	Key    string // object or prefix; empty for the bucket itself
	Code   string // S3 error code, empty if the server did not answer
	Reason string // what happened and what to do
	cause  error  // a cancelled or timed-out context, nothing else
	odd    bool   // the server's answer, not its failure, is what is wrong
	torn   bool   // the object's bytes did not come whole, or don't fit their checksum
}

func (e *Error) Error() string {
	s := fmt.Sprintf("bucket %q: %s", e.Bucket, e.Op)
	if e.Key != "" {
		s += " " + e.Key
	}
	return s + ": " + e.Reason
}

// Unwrap gives the context's error if the operation was cancelled.
func (e *Error) Unwrap() error { return e.cause }

// fail turns an error of the SDK into an *Error. op is used when the SDK does not
// name the operation.
func (s *Sink) fail(err error, op, key string) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Bucket: s.bucket, Op: op, Key: key, Code: code(err)}
	var oe *smithy.OperationError
	if errors.As(err, &oe) {
		e.Op = oe.Operation()
	}
	for _, c := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, c) {
			e.cause, e.Reason = c, c.Error()
			return e
		}
	}
	e.Reason = s.reason(err, e)
	return e
}

// code is the S3 error code, or the HTTP status's name if a response has no body.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var re *awshttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

// notFound: the key does not exist.
func notFound(err error) bool {
	return status(err) == http.StatusNotFound && code(err) != "NoSuchBucket"
}

// conditionFailed: If-Match or If-None-Match did not hold, or another write to the
// key was under way (409). If-Match on a key that is gone is 404 on S3.
func conditionFailed(err error) bool {
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return true
	}
	return notFound(err)
}

func (s *Sink) reason(err error, e *Error) string {
	st := status(err)
	switch e.Code {
	case "NoSuchBucket":
		return s.missingBucket()
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "ExpiredTokenException",
		"TokenRefreshRequired", "XAdminUserNotFound":
		return fmt.Sprintf("the server does not accept the credentials (%s); check AWS_ACCESS_KEY_ID, "+
			"AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile or role", e.Code)
	case "RequestTimeTooSkewed":
		return "this machine's clock differs from the server's by too much; set it right"
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "TemporaryRedirect":
		return fmt.Sprintf("the bucket is in another region than %q or at another endpoint; set the region "+
			"(AWS_REGION) or the endpoint", s.region)
	case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull":
		return "the server is out of space; free some or lower `keep`"
	}
	switch {
	case st == http.StatusForbidden || e.Code == "AccessDenied" || e.Code == "AllAccessDisabled":
		return "access denied; the credentials need " + s.permission(e.Op)
	case st == http.StatusNotFound && e.Key == "":
		return s.missingBucket()
	case st == http.StatusNotImplemented || e.Code == "NotImplemented":
		return "the server does not implement it; an S3 server with multipart uploads and conditional writes is needed"
	case st == http.StatusMovedPermanently:
		return fmt.Sprintf("the bucket is in another region than %q or at another endpoint; set the region "+
			"(AWS_REGION) or the endpoint", s.region)
	case st != 0:
		return fmt.Sprintf("the server answered HTTP %d %s%s", st, e.Code, message(err))
	}
	if errors.Is(err, errTooLarge) {
		return errTooLarge.Error()
	}
	return transport(err)
}

func (s *Sink) missingBucket() string {
	at := "Amazon S3"
	if s.endpoint != "" {
		at = s.endpoint
	}
	return fmt.Sprintf("there is no such bucket at %s; create it or correct the URL", at)
}

// permission names what IAM must grant for an operation.
func (s *Sink) permission(op string) string {
	objects, bucket := "arn:aws:s3:::"+s.bucket+"/"+s.prefix+"*", "arn:aws:s3:::"+s.bucket
	switch op {
	case "GetObject", "HeadObject":
		return "s3:GetObject on " + objects + " and s3:ListBucket on " + bucket
	case "DeleteObject", "AbortMultipartUpload":
		return "s3:" + op + " on " + objects
	case "ListObjectsV2":
		return "s3:ListBucket on " + bucket
	case "ListMultipartUploads":
		return "s3:ListBucketMultipartUploads on " + bucket
	}
	return "s3:PutObject on " + objects
}

func message(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorMessage() == "" {
		return ""
	}
	m := strings.Join(strings.Fields(api.ErrorMessage()), " ")
	return ": " + m[:min(len(m), 200)]
}

// transport describes an error without an answer from the server.
func transport(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var u *url.Error
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("host %q can't be resolved; check the endpoint (with a custom one, path_style: true is "+
			"usual)", dns.Name)
	case errors.As(err, &op):
		return fmt.Sprintf("the server can't be reached (%s); check the endpoint and the network", op.Error())
	case errors.As(err, &u):
		return fmt.Sprintf("the server can't be reached (%s); check the endpoint and the network", u.Err)
	}
	return err.Error()
}
