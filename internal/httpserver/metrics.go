package httpserver

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics counts requests by the pattern of their route, never by their path: a label must have few values, and a
// client chooses the path.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	mu   sync.Mutex
	kept atomic.Pointer[map[labels]series] // replaced by a larger one, never changed: looking labels up took 1 µs of each request
}

// labels name what a request counts for; there are few of them.
type labels struct {
	method, route string
	status        int
}

// series are the counters of some labels.
type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics(more []prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cruddur_http_requests_total", Help: "Requests answered, by method, route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cruddur_http_request_duration_seconds", Help: "From the request's headers to the end of the answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(more...)
	return m
}

func (m *metrics) observe(r *http.Request, status int, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	s := m.of(labels{method(r.Method), route, status})
	s.requests.Inc()
	s.seconds.Observe(took.Seconds())
}

func (m *metrics) of(l labels) series {
	if known := m.kept.Load(); known != nil {
		if s, ok := (*known)[l]; ok {
			return s
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := series{m.requests.WithLabelValues(l.method, l.route, strconv.Itoa(l.status)), m.seconds.WithLabelValues(l.route)}
	more := map[labels]series{l: s}
	if known := m.kept.Load(); known != nil {
		maps.Copy(more, *known)
	}
	m.kept.Store(&more)
	return s
}
