package cli

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collectors returns the database's figures for /metrics; each is read at the scrape.
func (s *service) collectors() []prometheus.Collector {
	pool := func(name, help string, pick func(acquired, idle, most int32) int32) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			return float64(pick(s.db.Stats()))
		})
	}
	return append(s.streams.collectors(),
		pool("cruddur_db_pool_acquired", "Connections in use.", func(acquired, _, _ int32) int32 { return acquired }),
		pool("cruddur_db_pool_idle", "Connections that are idle.", func(_, idle, _ int32) int32 { return idle }),
		pool("cruddur_db_pool_max", "The maximum number of connections.", func(_, _, most int32) int32 { return most }),
		&purgeLag{s},
		s.sweeps.rows, s.sweeps.success, s.sweeps.failures, s.sweeps.leader)
}

var (
	purgeLagSeconds = prometheus.NewDesc("cruddur_purge_lag_seconds", "How long the oldest expired row has waited to be deleted, in seconds.", nil, nil)
	purgeLagRows    = prometheus.NewDesc("cruddur_purge_lag_rows", "Expired rows that are still stored.", nil, nil)
	readOnly        = prometheus.NewDesc("cruddur_db_read_only", "1 if the database refuses writes: a standby, or read-only by its settings.", nil, nil)
	databaseUp      = prometheus.NewDesc("cruddur_db_up", "1 if the database has answered this scrape.", nil, nil)
)

// purgeLag asks the database itself, so that a sweeper that silently does nothing is noticed.
type purgeLag struct{ s *service }

func (p *purgeLag) Describe(ch chan<- *prometheus.Desc) {
	ch <- purgeLagSeconds
	ch <- purgeLagRows
	ch <- databaseUp
	ch <- readOnly
}

func (p *purgeLag) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	rows, lag, err := p.s.db.PurgeLag(ctx, time.Now())
	up := 0.0
	if err == nil {
		up = 1
		ch <- prometheus.MustNewConstMetric(purgeLagSeconds, prometheus.GaugeValue, lag.Seconds())
		ch <- prometheus.MustNewConstMetric(purgeLagRows, prometheus.GaugeValue, float64(rows))
	}
	ch <- prometheus.MustNewConstMetric(databaseUp, prometheus.GaugeValue, up)
	if reason, err := p.s.db.ReadOnly(ctx); err == nil {
		yes := 0.0
		if reason != "" {
			yes = 1
		}
		ch <- prometheus.MustNewConstMetric(readOnly, prometheus.GaugeValue, yes)
	}
}

// sweepMetrics counts what the sweeper reports.
type sweepMetrics struct {
	rows     *prometheus.CounterVec
	success  *prometheus.GaugeVec
	failures *prometheus.CounterVec
	leader   prometheus.Gauge
}

func newSweepMetrics() *sweepMetrics {
	task := []string{"task"}
	return &sweepMetrics{
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_swept_rows_total", Help: "Expired rows that this process has deleted."}, task),
		success:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "cruddur_sweep_last_success_timestamp_seconds", Help: "The time of this process's last complete sweep, in Unix seconds."}, task),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cruddur_sweep_failures_total", Help: "Failed sweeps of this process; each is retried."}, task),
		leader:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "cruddur_sweep_leader", Help: "1 if this process is the one that sweeps."}),
	}
}

func (m *sweepMetrics) Deleted(task string, rows int) {
	m.rows.WithLabelValues(task).Add(float64(rows))
}

func (m *sweepMetrics) Succeeded(task string, at time.Time) {
	m.success.WithLabelValues(task).Set(float64(at.UnixMilli()) / 1000)
}

func (m *sweepMetrics) Failed(task string) { m.failures.WithLabelValues(task).Inc() }

// Lag does nothing: purgeLag asks the database itself at each scrape.
func (m *sweepMetrics) Lag(int64, time.Duration) {}

func (m *sweepMetrics) Leading(yes bool) {
	if yes {
		m.leader.Set(1)
	} else {
		m.leader.Set(0)
	}
}
