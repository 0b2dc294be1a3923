package postgres

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ConnInfo is a connection string taken apart, so that its database can be another one and its
// password need not be shown, without surgery on text. The zero value is not usable.
type ConnInfo struct {
	values  map[string]string // by libpq's keyword
	Dropped []string          // parameters of other tools that PostgreSQL would refuse
}

// foreign are parameters that other tools put into a URL; PostgreSQL takes them for settings and
// refuses the connection.
var foreign = []string{
	"schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size",
	"sslaccept", "sslidentity", "prepared_statements", "pool", "supa", "ssl_mode",
}

// ParseConnInfo reads a URL or a keyword DSN with every check of [CheckURL] and pgx's parser.
func ParseConnInfo(s string) (*ConnInfo, error) {
	if err := CheckURL(s); err != nil {
		return nil, err
	}
	if _, err := pgx.ParseConfig(s); err != nil {
		return nil, urlError(s, err)
	}
	c := &ConnInfo{values: map[string]string{}}
	if scheme := schemeRule.FindString(s); scheme != "" { // a DSN's password may hold ://
		if err := c.readURL(s[len(scheme):]); err != nil {
			return nil, err
		}
	} else {
		c.readDSN(s)
	}
	for _, name := range foreign {
		if _, ok := c.values[name]; ok {
			delete(c.values, name)
			c.Dropped = append(c.Dropped, name)
		}
	}
	return c, nil
}

// readURL reads what follows the scheme, in libpq's structure; pgx has already accepted it.
func (c *ConnInfo) readURL(rest string) error {
	decode := func(s string) string {
		v, err := url.PathUnescape(s)
		if err != nil {
			return s // pgx would have refused it
		}
		return v
	}
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
		user, password, has := strings.Cut(rest[:i], ":")
		c.set("user", decode(user))
		if has {
			c.set("password", decode(password))
		}
		rest = rest[i+1:]
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	hosts, ports := splitHosts(rest[:end])
	c.set("host", decode(hosts))
	if strings.Trim(ports, ",") != "" {
		c.set("port", decode(ports))
	}
	path, query, _ := strings.Cut(rest[end:], "?")
	c.set("dbname", decode(strings.TrimPrefix(path, "/")))
	for pair := range strings.SplitSeq(query, "&") {
		if k, v, ok := strings.Cut(pair, "="); ok {
			c.set(decode(k), decode(v))
		}
	}
	if c.values["ssl"] == "true" {
		delete(c.values, "ssl")
		c.set("sslmode", "require")
	}
	return nil
}

// splitHosts makes two lists of host:port,[::1]:port.
func splitHosts(s string) (hosts, ports string) {
	var hs, ps []string
	for one := range strings.SplitSeq(s, ",") {
		host, port := one, ""
		if inner, after, ok := strings.Cut(one, "]"); ok && strings.HasPrefix(inner, "[") {
			host, port = inner[1:], strings.TrimPrefix(after, ":")
		} else if h, p, ok := strings.Cut(one, ":"); ok {
			host, port = h, p
		}
		hs, ps = append(hs, host), append(ps, port)
	}
	return strings.Join(hs, ","), strings.Join(ps, ",")
}

// readDSN reads key = 'value' pairs; pgx has already accepted them.
func (c *ConnInfo) readDSN(s string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		key, rest, ok := strings.Cut(s, "=")
		if !ok {
			return
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		quoted := strings.HasPrefix(rest, "'")
		if quoted {
			rest = rest[1:]
		}
		var b strings.Builder
		i := 0
		for ; i < len(rest); i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			} else if quoted && rest[i] == '\'' || !quoted && strings.IndexByte(" \t\r\n", rest[i]) >= 0 {
				break
			}
			b.WriteByte(rest[i])
		}
		c.set(strings.TrimSpace(key), b.String())
		s = rest[min(i+1, len(rest)):]
	}
}

func (c *ConnInfo) set(key, value string) {
	if key == "database" {
		key = "dbname"
	}
	if value != "" {
		c.values[key] = value
	}
}

// Get returns one keyword's value, "" where it is not given.
func (c *ConnInfo) Get(keyword string) string { return c.values[keyword] }

// With returns a copy with another value; "" takes the keyword away.
func (c *ConnInfo) With(keyword, value string) *ConnInfo {
	copied := &ConnInfo{values: maps.Clone(c.values), Dropped: c.Dropped}
	delete(copied.values, keyword)
	copied.set(keyword, value)
	return copied
}

// secretKeywords are never shown and never on a command line.
var secretKeywords = []string{"password", "sslpassword"}

// DSN is the keyword form that pgx and libpq read, with every secret.
func (c *ConnInfo) DSN() string { return c.dsn(false) }

// PublicDSN is the keyword form without any secret, fit for the arguments of a program; the password
// goes there in PGPASSWORD.
func (c *ConnInfo) PublicDSN() string { return c.dsn(true) }

func (c *ConnInfo) dsn(public bool) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		if public && slices.Contains(secretKeywords, k) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(k + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(c.values[k]) + "'")
	}
	return b.String()
}

// Config is what pgx makes of it.
func (c *ConnInfo) Config() (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(c.DSN())
	if err != nil {
		return nil, urlError(c.DSN(), err)
	}
	return config, nil
}

// Masked is the URL form with every part encoded and every secret replaced, fit to be printed.
func (c *ConnInfo) Masked() string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	var b strings.Builder
	b.WriteString("postgresql://")
	host, socket := c.values["host"], strings.HasPrefix(c.values["host"], "/") || c.values["host"] == ""
	if user := c.values["user"]; user != "" && !socket {
		b.WriteString(escape(user))
		if c.values["password"] != "" {
			b.WriteString(":xxxxx")
		}
		b.WriteByte('@')
	}
	if !socket {
		b.WriteString(joinHosts(host, c.values["port"]))
	}
	b.WriteString("/" + escape(c.values["dbname"]))
	sign := "?"
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		v := c.values[k]
		switch {
		case k == "dbname", !socket && (k == "host" || k == "port" || k == "user" || k == "password"):
			continue
		case slices.Contains(secretKeywords, k):
			v = "xxxxx"
		}
		b.WriteString(sign + escape(k) + "=" + strings.ReplaceAll(escape(v), "%2F", "/"))
		sign = "&"
	}
	return b.String()
}

func joinHosts(hosts, ports string) string {
	hs, ps := strings.Split(hosts, ","), strings.Split(ports, ",")
	for i, h := range hs {
		if strings.Contains(h, ":") {
			h = "[" + h + "]"
		}
		port := ps[0]
		if len(ps) > 1 && i < len(ps) {
			port = ps[i]
		}
		if port != "" {
			h += ":" + port
		}
		hs[i] = h
	}
	return strings.Join(hs, ",")
}

// Hosts is one connection string per host, in the order in which libpq tries them.
func (c *ConnInfo) Hosts() []*ConnInfo {
	hosts, ports := strings.Split(c.values["host"], ","), strings.Split(c.values["port"], ",")
	if len(hosts) == 1 {
		return []*ConnInfo{c}
	}
	list := make([]*ConnInfo, len(hosts))
	for i, host := range hosts {
		port := ports[0]
		if len(ports) > 1 && i < len(ports) {
			port = ports[i]
		}
		list[i] = c.With("host", host).With("port", port)
	}
	return list
}
