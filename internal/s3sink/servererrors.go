package s3sink

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// fail turns an error of the SDK into an *Error. op is used when the SDK does not
// name the operation.
func (s *server) fail(err error, op, key string) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Bucket: s.bucket, Op: op, Key: key, Code: sdkCode(err), status: sdkStatus(err)}
	var oe *smithy.OperationError
	if errors.As(err, &oe) {
		e.Op = oe.Operation()
	}
	if !e.cancelled(err) {
		e.Reason = s.reason(err, e)
	}
	return e
}

// sdkCode is the S3 error code, empty if the response has none.
func sdkCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func sdkStatus(err error) int {
	var re *awshttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

func (s *server) reason(err error, e *Error) string {
	st := e.status
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
		owned := ""
		if s.owner != "" {
			owned = ", and the bucket must belong to account " + s.owner
		}
		return "access denied; the credentials need " + s.permission(e.Op) + owned
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

func (s *server) missingBucket() string {
	at := "Amazon S3"
	if s.endpoint != "" {
		at = s.endpoint
	}
	return fmt.Sprintf("there is no such bucket at %s; create it or correct the URL", at)
}

// permission names what IAM must grant for an operation.
func (s *server) permission(op string) string {
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
