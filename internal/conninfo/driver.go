package conninfo

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tlsNames are libpq's names for versions of TLS.
var tlsNames = []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

var tlsVersions = map[string]uint16{"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}

// Config returns pgx's configuration of a connection.
func (c *Info) Config() (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(c.driverDSN(false))
	if err != nil {
		return nil, urlError(c.DSN(), err)
	}
	return config, c.translate(config)
}

// PoolConfig returns pgx's configuration of a pool.
func (c *Info) PoolConfig() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(c.driverDSN(true))
	if err != nil {
		return nil, urlError(c.DSN(), err)
	}
	return config, c.translate(config.ConnConfig)
}

// translated are the keywords that Config handles for pgx, which would take them for settings of the server.
var translated = []string{
	"hostaddr", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "fallback_application_name",
	"ssl_min_protocol_version", "ssl_max_protocol_version", "load_balance_hosts",
}

// driverDSN returns the keyword form with the keywords that pgx reads.
func (c *Info) driverDSN(pool bool) string {
	values := map[string]string{}
	for k, v := range c.balanced().values {
		p := parameters[k]
		if (p.driver || pool && p.pool || setting(k)) && !slices.Contains(translated, k) {
			values[k] = v
		}
	}
	if c.values["host"] == "" && c.values["hostaddr"] != "" {
		values["host"] = c.values["hostaddr"]
	}
	return dsn(values)
}

// balanced returns c with its hosts in random order if load_balance_hosts asks for it.
func (c *Info) balanced() *Info {
	hosts := c.hosts()
	if c.values["load_balance_hosts"] != "random" || len(hosts) < 2 {
		return c
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	out := c
	for _, k := range []string{"host", "hostaddr", "port"} {
		list := make([]string, len(hosts))
		for i, h := range hosts {
			list[i] = h.values[k]
		}
		if strings.Trim(strings.Join(list, ""), " ") != "" {
			out = out.With(k, strings.Join(list, ","))
		}
	}
	return out
}

// translate does for pgx what pgx does not do itself.
func (c *Info) translate(config *pgx.ConnConfig) error {
	// pgx reads the environment and the service file once more, and takes every keyword that it does not know
	// for a setting of the server.
	settings := map[string]string{}
	for k, v := range c.values {
		if setting(k) || k == "options" || k == "application_name" {
			settings[k] = v
		}
	}
	if name := c.values["fallback_application_name"]; name != "" && settings["application_name"] == "" {
		settings["application_name"] = name
	}
	config.RuntimeParams = settings
	config.DialFunc = c.Dialer(config.ConnectTimeout).DialContext
	if addresses := c.addresses(); addresses != nil {
		config.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
			if list, ok := addresses[host]; ok {
				return list, nil
			}
			return net.DefaultResolver.LookupHost(ctx, host)
		}
	}
	tlsConfigs := []*tls.Config{config.TLSConfig}
	for _, f := range config.Fallbacks {
		tlsConfigs = append(tlsConfigs, f.TLSConfig)
	}
	least, most := tlsVersions[c.values["ssl_min_protocol_version"]], tlsVersions[c.values["ssl_max_protocol_version"]]
	if least > 0 && most > 0 && least > most {
		return urlError(c.DSN(), errors.New("ssl_min_protocol_version is above ssl_max_protocol_version"))
	}
	for _, t := range tlsConfigs {
		if t == nil {
			continue
		}
		if least > 0 {
			t.MinVersion = least
		}
		if most > 0 {
			t.MaxVersion = most
		}
	}
	return nil
}

// Dialer returns a dialer for TCP connections with the keepalives that c asks for; with the defaults a dead
// peer is noticed after about two minutes.
func (c *Info) Dialer(timeout time.Duration) *net.Dialer {
	d := &net.Dialer{Timeout: timeout}
	if c.values["keepalives"] == "0" {
		d.KeepAlive = -1
		return d
	}
	d.KeepAliveConfig = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}
	for k, to := range map[string]*time.Duration{"keepalives_idle": &d.KeepAliveConfig.Idle, "keepalives_interval": &d.KeepAliveConfig.Interval} {
		if n, err := strconv.Atoi(c.values[k]); err == nil && n > 0 {
			*to = time.Duration(n) * time.Second
		}
	}
	if n, err := strconv.Atoi(c.values["keepalives_count"]); err == nil && n > 0 {
		d.KeepAliveConfig.Count = n
	}
	return d
}

// addresses returns the IP addresses of the host names, or nil if none is given.
func (c *Info) addresses() map[string][]string {
	if c.values["hostaddr"] == "" || c.values["host"] == "" {
		return nil
	}
	out := map[string][]string{}
	for _, one := range c.hosts() {
		if a := one.values["hostaddr"]; a != "" {
			out[one.values["host"]] = append(out[one.values["host"]], a)
		}
	}
	return out
}

// Hosts returns one connection string per host, in the order in which they are to be tried.
func (c *Info) Hosts() []*Info { return c.balanced().hosts() }

func (c *Info) hosts() []*Info {
	lists := map[string][]string{}
	most := 1
	for _, k := range []string{"host", "hostaddr", "port"} {
		lists[k] = strings.Split(c.values[k], ",")
		most = max(most, len(lists[k]))
	}
	if most == 1 {
		return []*Info{c}
	}
	if n := len(lists["host"]); c.values["host"] != "" || n > 1 {
		most = n
	} else {
		most = len(lists["hostaddr"])
	}
	list := make([]*Info, most)
	for i := range list {
		one := &Info{values: maps.Clone(c.values), Dropped: c.Dropped}
		for k, values := range lists {
			v := values[0]
			if len(values) > 1 && i < len(values) {
				v = values[i]
			}
			delete(one.values, k)
			one.set(k, v)
		}
		list[i] = one
	}
	return list
}
