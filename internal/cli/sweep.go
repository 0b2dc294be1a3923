package cli

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cruddur/internal/sweep"
)

// sweepMetrics are the sweeper's own figures for /metrics; the lag is asked of the database itself, see
// purgeLag.
type sweepMetrics struct {
	rows     *prometheus.CounterVec
	failures *prometheus.CounterVec
	success  *prometheus.GaugeVec
	leader   prometheus.Gauge
}

func newSweepMetrics() *sweepMetrics {
	task := []string{"task"}
	return &sweepMetrics{
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_swept_rows_total", Help: "Expired rows that this process has deleted."}, task),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_sweep_failures_total", Help: "Passes of the sweeper that failed and are tried again."}, task),
		success:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "cruddur_sweep_last_success_timestamp_seconds", Help: "When a pass last deleted all that was over."}, task),
		leader:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "cruddur_sweep_leader", Help: "1 if this process is the one that sweeps."}),
	}
}

func (m *sweepMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.rows, m.failures, m.success, m.leader}
}

// The methods of sweep.Metrics.
var _ sweep.Metrics = &sweepMetrics{}

func (m *sweepMetrics) Deleted(task string, rows int) {
	m.rows.WithLabelValues(task).Add(float64(rows))
}
func (m *sweepMetrics) Failed(task string)       { m.failures.WithLabelValues(task).Inc() }
func (m *sweepMetrics) Lag(int64, time.Duration) {}
func (m *sweepMetrics) Succeeded(task string, at time.Time) {
	m.success.WithLabelValues(task).Set(float64(at.UnixMilli()) / 1000)
}

func (m *sweepMetrics) Leading(yes bool) {
	m.leader.Set(0)
	if yes {
		m.leader.Set(1)
	}
}
