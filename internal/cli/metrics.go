package cli

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collectors are the figures of the database for /metrics, read when somebody asks.
func (s *service) collectors() []prometheus.Collector {
	pool := func(name, help string, pick func(acquired, idle, most int32) int32) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			return float64(pick(s.db.Stats()))
		})
	}
	return append(s.swept.collectors(),
		pool("cruddur_db_pool_acquired", "Connections in use.", func(acquired, _, _ int32) int32 { return acquired }),
		pool("cruddur_db_pool_idle", "Connections that wait for work.", func(_, idle, _ int32) int32 { return idle }),
		pool("cruddur_db_pool_max", "Connections that there may be.", func(_, _, most int32) int32 { return most }),
		&purgeLag{s},
	)
}

var (
	purgeLagSeconds = prometheus.NewDesc("cruddur_purge_lag_seconds", "For how long the oldest expired row has waited to be deleted.", nil, nil)
	purgeLagRows    = prometheus.NewDesc("cruddur_purge_lag_rows", "Expired rows that are still stored.", nil, nil)
	databaseUp      = prometheus.NewDesc("cruddur_db_up", "1 if the database has answered this scrape.", nil, nil)
)

// purgeLag asks the database itself, so that a sweeper that silently does nothing is seen.
type purgeLag struct{ s *service }

func (p *purgeLag) Describe(ch chan<- *prometheus.Desc) {
	ch <- purgeLagSeconds
	ch <- purgeLagRows
	ch <- databaseUp
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
}
