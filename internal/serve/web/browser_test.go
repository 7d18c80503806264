package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"refresher/internal/fault"
	"refresher/internal/serve"
	"refresher/internal/serve/access"
	"refresher/internal/serve/servetest"
)

// browser is a headless Chromium on the site of an engine.
type browser struct {
	*testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	asked    []string // addresses of requests
	problems []string // what the console said
}

// newBrowser starts a Chromium. Where there is none the test is skipped, and says so.
func newBrowser(t *testing.T, e *servetest.Engine) *browser {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("there is no Chromium: scripts/setup-chromium.sh installs it")
	}
	server := httptest.NewUnstartedServer(nil)
	site := newSite(t, e, access.Access{Token: token, Readers: reader})
	server.Config = site.Server()
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = server.Config.Shutdown(context.Background()) })
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-dev-shm-usage", false))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &browser{T: t, ctx: ctx, url: server.URL}
	b.check(chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch event := event.(type) {
		case *network.EventRequestWillBeSent:
			b.asked = append(b.asked, event.Request.URL)
		case *log.EventEntryAdded:
			b.problems = append(b.problems, event.Entry.Text)
		case *runtime.EventExceptionThrown:
			b.problems = append(b.problems, event.ExceptionDetails.Text)
		}
	}))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.check(err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	b.check(err)
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	b.check(chromedp.Do(b.ctx, steps...))
}

func (b *browser) check(err error) {
	b.Helper()
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.Fatalf("%v\nthe page:\n%s", err, text)
	}
}

// eval returns what a script's expression is.
func eval[T any](b *browser, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	b.check(err)
	return v
}

// until waits until a script's expression is true. A page that is left while it is asked is asked
// again.
func (b *browser) until(expression string) {
	b.Helper()
	late := time.Now().Add(20 * time.Second)
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Until(late))))
		if err == nil {
			return
		}
		if time.Now().After(late) || b.ctx.Err() != nil {
			b.check(fmt.Errorf("waiting for %s: %w", expression, err))
		}
	}
}

// sees waits until the page shows a text.
func (b *browser) sees(text string) {
	b.Helper()
	b.until(`document.body.innerText.includes(` + quote(text) + `)`)
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func (b *browser) click(selector string) {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// picture writes what the window shows into the folder of REFRESHER_SCREENSHOTS, if it is set.
func (b *browser) picture(name string) {
	b.Helper()
	folder := os.Getenv("REFRESHER_SCREENSHOTS")
	if folder == "" {
		return
	}
	for suffix, features := range map[string][]*emulation.MediaFeature{"": nil, "-dark": {{Name: "prefers-color-scheme", Value: "dark"}}} {
		for size, width := range map[string]int64{"": 1100, "-phone": 390} {
			if size != "" && suffix != "" {
				continue
			}
			b.media(features)
			b.do(chromedp.EmulateViewport(width, 800))
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			b.check(err)
			if err := os.WriteFile(filepath.Join(folder, name+suffix+size+".png"), png, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.media(nil)
	b.do(chromedp.EmulateViewport(1100, 800))
}

func (b *browser) media(features []*emulation.MediaFeature) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	b.check(err)
}

func (b *browser) logIn() {
	b.Helper()
	b.do(chromedp.Navigate(b.url + "/"))
	b.sees("Token")
	b.picture("login")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name=token]`), token), chromedp.Submit(chromedp.CSS(`form`)))
	b.sees("Newest runs")
}

// A person logs in, starts a run, watches it without loading the page again, opens its report,
// and rolls back.
func TestInABrowser(t *testing.T) {
	e := weeks(time.Now()) // the page says how long ago
	b := newBrowser(t, e)
	b.logIn()
	b.picture("overview")

	b.click("#refresh-experimentation")
	b.do(chromedp.WaitVisible(chromedp.CSS("dialog form.ask")))
	b.sees("Refresh experimentation_staging?")
	b.picture("ask")
	b.click("dialog button.main")
	b.sees("The report is here when the run has ended")
	eval[bool](b, `window.untouched = true`) // goes when the page is loaded again
	e.Change("experimentation", func(p *serve.PipelineState) { p.Running.Progress = halfway() })
	b.sees("public.events")
	b.sees("62 %")
	b.picture("running")
	if !eval[bool](b, `window.untouched === true`) {
		t.Error("the page was loaded again instead of being kept fresh")
	}
	if said := eval[string](b, `document.getElementById("said").textContent`); said != "experimentation: data" {
		t.Errorf("a screen reader is told %q", said)
	}

	run := e.Pipelines(t.Context())[0].Running.ID
	b.do(chromedp.Navigate(b.url + "/"))
	b.sees("62 %")
	b.picture("live")
	b.do(chromedp.Navigate(b.url + "/runs/" + run))
	end := now.Add(time.Hour)
	e.End("experimentation", fault.Done, sampleReport(serve.Run{ID: run, Pipeline: "experimentation", Started: now, Finished: &end,
		Outcome: fault.Done, Rows: 5_900_000, Bytes: 987_000_000}))
	b.sees("Refresh " + run) // the report takes the page's place
	b.picture("report")

	b.do(chromedp.Navigate(b.url + "/pipelines/experimentation"))
	b.sees("Coverage by table")
	b.picture("pipeline")
	b.do(chromedp.Focus(chromedp.CSS("#rollback-experimentation")))
	e.Change("experimentation", func(p *serve.PipelineState) { p.Schedule = "0 4 * * 0, Europe/Berlin" })
	b.sees("0 4 * * 0")
	b.until(`document.activeElement.id === "rollback-experimentation"`) // the focus outlives the change
	b.do(chromedp.KeyEvent("\r"))
	b.do(chromedp.WaitVisible(chromedp.CSS("dialog form.ask")))
	b.sees("Roll back experimentation_staging?")
	b.click("dialog button.main")
	b.sees("Newest runs")
	b.do(chromedp.Navigate(b.url + "/runs"))
	b.sees("Older runs")
	b.picture("runs")
	if got := strings.Join(e.Acts(), ", "); got != "start experimentation by token, rollback experimentation by token" {
		t.Errorf("acts: %s", got)
	}
	b.quiet()
}

// quiet checks that no request left this machine and that the console has no complaint, such as
// of the content security policy.
func (b *browser) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range b.asked {
		if !strings.HasPrefix(address, b.url+"/") {
			b.Errorf("a page asked for %s", address)
		}
	}
	for _, p := range b.problems {
		b.Errorf("the console: %s", p)
	}
}

// Everything works without scripts, too.
func TestWithoutScripts(t *testing.T) {
	e := weeks(now)
	b := newBrowser(t, e)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.check(err)
	at := func(selector string) { b.Helper(); b.do(chromedp.WaitVisible(chromedp.CSS(selector))) }
	b.do(chromedp.Navigate(b.url + "/"))
	at(`input[name=token]`)
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name=token]`), token+"\r"))
	at("#pause-mlflow")
	b.click("#pause-mlflow")
	at("form.ask button")
	b.click("form.ask button")
	at(`#pause-mlflow[href$=resume]`)
	b.click("#refresh-mlflow")
	at("form.ask button")
	b.click("form.ask button")
	at("#cancel-mlflow")
	b.click("#cancel-mlflow")
	at("form.ask button")
	b.click("form.ask button")
	at("#refresh-mlflow")
	if got := strings.Join(e.Acts(), ", "); !strings.HasPrefix(got, "pause mlflow by token, start mlflow by token, cancel ") {
		t.Errorf("acts: %s", got)
	}
}

// The first page waits for nothing before it is painted, is light, and fits a phone. How long the paint takes, beside a
// page of one word on the same machine, is logged: a busy one takes long for both.
func TestFirstPaint(t *testing.T) {
	e := weeks(now)
	b := newBrowser(t, e)
	b.logIn()
	paint := func(path string) float64 {
		b.do(chromedp.Navigate(b.url + path))
		b.until(`performance.getEntriesByName("first-contentful-paint").length > 0`)
		return eval[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
	}
	word, page := paint("/healthz"), paint("/")
	for range 4 {
		word, page = min(word, paint("/healthz")), min(page, paint("/"))
	}
	if blocking := eval[string](b, `performance.getEntriesByType("resource")
		.filter(e => e.renderBlockingStatus === "blocking").map(e => e.name).join(" ")`); blocking != "" {
		t.Errorf("the paint waits for %s", blocking)
	}
	bytes := eval[float64](b, `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
		.reduce((sum, e) => sum + e.decodedBodySize, 0)`)
	t.Logf("first paint after %.0f ms, of a page of one word after %.0f ms; %.0f bytes with all that the page loads", page, word, bytes)
	if bytes > 100_000 {
		t.Errorf("%.0f bytes", bytes)
	}
	for _, path := range []string{"/", "/pipelines/mlflow", "/runs", "/pipelines/mlflow/refresh"} {
		b.do(chromedp.EmulateViewport(360, 740), chromedp.Navigate(b.url+path))
		if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 360 {
			t.Errorf("%s is %d wide on a phone of 360", path, wide)
		}
	}
}
