// Package conninfo reads connection strings of PostgreSQL, URLs and keyword DSNs. It completes them from a service
// file and the environment as libpq does, and checks them against one table of parameters, so that the driver and
// the called programs connect to the same server. It connects to nothing, and never prints a password.
package conninfo

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Info is a parsed connection string, so that its database can be changed and its password hidden without
// editing text. It includes what a service file and the environment add. The zero value is not usable.
type Info struct {
	values  map[string]string // by libpq's keyword
	Dropped []string          // a sentence for each parameter that is left out and should not be left out silently
}

// Parse reads a URL or a keyword DSN with every check of [CheckURL] and pgx's parser. It judges every
// parameter by one table, so that the driver and the called programs connect alike.
func Parse(s string) (*Info, error) {
	if err := CheckURL(s); err != nil {
		return nil, err
	}
	c := &Info{values: map[string]string{}}
	if scheme := schemeRule.FindString(s); scheme != "" { // a DSN's password may hold ://
		c.readURL(s[len(scheme):])
	} else {
		c.readDSN(s)
	}
	err := c.resolve()
	if err == nil {
		err = c.judge()
	}
	if err != nil {
		return nil, cruddur.NewError(cruddur.KindInvalid, "connection_url_invalid").Wrap(err)
	}
	if _, err := pgx.ParseConfig(s); err != nil && !strings.Contains(err.Error(), "failed to read service") {
		return nil, urlError(s, err) // its syntax is wrong
	}
	if _, err := c.PoolConfig(); err != nil {
		return nil, err
	}
	return c, nil
}

// readURL reads the part after the scheme, in libpq's structure; pgx refuses later what is not a URL.
func (c *Info) readURL(rest string) {
	decode := func(s string) string {
		v, err := url.PathUnescape(s)
		if err != nil {
			return s // pgx refuses it
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
}

// splitHosts splits host:port,[::1]:port into a list of hosts and a list of ports.
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

// readDSN reads key = 'value' pairs; pgx refuses later what is not a DSN.
func (c *Info) readDSN(s string) {
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

func (c *Info) set(key, value string) {
	if key == "database" {
		key = "dbname"
	}
	if value != "" {
		c.values[key] = value
	}
}

// Get returns the value of a keyword, or "" if it is not given.
func (c *Info) Get(keyword string) string { return c.values[keyword] }

// With returns a copy with another value; "" removes the keyword.
func (c *Info) With(keyword, value string) *Info {
	copied := &Info{values: maps.Clone(c.values), Dropped: c.Dropped}
	delete(copied.values, keyword)
	copied.set(keyword, value)
	return copied
}

// isSecret reports whether a keyword's value must never be shown or stand on a command line.
func isSecret(keyword string) bool { return parameters[keyword].secret }

// DSN returns the keyword form, with every secret; [Parse] reads it back.
func (c *Info) DSN() string { return dsn(c.values) }

// PublicDSN returns the keyword form for libpq without any secret, for the arguments of a program; the
// password goes into its PGPASSWORD. Settings of the server become part of options.
func (c *Info) PublicDSN() string {
	values := map[string]string{}
	var options []string
	if o := c.values["options"]; o != "" {
		options = append(options, o)
	}
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		switch v := c.values[k]; {
		case setting(k):
			options = append(options, "-c "+optionEscape.Replace(k+"="+v))
		case parameters[k].program && !isSecret(k) && k != "options":
			values[k] = v
		}
	}
	if len(options) > 0 {
		values["options"] = strings.Join(options, " ")
	}
	// Empty values are given too: Debian's psql is a script that fills in the port of a local cluster.
	if values["port"] == "" {
		values["port"] = "5432"
	}
	if config, err := c.Config(); err == nil && values["host"] == "" && values["hostaddr"] == "" {
		values["host"] = config.Host
	}
	return dsn(values)
}

// optionEscape makes a text one word of the parameter options.
var optionEscape = strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t", "\n", "\\\n", "\r", "\\\r", "\v", "\\\v", "\f", "\\\f")

// Needs returns the oldest version of libpq that knows every parameter, and the parameter that requires it;
// "" if every supported version does. An older program cannot do what the parameter promises.
func (c *Info) Needs() (major int, keyword string) {
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		if p := parameters[k]; p.program && p.since > major {
			major, keyword = p.since, k
		}
	}
	return major, keyword
}

// Environment returns libpq's variables for c, name and value, without any secret, sorted by name. rest lists
// the keywords that no variable can express.
func (c *Info) Environment() (variables [][2]string, rest []string) {
	public := &Info{values: map[string]string{}}
	public.readDSN(c.PublicDSN())
	if config, err := c.Config(); err == nil && len(c.hosts()) == 1 {
		for k, v := range map[string]string{"host": config.Host, "port": strconv.Itoa(int(config.Port)), "user": config.User, "dbname": config.Database} {
			public.fill(k, v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(public.values)) {
		if env := parameters[k].env; env != "" {
			variables = append(variables, [2]string{env, public.values[k]})
		} else {
			rest = append(rest, k)
		}
	}
	return variables, rest
}

// Variables returns the names of libpq's environment variables; a program that gets a connection string must
// not see them, because they would add to it.
func Variables() []string {
	list := []string{"PGSERVICE", "PGSERVICEFILE", "PGREQUIRESSL"}
	for _, p := range parameters {
		if p.env != "" {
			list = append(list, p.env)
		}
	}
	slices.Sort(list)
	return list
}

func dsn(values map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(k + "='" + dsnEscape.Replace(values[k]) + "'")
	}
	return b.String()
}

var dsnEscape = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// Masked returns the URL form with every part encoded and every secret replaced, safe to print.
func (c *Info) Masked() string {
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
		case isSecret(k):
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
