package rds

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// State is the outcome of a check. What could not be read is Unknown and never Pass.
type State string

// The states of a finding.
const (
	Pass          State = "PASS"
	Fail          State = "FAIL"
	Warn          State = "WARN"
	NotApplicable State = "N/A"
	Unknown       State = "UNKNOWN"
)

// Severity is the importance of a failed check.
type Severity string

// The severities, lowest first.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

var severities = []Severity{Info, Low, Medium, High, Critical}

// AtLeast reports whether s is as severe as floor. An unknown floor admits nothing.
func (s Severity) AtLeast(floor Severity) bool {
	return slices.Contains(severities, floor) && slices.Index(severities, s) >= slices.Index(severities, floor)
}

// ParseSeverity reads a severity's name.
func ParseSeverity(s string) (Severity, error) {
	if slices.Contains(severities, Severity(s)) {
		return Severity(s), nil
	}
	return "", invalidf("severity %q: want critical, high, medium, low or info", s)
}

// Finding is the outcome of one check of one instance, or of the account.
type Finding struct {
	Check    string   `json:"check"`
	Aliases  []string `json:"aliases"`  // the same control elsewhere: Security Hub (RDS.2), CIS
	Instance string   `json:"instance"` // "" for the account
	Title    string   `json:"title"`
	State    State    `json:"state"`
	Severity Severity `json:"severity"`
	Observed string   `json:"observed"`
	Expected string   `json:"expected"`
	Why      string   `json:"why"`
	Remedy   string   `json:"remedy"`   // a command, or a text if there is none
	Downtime string   `json:"downtime"` // what the remedy interrupts
	Fixable  bool     `json:"fixable"`  // the remedy is immediate and harmless: audit --fix applies it
	// Fingerprint identifies the finding across runs.
	Fingerprint string `json:"fingerprint"`
}

// Report is the outcome of an audit.
type Report struct {
	SchemaVersion int           `json:"schema_version"`
	At            time.Time     `json:"at"`
	Account       string        `json:"account"` // "" where it could not be read
	Region        string        `json:"region"`
	Findings      []Finding     `json:"findings"`
	Counts        map[State]int `json:"counts"`
	// NoInstance is the [Problem] of an audit of every check that found no PostgreSQL instance: only
	// the account was judged. It is nil otherwise.
	NoInstance error `json:"-"`
}

// Failed counts the findings that are FAIL at or above floor.
func (r *Report) Failed(floor Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == Fail && f.Severity.AtLeast(floor) {
			n++
		}
	}
	return n
}

// AuditOptions narrows an audit and adds data that AWS does not have.
type AuditOptions struct {
	Checks          []string // ids or aliases; none means all
	Instances       []string // none means every PostgreSQL instance of the region
	AllowedRegions  []string // for region-lock
	AllowedAccounts []string // that may restore snapshots
	Connection      *Connection
	Database        Inspector // nil: the database itself is not checked
	Lambda          string    // the post-confirmation function's name
	UserPool        string    // the user pool's id, which alone may invoke it
}

// Connection is the content of the application's connection URL, without its secrets.
type Connection struct {
	Host, User, SSLMode string
}

// Inspector reads the database itself; package dbadmin or postgres implements it.
type Inspector interface {
	Inspect(ctx context.Context) (*DatabaseFacts, error)
}

// DatabaseFacts is the data for the checks in-database and app-not-master.
type DatabaseFacts struct {
	Superusers     []string // login roles that are superusers or members of rds_superuser
	SchemaChangers []string // other login roles that may create in the schema public without owning it
	NoExpiry       []string // other login roles with a password, not a token, that is good for ever
}

// subject is the object of a check: one instance, or the account if db is nil.
type subject struct {
	c       *Client
	db      *types.DBInstance
	view    Instance
	opts    *AuditOptions
	memo    map[string]any // answers that several instances share
	all     []types.DBInstance
	account string // "" where it could not be read
}

// result is a check's verdict. severity, if set, overrides the table's; remedy does too, if the remedy depends on
// what was found.
type result struct {
	state    State
	observed string
	severity Severity
	remedy   string
}

// cure sets the remedy of this verdict; placeholders such as {id} are filled in as in the table.
func (r result) cure(remedy string) result {
	r.remedy = remedy
	return r
}

func pass(observed string) result { return result{state: Pass, observed: observed} }
func fail(observed string) result { return result{state: Fail, observed: observed} }
func warn(observed string) result { return result{state: Warn, observed: observed} }
func none(reason string) result   { return result{state: NotApplicable, observed: reason} }

// silent returns the verdict for a field that is missing in AWS's answer.
func silent(field string) result {
	return result{state: Unknown, observed: "AWS's answer has no " + field}
}

// unread returns the verdict for a failed call, with its reason.
func unread(err error) result {
	return result{state: Unknown, observed: "could not be read: " + reason(err)}
}

// reason returns an error in one line, shortened if its code says everything.
func reason(err error) string {
	err = explain("", err)
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return oneLine(strings.TrimPrefix(err.Error(), ": "))
	}
	text, more := strings.TrimPrefix(p.What, ": "), p.Why
	if p.Code != "" {
		more = message(p.Err)
	}
	if denied(p.Code) || more == "" || strings.Contains(text, more) {
		more = ""
	}
	switch {
	case text == "":
		text = more
	case more != "":
		text += ": " + more
	}
	if text == "" {
		text = "no reason was given"
	}
	return oneLine(text)
}

// denied reports whether a code means a missing permission; the text already names the permission.
func denied(code string) bool {
	s, ok := sayingOf(code)
	return ok && strings.Contains(s.what, "{action}")
}

func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}

// memoized runs read once per audit and key.
func memoized[T any](s *subject, key string, read func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	if a, ok := s.memo[key].(answer); ok {
		return a.value, a.err
	}
	v, err := read()
	s.memo[key] = answer{v, err}
	return v, err
}

// Audit runs the checks. Checks of the account run with or without an instance. An audit of nothing is an error, not
// a pass.
func (c *Client) Audit(ctx context.Context, o AuditOptions) (*Report, error) {
	chosen, err := chooseChecks(o.Checks)
	if err != nil {
		return nil, err
	}
	all, found, err := c.auditTargets(ctx, o.Instances)
	if err != nil {
		return nil, err
	}
	r := &Report{SchemaVersion: 1, At: c.Now().UTC().Truncate(time.Second), Region: c.cfg.Region, Findings: []Finding{}, Counts: map[State]int{}}
	if len(found) == 0 && slices.ContainsFunc(chosen, func(k Check) bool { return !k.account }) {
		r.NoInstance = c.noInstance(all)
		if !slices.ContainsFunc(chosen, func(k Check) bool { return k.account }) {
			return nil, r.NoInstance
		}
	}
	if account, _, err := c.Account(ctx); err == nil {
		r.Account = account
	}
	memo := map[string]any{}
	for _, db := range found {
		s := &subject{c: c, db: &db, view: view(&db), opts: &o, memo: memo, all: all, account: r.Account}
		for _, k := range chosen {
			if !k.account {
				r.add(ctx, k, s)
			}
		}
	}
	for _, k := range chosen {
		if k.account {
			r.add(ctx, k, &subject{c: c, opts: &o, memo: memo, all: all, account: r.Account})
		}
	}
	return r, ctx.Err()
}

// auditTargets returns the instances found in the region, of every engine, and those of them that are judged. With
// names, both are the named ones.
func (c *Client) auditTargets(ctx context.Context, ids []string) (all, found []types.DBInstance, err error) {
	if len(ids) == 0 {
		if all, err = c.everyInstance(ctx); err != nil {
			return nil, nil, err
		}
		return all, onlyPostgres(all), nil
	}
	for _, id := range ids {
		i, err := c.instance(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if err := refuseEngine(i); err != nil {
			return nil, nil, err
		}
		found = append(found, *i)
	}
	return found, found, nil
}

func (r *Report) add(ctx context.Context, k Check, s *subject) {
	v := k.verdict(ctx, s)
	f := Finding{
		Check: k.ID, Aliases: k.Aliases, Title: k.Title, State: v.state, Severity: k.Severity, Observed: v.observed,
		Expected: k.Expected, Why: k.Why, Downtime: k.Downtime, Fingerprint: r.Account + "/" + r.Region + "/" + k.ID,
	}
	if f.Aliases == nil {
		f.Aliases = []string{}
	}
	if v.severity != "" {
		f.Severity = v.severity
	}
	if s.db != nil {
		f.Instance = s.view.ID
		f.Fingerprint += "/" + f.Instance
	}
	if v.state == Fail || v.state == Warn {
		f.Remedy = k.remedy(s, v)
		f.Fixable = k.fix != nil && v.state == Fail && !needsStart(s, f.Remedy)
	}
	r.Findings = append(r.Findings, f)
	r.Counts[v.state]++
}

// verdict runs the check, unless the setting belongs to the instance's cluster.
func (k Check) verdict(ctx context.Context, s *subject) result {
	if s.db != nil && s.db.DBClusterIdentifier != nil && k.clusters {
		return none("a member of the cluster " + aws.ToString(s.db.DBClusterIdentifier) + ", which this setting belongs to; AWS refuses it on a member")
	}
	return k.run(ctx, s)
}

// Fix applies the remedy of a finding that is Fixable.
func (c *Client) Fix(ctx context.Context, f Finding) error {
	for _, k := range Checks() {
		if k.ID == f.Check && k.fix != nil {
			if err := k.fix(ctx, c, f.Instance); err != nil {
				return explain("fix "+f.Check+" of "+f.Instance, err)
			}
			return nil
		}
	}
	return invalidf("%s has no remedy that is immediate and harmless", f.Check)
}

// chooseChecks finds checks by id or alias, without regard to case.
func chooseChecks(names []string) ([]Check, error) {
	if len(names) == 0 {
		return Checks(), nil
	}
	var chosen []Check
	for _, k := range Checks() {
		if slices.ContainsFunc(names, k.named) {
			chosen = append(chosen, k)
		}
	}
	for _, n := range names {
		if !IsCheck(n) {
			return nil, invalidf("no check is called %q; cruddur rds audit --list shows them", n)
		}
	}
	return chosen, nil
}

// IsCheck reports whether name is the id or an alias of a check.
func IsCheck(name string) bool {
	return slices.ContainsFunc(Checks(), func(k Check) bool { return k.named(name) })
}

func (k Check) named(name string) bool {
	return strings.EqualFold(k.ID, name) || slices.ContainsFunc(k.Aliases, func(a string) bool { return strings.EqualFold(a, name) })
}
