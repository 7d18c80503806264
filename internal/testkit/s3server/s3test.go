// Package s3server runs S3 servers for tests and the demo.
//
// [Fake] is rclone's gofakes3 in this process, in memory: nothing to install,
// for unit tests and the demo. [Versity] is a separate versitygw process on a
// temporary folder: a full server that checks signatures, checksums and
// conditions, for what must hold in production. [MinIO], where its program is installed,
// is another, which also encrypts. [Rclone], also where it is installed, serves a folder by
// gofakes3 with a storage of its own behind it. [Kinds] lists them, so that one suite of tests runs
// against each.
//
// They listen on 127.0.0.1 without TLS, in region us-east-1, with path-style
// addresses, and honour If-Match and If-None-Match on PutObject and
// CompleteMultipartUpload: a condition that doesn't hold is 412
// PreconditionFailed, also for all but one of racing writers; If-Match on a key
// that doesn't exist is 404 NoSuchKey. Amazon S3 may also answer 409
// ConditionalRequestConflict to racing writers, which neither of these does.
package s3server

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/watchdog"
)

// Env names the variable that overrides where versitygw is looked for.
const Env = "REFRESHER_VERSITYGW"

// MinIOEnv names the variable that overrides where minio is looked for.
const MinIOEnv = "REFRESHER_MINIO"

// RcloneEnv names the variable that overrides where rclone is looked for.
const RcloneEnv = "REFRESHER_RCLONE"

// Region of every server.
const Region = "us-east-1"

// Server is one running S3 server.
type Server struct {
	Endpoint  string // http://127.0.0.1:PORT
	AccessKey string
	SecretKey string

	once sync.Once
	stop func()
}

// Stop ends the server and removes what it stored. Calling it again does nothing.
func (s *Server) Stop() { s.once.Do(s.stop) }

// Env is what the AWS SDK's default chain needs to reach the server, as
// environment variables; the user's own AWS files are left out.
func (s *Server) Env() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID":           s.AccessKey,
		"AWS_SECRET_ACCESS_KEY":       s.SecretKey,
		"AWS_SESSION_TOKEN":           "",
		"AWS_REGION":                  Region,
		"AWS_ENDPOINT_URL":            s.Endpoint,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
}

// Client is an SDK client for the server, with path-style addresses.
func (s *Server) Client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(s.Endpoint),
		Region:       Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
}

// CreateBucket makes an empty bucket.
func (s *Server) CreateBucket(ctx context.Context, name string) error {
	if _, err := s.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		return fmt.Errorf("creating bucket %s: %w", name, err)
	}
	return nil
}

// Kind is a way to get a server.
type Kind struct {
	Name  string
	Start func(context.Context) (*Server, error)
}

// Kinds are all of them: the in-process fake, versitygw, and in long tests MinIO and rclone, where
// they are installed.
func Kinds() []Kind {
	kinds := []Kind{{"gofakes3", Fake}, {"versitygw", Versity}}
	if _, err := find(MinIOEnv, "minio"); err == nil && longform.Asked() {
		kinds = append(kinds, Kind{"minio", MinIO})
	}
	if _, err := find(RcloneEnv, "rclone"); err == nil && longform.Asked() {
		kinds = append(kinds, Kind{"rclone", Rclone})
	}
	return kinds
}

// TB is what New needs of testing.TB.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// New starts a server that ends with the test.
func New(t TB, k Kind) *Server {
	t.Helper()
	s, err := k.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

const (
	accessKey = "refresher-test"
	secretKey = "refresher-test-secret"
)

// Fake starts rclone's gofakes3 in this process. Its objects live in memory.
func Fake(context.Context) (*Server, error) {
	fake := gofakes3.New(s3mem.New(), gofakes3.WithV4Auth(map[string]string{accessKey: secretKey}),
		gofakes3.WithoutVersioning())
	srv := httptest.NewServer(oneAtATime(fake.Server()))
	return &Server{Endpoint: srv.URL, AccessKey: accessKey, SecretKey: secretKey, stop: srv.Close}, nil
}

// oneAtATime lets only one conditional write in: gofakes3 checks a condition and
// stores the object in two steps, between which another writer could come.
func oneAtATime(next http.Handler) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut || r.Method == http.MethodPost {
			mu.Lock()
			defer mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// Versity starts the versitygw program, found at $REFRESHER_VERSITYGW, in
// .cache/bin of the repository that holds the working directory, or in PATH, on
// a temporary folder. Like a test cluster, it doesn't survive its owner.
func Versity(ctx context.Context) (*Server, error) {
	return program(ctx, Env, "versitygw", "/health", func(dir, addr string) ([]string, []string, error) {
		for _, sub := range []string{"buckets", "meta"} {
			if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
				return nil, nil, err
			}
		}
		args := []string{"--port", addr, "--region", Region, "--health", "/health", "--keep-alive", "--quiet",
			"posix", "--sidecar", filepath.Join(dir, "meta"),
			filepath.Join(dir, "buckets")} // a sidecar needs no extended attributes
		return args, []string{"ROOT_ACCESS_KEY_ID=" + accessKey, "ROOT_SECRET_ACCESS_KEY=" + secretKey}, nil
	})
}

// MinIO starts the minio program, found as versitygw is ($REFRESHER_MINIO), on a temporary
// folder, with a key of its own to encrypt objects with.
func MinIO(ctx context.Context) (*Server, error) {
	return program(ctx, MinIOEnv, "minio", "/minio/health/cluster", func(dir, addr string) ([]string, []string, error) {
		return []string{"server", "--quiet", "--address", addr, filepath.Join(dir, "data")},
			[]string{"MINIO_ROOT_USER=" + accessKey, "MINIO_ROOT_PASSWORD=" + secretKey, "MINIO_REGION=" + Region,
				"MINIO_CI_CD=on", "MINIO_UPDATE=off", "MINIO_BROWSER=off", "MINIO_SITE_REGION=" + Region,
				"MINIO_KMS_SECRET_KEY=test:" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "HOME=" + dir}, nil
	})
}

// Rclone starts `rclone serve s3` on a temporary folder; rclone is found as versitygw is ($REFRESHER_RCLONE).
func Rclone(ctx context.Context) (*Server, error) {
	return program(ctx, RcloneEnv, "rclone", "/", func(dir, addr string) ([]string, []string, error) {
		data := filepath.Join(dir, "data")
		return []string{"serve", "s3", "--addr", addr, "--auth-key", accessKey + "," + secretKey, data},
			[]string{"RCLONE_CONFIG=" + os.DevNull, "HOME=" + dir}, os.Mkdir(data, 0o700)
	})
}

// program starts a server on a temporary folder; setup says with which arguments and
// variables.
func program(ctx context.Context, env, name, health string,
	setup func(dir, addr string) (args, vars []string, err error)) (*Server, error) {
	path, err := find(env, name)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s, err := start(ctx, path, health, setup)
		if err == nil {
			return s, nil
		}
		if try == 3 || ctx.Err() != nil { // else the port may have been taken meanwhile
			return nil, fmt.Errorf("starting %s: %w", name, err)
		}
	}
}

func start(ctx context.Context, path, health string,
	setup func(dir, addr string) (args, vars []string, err error)) (*Server, error) {
	dir, err := os.MkdirTemp("", "refresher-s3-")
	if err != nil {
		return nil, err
	}
	dog, err := watchdog.New(dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		dog.Release()
		return nil, err
	}
	args, vars, err := setup(dir, addr)
	if err != nil {
		dog.Release()
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append(withoutServers(os.Environ()), vars...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		dog.Release()
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		dog.Release()
		return nil, err
	}
	dog.Watch(cmd.Process.Pid)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // how it ended is in its log
		dog.Watch(0)
	}()
	stop := func() {
		_ = cmd.Process.Kill() // it keeps nothing worth an orderly end
		<-done
		dog.Release()
	}
	s := &Server{Endpoint: "http://" + addr, AccessKey: accessKey, SecretKey: secretKey, stop: stop}
	if err := s.awaitHealth(ctx, health, done); err != nil {
		text, _ := os.ReadFile(log.Name())
		stop()
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	return s, nil
}

// awaitHealth returns when the server answers, or is gone.
func (s *Server) awaitHealth(ctx context.Context, health string, done <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+health, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode < http.StatusInternalServerError {
				return nil // rclone has no path that needs no key: 403
			}
		}
		select {
		case <-done:
			return fmt.Errorf("it ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("it doesn't answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func find(env, name string) (string, error) {
	if own := os.Getenv(env); own != "" {
		if _, err := exec.LookPath(own); err != nil {
			return "", fmt.Errorf("%s: %w", env, err)
		}
		return own, nil
	}
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if path, err := exec.LookPath(filepath.Join(dir, ".cache", "bin", name)); err == nil {
				return path, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s was not found; run make setup, or set %s to its path", name, env)
	}
	return path, nil
}

// withoutServers drops settings of servers that the user may run.
func withoutServers(env []string) []string {
	theirs := []string{"VGW_", "ROOT_", "MINIO_", "RCLONE_", "LOGFILE=", "WEBHOOK="}
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		return slices.ContainsFunc(theirs, func(prefix string) bool { return strings.HasPrefix(kv, prefix) })
	})
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
