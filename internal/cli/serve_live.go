package cli

import (
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cruddur/internal/api"
	"cruddur/internal/live"
)

// streamMemory is what an open stream takes, in bytes: most of it is the connection's.
const streamMemory = 40 << 10

// newHub returns what tells open pages and programs what is new.
func (s *service) newHub() *live.Hub {
	c := live.Config{
		Store: s.db, Activity: api.AppendActivity, Log: s.log, Metrics: s.streams, Most: s.options.streams, Place: s.place.Forget,
		Hidden: s.feed.Changed, // otherwise the kept page shows for up to a second what another server has hidden
	}
	if s.Getenv("GOMEMLIMIT") == "" {
		// Otherwise many streams would be most of memoryLimit, and the garbage collector would run all the time.
		c.Sized = func(streams int) { debug.SetMemoryLimit(memoryLimit + int64(streams)*streamMemory) }
	}
	return live.New(c)
}

// streamMetrics counts what the hub reports.
type streamMetrics struct {
	open     prometheus.Gauge
	closed   *prometheus.CounterVec
	events   *prometheus.CounterVec
	delay    prometheus.Gauge
	failures prometheus.Counter
}

func newStreamMetrics() *streamMetrics {
	return &streamMetrics{
		open:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "cruddur_streams", Help: "Open streams of events."}),
		closed:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_streams_closed_total", Help: "Streams that have ended: reader (gone), slow or write (did not read), access (signed out), stop, database, head."}, []string{"why"}),
		events:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_stream_events_total", Help: "Events for streams, each counted once for every stream that it was queued for."}, []string{"event"}),
		delay:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "cruddur_stream_poll_delay_seconds", Help: "How long ago the database last answered what is new, at the end of the latest attempt."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cruddur_stream_poll_failures_total", Help: "Failed attempts to ask the database what is new; each is repeated."}),
	}
}

func (m *streamMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.open, m.closed, m.events, m.delay, m.failures}
}

func (m *streamMetrics) Opened() { m.open.Inc() }

func (m *streamMetrics) Closed(why string) {
	m.open.Dec()
	m.closed.WithLabelValues(why).Inc()
}

func (m *streamMetrics) Told(kind string, streams int) {
	m.events.WithLabelValues(kind).Add(float64(streams))
}

func (m *streamMetrics) Polled(behind time.Duration, err error) {
	m.delay.Set(behind.Seconds())
	if err != nil {
		m.failures.Inc()
	}
}
