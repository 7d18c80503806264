package engine

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"refresher/internal/serve"
)

// River's pages are there while the staging server is, and load nothing from elsewhere.
func TestJobsPages(t *testing.T) {
	var pages http.Handler
	s := newService(t, staging(t), "off", done, func(p *Pipeline) { p.Name = "shop" })
	s.stop()
	pages = s.Jobs("/jobs/")
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	if code, list := get("/jobs/"); code != http.StatusOK || !strings.Contains(list, `href="/jobs/shop/"`) {
		t.Errorf("%d %s", code, list)
	}
	if code, _ := get("/jobs/shop/"); code != http.StatusServiceUnavailable {
		t.Errorf("%d without a staging server", code)
	}
	s.again(t)
	s.await(t, "no pages", func(serve.PipelineState) bool { code, _ := get("/jobs/shop/"); return code == http.StatusOK })
	_, index := get("/jobs/shop/")
	assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(index, -1)
	if len(assets) < 2 {
		t.Errorf("the page loads nothing:\n%s", index)
	}
	for _, a := range assets {
		if code, _ := get(a[1]); !strings.HasPrefix(a[1], "/jobs/shop/") || code != http.StatusOK {
			t.Errorf("the page loads %s: %d", a[1], code)
		}
	}
	if code, queues := get("/jobs/shop/api/queues"); code != http.StatusOK || !strings.Contains(queues, `"`+scheduled+`"`) {
		t.Errorf("%d %s", code, queues)
	}
}
