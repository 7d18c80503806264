package s3sink

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// attempts is how often the SDK sends a request that the server fails or throttles,
	// with growing pauses, where the environment (AWS_MAX_ATTEMPTS) doesn't say.
	attempts = 8
	// reads is how often an object is read whose body breaks off.
	reads = 3
)

// DefaultStall is the longest silence of a server that a request is under way to.
const DefaultStall = 2 * time.Minute

// httpClient is the SDK's, but a connection on which nothing moves ends: the SDK
// itself waits for ever for a body that stops.
func httpClient(stall time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		dial := t.DialContext
		t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &restless{Conn: conn, stall: stall}, nil
		}
	})
}

// restless is a connection that fails when neither side sent anything for a while.
type restless struct {
	net.Conn
	stall time.Duration
	moved atomic.Int64 // bytes written
}

func (c *restless) Read(p []byte) (int, error) {
	for {
		before := c.moved.Load()
		if err := c.SetReadDeadline(time.Now().Add(c.stall)); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(p)
		if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && c.moved.Load() != before {
			continue // a long request is still being sent
		}
		return n, err
	}
}

func (c *restless) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	c.moved.Add(int64(n))
	return n, err
}
