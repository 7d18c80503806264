package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
)

// secretID is the reference to a secret of AWS Secrets Manager.
type secretID struct {
	id    string // name or ARN
	stage string // of the version, such as AWSPREVIOUS; empty: AWSCURRENT
	key   string // of a secret that is a JSON object; empty: all of it
}

// parseSecretID reads SECRET-ID[?stage=STAGE][#KEY]. Neither ? nor # can stand in a name
// (Secrets Manager's API, CreateSecret).
func parseSecretID(ref string) (secretID, error) {
	name, key, _ := strings.Cut(ref, "#")
	name, query, asked := strings.Cut(name, "?")
	values, err := url.ParseQuery(query)
	if name == "" || asked && (err != nil || len(values) != 1 || values.Get("stage") == "") {
		return secretID{}, errors.New("awssm: is written as awssm:NAME-OR-ARN, with ?stage=AWSPREVIOUS for another " +
			"version, and #KEY for one key of a JSON secret")
	}
	return secretID{name, values.Get("stage"), key}, nil
}

// awsConfig is the SDK's own configuration, with the region of an ARN if there is one.
func awsConfig(ctx context.Context, arn string) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if parts := strings.Split(arn, ":"); len(parts) >= 6 && parts[0] == "arn" && parts[3] != "" {
		options = append(options, config.WithRegion(parts[3]))
	}
	return config.LoadDefaultConfig(ctx, options...)
}

// awsSecret is GetSecretValue of AWS Secrets Manager.
func (r request) awsSecret(ctx context.Context, ref string) ([]byte, error) {
	id, err := parseSecretID(ref)
	if err != nil {
		return nil, r.bad("%v", err)
	}
	cfg, err := awsConfig(ctx, id.id)
	if err != nil {
		return nil, r.unreachable(err, "reading AWS configuration for the secret %s", id.id)
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &id.id}
	if id.stage != "" {
		in.VersionStage = &id.stage
	}
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, in)
	if err != nil {
		return nil, r.ofAWS(err, "reading the secret "+id.id+" from AWS Secrets Manager")
	}
	value := out.SecretBinary
	if out.SecretString != nil {
		value = []byte(*out.SecretString)
	}
	if id.key == "" {
		return value, nil
	}
	return r.member(value, id.id, id.key)
}

// Envelope is a data key that AWS KMS encrypted, as GenerateDataKey and
// GenerateDataKeyWithoutPlaintext answer it, and the encryption context it was made with.
type Envelope struct {
	CiphertextBlob    []byte            // base64 in JSON
	KeyId             string            `json:",omitempty"` // ARN: no other key decrypts it, and its region is asked
	EncryptionContext map[string]string `json:",omitempty"`
}

// envelope decrypts an envelope file by AWS KMS. The file is no secret.
func (r request) envelope(ctx context.Context, path string) ([]byte, error) {
	text, err := os.ReadFile(r.path(path))
	if err != nil {
		return nil, r.bad("cannot read the envelope: %v", err)
	}
	var e Envelope
	if err := json.Unmarshal(text, &e); err != nil || len(e.CiphertextBlob) == 0 {
		return nil, r.bad("%s is no envelope: it must be JSON with CiphertextBlob (base64) and, if it was made with "+
			"one, EncryptionContext; refresher keys new --kms makes one", path)
	}
	cfg, err := awsConfig(ctx, e.KeyId)
	if err != nil {
		return nil, r.unreachable(err, "reading AWS configuration for the envelope %s", path)
	}
	in := &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob, EncryptionContext: e.EncryptionContext}
	if e.KeyId != "" {
		in.KeyId = &e.KeyId
	}
	out, err := kms.NewFromConfig(cfg).Decrypt(ctx, in)
	if err != nil {
		return nil, r.ofAWS(err, "decrypting the envelope "+path+" by AWS KMS")
	}
	return out.Plaintext, nil
}

// NewEnvelope has AWS KMS make a data key of 256 bits that only an envelope holds.
func NewEnvelope(ctx context.Context, key string, encryptionContext map[string]string) (Envelope, error) {
	cfg, err := awsConfig(ctx, key)
	if err != nil {
		return Envelope{}, fmt.Errorf("reading AWS configuration for the key %s: %w", key, err)
	}
	size := int32(32)
	out, err := kms.NewFromConfig(cfg).GenerateDataKeyWithoutPlaintext(ctx,
		&kms.GenerateDataKeyWithoutPlaintextInput{KeyId: &key, NumberOfBytes: &size, EncryptionContext: encryptionContext})
	if err != nil {
		return Envelope{}, request{}.ofAWS(err, "making a data key by AWS KMS")
	}
	return Envelope{out.CiphertextBlob, aws.ToString(out.KeyId), encryptionContext}, nil
}

// mistaken are the errors of AWS that a reference or an envelope is to blame for, with what they
// mean.
var mistaken = map[string]string{
	"ResourceNotFoundException":  "there is no such secret or version in that account and region",
	"NotFoundException":          "there is no such key in that account and region",
	"InvalidRequestException":    "the secret is marked for deletion, or has no such version",
	"InvalidCiphertextException": "the ciphertext is damaged, or was made with another encryption context",
	"IncorrectKeyException":      "the ciphertext was made with another key",
}

// ofAWS is an error of an AWS API in one sentence: its code, without the request's details.
func (r request) ofAWS(err error, doing string) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return r.unreachable(err, "%s", doing)
	}
	if text := mistaken[api.ErrorCode()]; text != "" {
		return r.bad("%s: %s (%s)", doing, text, api.ErrorCode())
	}
	return r.unreachable(fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage()), "%s", doing)
}
