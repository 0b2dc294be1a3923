package rds

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// Caller is a program that connects to a database, such as a Lambda function.
type Caller struct {
	URL     string   // its connection URL, with cruddur_auth and cruddur_secret
	Subnets []string // where it runs; empty: outside of any VPC
	Groups  []string // its security groups
}

// Reach is an assessment of a caller's network path to its database, made from the configuration only. The texts hold
// no secret, and each says what to do.
type Reach struct {
	Instance string   // the instance that the URL names, or ""
	Resource string   // its DbiResourceId
	User     string   // the database role if the caller signs in with IAM, else ""
	Secret   string   // the secret that holds the password, or ""
	Problems []string // what keeps the caller from the database
	Unknown  []string // what could not be judged, and why
	Warnings []string // what works now but may fail later
}

func (r *Reach) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Reach) unknown(format string, args ...any) {
	r.Unknown = append(r.Unknown, fmt.Sprintf(format, args...))
}

// Reach judges whether a caller can reach its database: the URL, the instance that it names and its state, the
// security groups of both sides, and the routes between them. It only reads. What could not be read is in Unknown.
func (c *Client) Reach(ctx context.Context, from Caller) *Reach {
	r := new(Reach)
	if strings.TrimSpace(from.URL) == "" {
		r.problem("its environment has no CONNECTION_URL: it does not know its database (cruddur lambda deploy --url …)")
		return r
	}
	target, err := ParseURL(from.URL)
	if err != nil {
		r.problem("its CONNECTION_URL cannot be used: %s (cruddur lambda deploy --url …)", oneLine(err.Error()))
		return r
	}
	if target.IAM {
		r.User = target.User
	}
	r.Secret = target.Secret
	places, ok := placesOf(target.URL)
	if !ok {
		r.unknown("its CONNECTION_URL is not one that can be read from here: want postgresql://user@host:port/database")
		return r
	}
	w := &way{c: c, from: from, Reach: r, target: target, subject: &subject{c: c, memo: map[string]any{}}}
	w.place(ctx)
	for _, p := range places {
		w.server(ctx, p)
	}
	return r
}

// endpoint is a host and a port of a connection URL.
type endpoint struct{ host, port string }

// placesOf reads the hosts of a URL, as libpq does: hosts in the query override those of the address.
func placesOf(raw string) ([]endpoint, bool) {
	rest, found := strings.CutPrefix(raw, "postgresql://")
	if !found {
		if rest, found = strings.CutPrefix(raw, "postgres://"); !found {
			return nil, false
		}
	}
	address, query, _ := strings.Cut(rest, "?")
	address, _, _ = strings.Cut(address, "/")
	address = address[strings.LastIndexByte(address, '@')+1:]
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, false
	}
	var places []endpoint
	for part := range strings.SplitSeq(address, ",") {
		p := endpoint{host: part}
		if at := strings.LastIndexByte(part, ':'); at > strings.LastIndexByte(part, ']') {
			p = endpoint{part[:at], part[at+1:]}
		}
		p.host = strings.Trim(p.host, "[]")
		if text, err := url.PathUnescape(p.host); err == nil {
			p.host = text
		}
		places = append(places, p)
	}
	if hosts := values.Get("host"); hosts != "" {
		last := places[0].port
		places = nil
		for h := range strings.SplitSeq(hosts, ",") {
			places = append(places, endpoint{h, last})
		}
	}
	if ports := strings.Split(values.Get("port"), ","); ports[0] != "" {
		for i := range places {
			places[i].port = ports[min(i, len(ports)-1)]
		}
	}
	for i := range places {
		places[i].host = strings.TrimSuffix(strings.ToLower(places[i].host), ".")
		if places[i].port == "" {
			places[i].port = "5432"
		}
	}
	return places, true
}

// way is one assessment of the path from a caller to its database.
type way struct {
	*Reach
	c       *Client
	from    Caller
	target  *Target
	subject *subject
	vpc     string            // the caller's VPC; "" if it is outside of any or unknown
	subnets []ec2query.Subnet // the caller's existing subnets
	stuck   bool              // the caller's location could not be read, or does not exist
}

// server judges one host of the URL.
func (w *way) server(ctx context.Context, at endpoint) {
	switch at.host {
	case "", "localhost", "127.0.0.1", "::1", "0.0.0.0":
		w.problem("its CONNECTION_URL names no host beyond the function itself (cruddur lambda deploy --url …)")
		return
	}
	if strings.HasPrefix(at.host, "/") || strings.HasPrefix(at.host, "@") {
		w.problem("its CONNECTION_URL names a socket, %s, and there is no database inside a function (cruddur lambda deploy --url …)", at.host)
		return
	}
	all, err := w.c.everyInstance(ctx)
	if err != nil {
		w.unknown("the instances of %s could not be read: %s", w.c.Region(), reason(err))
		return
	}
	for _, i := range all {
		if i.Endpoint != nil && strings.EqualFold(aws.ToString(i.Endpoint.Address), at.host) {
			w.instance(ctx, &i, at.port)
			return
		}
	}
	region := hostRegion(at.host)
	switch {
	case region == "":
		w.unknown("%s is not the address of an instance of %s: whether it answers cannot be said from here", at.host, w.c.Region())
	case region != w.c.Region():
		w.unknown("%s is in %s, and only %s was looked at", at.host, region, w.c.Region())
	case strings.Contains(at.host, ".cluster-") || strings.Contains(at.host, ".proxy-"):
		w.unknown("%s is the address of a cluster or a proxy, which this command does not judge yet", at.host)
	default:
		w.problem("no instance has the address %s: it was deleted or renamed (cruddur rds status lists what there is; then cruddur lambda deploy --url …)", at.host)
	}
}

// answering are the states in which an instance accepts connections normally.
var answering = []string{
	"available", "backing-up", "storage-optimization", "storage-config-upgrade", "storage-initialization",
	"configuring-enhanced-monitoring", "configuring-iam-database-auth", "configuring-log-exports",
}

// speaking are the engines that use PostgreSQL's protocol.
var speaking = []string{enginePostgres, "aurora-postgresql"}

func (w *way) instance(ctx context.Context, i *types.DBInstance, port string) {
	v := view(i)
	w.Instance, w.Resource = v.ID, aws.ToString(i.DbiResourceId)
	switch {
	case v.Status == "stopped":
		w.problem("the instance %s is stopped (cruddur rds start %s)", v.ID, v.ID)
	case v.Status == "deleting":
		w.problem("the instance %s is being deleted (cruddur rds status)", v.ID)
	case v.Status == "":
		w.unknown("AWS's answer does not say in which state %s is", v.ID)
	case v.Broken():
		w.problem("the instance %s is %s: %s (%s)", v.ID, v.Status, brokenWhy(v.Status), brokenNext(v.Status, v.ID))
	case !slices.Contains(answering, v.Status):
		w.problem("the instance %s is %s, and may not answer until that is over (cruddur rds wait %s)", v.ID, v.Status, v.ID)
	}
	if !slices.Contains(speaking, v.Engine) {
		w.problem("the instance %s is of %s, not of PostgreSQL (cruddur lambda deploy --url …)", v.ID, orDash(v.Engine))
	}
	if w.target.IAM && !v.IAM {
		w.problem("IAM authentication is off for %s, and the URL asks for it (cruddur rds modify %s --enable-iam-database-authentication --apply-immediately)", v.ID, v.ID)
	}
	if v.Port == 0 {
		w.unknown("AWS's answer has no port of %s", v.ID)
		return
	}
	if port != fmt.Sprint(v.Port) {
		w.problem("the URL names the port %s, and %s listens on %d (cruddur rds url %s prints the right one; then cruddur lambda deploy --url …)", port, v.ID, v.Port, v.ID)
	}
	if w.stuck {
		return
	}
	w.network(ctx, i, &v)
}
