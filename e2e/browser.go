package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a Chromium for many tests; each test has its own incognito window in it.
type browser struct {
	programs []string // its names; the first that is found
	once     sync.Once
	ctx      context.Context
	cancel   context.CancelFunc
	err      error
}

// chromium is the whole browser; headless is its engine without windows, in which a new one costs a fifth. Where that
// cannot be had, the whole browser does it all.
var (
	chromium = browser{programs: []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}}
	headless = browser{programs: append([]string{"chromium-headless-shell"}, chromium.programs...)}
)

// whole are the tests of what the engine alone has not: a list of pages that are kept as they were left, apps.
var whole = map[string]bool{"TestBackPostsOnce": true, "TestInstallable": true}

func (r *browser) find() (string, error) {
	for _, name := range r.programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium found; on Debian and Ubuntu: sudo apt-get install chromium")
}

func (r *browser) start() {
	path, err := r.find()
	if err != nil {
		r.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("headless", "new"),
		chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"),
		chromedp.WSURLReadTimeout(2*time.Minute), // a cold start beside a whole test run
		chromedp.Env("TZ=Europe/Berlin", "LANG=en_GB.UTF-8"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	r.ctx = ctx
	r.cancel = func() { stop(); stopAllocator() }
	r.err = chromedp.Do(ctx)
}

// stop ends the Chromium, if a test has started it.
func (r *browser) stop() {
	if r.cancel != nil {
		r.cancel()
	}
}

// tab is a separate window, with its own cookies and storage.
type tab struct {
	t   testing.TB
	ctx context.Context
	url string // of the server

	mu       sync.Mutex
	problems []string // errors in the console, requests that were refused
	allowed  []string // substrings of problems that a test expects
}

// width and height of the two screens that every page is looked at on.
var screens = map[string][2]int64{"desk": {1280, 900}, "phone": {390, 844}}

// offline are the tests whose windows have a service worker.
var offline = map[string]bool{
	"TestInstallable": true, "TestOfflinePage": true, "TestNextReaderFindsNothing": true, "TestOutbox": true,
	"TestOutboxRefused": true, "TestUpdate": true, "TestFetchedAhead": true,
}

// newTab opens a window on a server. Console errors fail the test when it ends.
func newTab(t testing.TB, url string) *tab {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	r := &headless
	if whole[test] {
		r = &chromium
	}
	r.once.Do(r.start)
	if r.err != nil {
		t.Fatal(r.err)
	}
	ctx, stop := chromedp.NewContext(r.ctx, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, url: url}
	var listeners sync.WaitGroup
	listen(b, &listeners, log.EntryAdded, func(e log.EventEntryAdded) string {
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			return e.Entry.Text + " " + e.Entry.URL
		}
		return ""
	})
	listen(b, &listeners, runtime.ConsoleAPICalled, func(e runtime.EventConsoleAPICalled) string {
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			return fmt.Sprintf("console: %v", e.Args)
		}
		return ""
	})
	listen(b, &listeners, runtime.ExceptionThrown, func(e runtime.EventExceptionThrown) string {
		return (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error()
	})
	b.run()
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	if !offline[test] {
		// Each window has a worker of its own, and what it fetches at first would be a third of the work of all these tests.
		call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "delete Navigator.prototype.serviceWorker"})
	}
	b.screen("desk", "dark")
	t.Cleanup(func() {
		stop()
		listeners.Wait()
		for _, p := range b.problems {
			t.Errorf("browser: %s", p)
		}
	})
	return b
}

// listen records the problems from one kind of event, until the window closes.
func listen[E any](b *tab, wg *sync.WaitGroup, event cdp.Event[E], problem func(E) string) {
	events := chromedp.Events(b.ctx, event)
	wg.Go(func() {
		for e, err := range events {
			if err != nil {
				return
			}
			if p := problem(e); p != "" {
				b.note(p)
			}
		}
	})
}

// call sends one command of the DevTools protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, command, params)
	})
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return r
}

func (b *tab) note(problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.allowed {
		if strings.Contains(problem, a) {
			return
		}
	}
	b.problems = append(b.problems, problem)
}

// allow accepts problems with this text, because the test expects them.
func (b *tab) allow(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, text)
}

// patience is the time limit for each action, on a busy machine.
const patience = 30 * time.Second

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	// The first run starts the window and ties its life to the context, so it has no time limit.
	ctx := b.ctx
	if len(actions) > 0 {
		limited, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		ctx = limited
	}
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to a path of the server and waits until the page is complete.
func (b *tab) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.url + path))
}

// screen sets the window to the size of a desktop or a phone, and the system to light or dark.
func (b *tab) screen(name, scheme string) {
	b.t.Helper()
	b.resize(screens[name][0], screens[name][1], name == "phone")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// size sets the window to a phone of this size.
func (b *tab) size(width, height int64) { b.t.Helper(); b.resize(width, height, true) }

func (b *tab) resize(width, height int64, mobile bool) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: mobile,
	})
}

// scripts switches JavaScript on or off for the pages that are opened from now on.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// cookie puts a cookie into the window, as if the server had set it.
func (b *tab) cookie(name, value string) {
	b.t.Helper()
	call(b, network.SetCookie, network.SetCookieParams{
		Name: name, Value: value, URL: b.url, HTTPOnly: new(true), SameSite: network.CookieSameSiteLax,
	})
}

// keys types; the names of special keys are those of the package kb.
func (b *tab) keys(text string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(text, options...))
}

// press is one key of one letter as a keyboard sends it: what the page does with the key going down
// decides whether a letter is typed.
func (b *tab) press(key string) {
	b.t.Helper()
	code := int64(strings.ToUpper(key)[0])
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeChar, input.DispatchKeyEventTypeKeyUp} {
		e := input.DispatchKeyEventParams{Type: kind, Key: key, WindowsVirtualKeyCode: code, NativeVirtualKeyCode: code}
		if kind == input.DispatchKeyEventTypeChar {
			e.Text, e.UnmodifiedText = key, key
		}
		call(b, input.DispatchKeyEvent, e)
	}
}

// eval returns the value of a JavaScript expression.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for a JavaScript expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if !b.soon(expression, patience) {
		b.t.Fatalf("never true: %s\n%s", expression, eval[string](b, `location.href + "\n" + document.body.innerText`))
	}
}

// soon reports whether a JavaScript expression becomes true within a time; a page that is being left is
// asked again.
func (b *tab) soon(expression string, within time.Duration) bool {
	b.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(25 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		cancel()
		if ok && err == nil {
			return true
		}
		if time.Now().After(deadline) {
			if err != nil {
				b.t.Logf("%s: %v", expression, err)
			}
			return false
		}
	}
}
