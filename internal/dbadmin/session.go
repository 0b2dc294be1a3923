package dbadmin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
)

// Session is a connection to the server, as pg_stat_activity shows it. Values that our role may not see are
// Hidden.
type Session struct {
	PID         int32         `json:"pid"`
	User        string        `json:"user"`
	Database    string        `json:"database"`
	Client      string        `json:"client"` // address, or socket
	Application string        `json:"application"`
	State       string        `json:"state"`
	Wait        string        `json:"wait"` // type: event, or ""
	Query       string        `json:"query"`
	Age         time.Duration `json:"-"` // since the connection was made
	InState     time.Duration `json:"-"` // since the state last changed
	Transaction time.Duration `json:"-"` // since the transaction began; 0 means that there is none
	AgeMS       int64         `json:"age_ms"`
	InStateMS   int64         `json:"state_ms"`
	XactMS      int64         `json:"transaction_ms"`
	Superuser   bool          `json:"superuser"`
	Own         bool          `json:"own"` // our own connection
}

// Hidden replaces a value that our role may not see.
const Hidden = "hidden"

// SessionFilter chooses sessions; the zero value chooses all clients of the target's database except our own
// session.
type SessionFilter struct {
	All         bool          // of all databases, and the server's own processes
	Application string        // only of this application
	IdleFor     time.Duration // only sessions that are idle for longer
	PIDs        []int32       // only these
}

const sessionColumns = `
	a.pid, coalesce(a.usename, ''), coalesce(a.datname, ''), coalesce(host(a.client_addr), case when a.query = '<insufficient privilege>' then 'hidden' when a.backend_type = 'client backend' then 'socket' else '' end),
	coalesce(a.application_name, ''),
	case when a.query = '<insufficient privilege>' then 'hidden' else coalesce(a.state, a.backend_type, '') end,
	coalesce(a.wait_event_type || ': ' || a.wait_event, ''),
	case when a.query = '<insufficient privilege>' then 'hidden' else coalesce(a.query, '') end,
	coalesce(extract(epoch from clock_timestamp() - a.backend_start), 0)::float8,
	coalesce(extract(epoch from clock_timestamp() - a.state_change), 0)::float8,
	coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::float8,
	coalesce((select r.rolsuper from pg_roles r where r.oid = a.usesysid), false),
	a.pid = pg_backend_pid()`

func scanSession(row pgx.CollectableRow) (s Session, err error) {
	var age, state, xact float64
	err = row.Scan(&s.PID, &s.User, &s.Database, &s.Client, &s.Application, &s.State, &s.Wait, &s.Query, &age, &state, &xact, &s.Superuser, &s.Own)
	s.setTimes(age, state, xact)
	return s, err
}

// setTimes sets the ages, in seconds, of the connection, its state and its transaction.
func (s *Session) setTimes(age, state, xact float64) {
	seconds := func(f float64) time.Duration { return time.Duration(max(f, 0) * float64(time.Second)) }
	s.Age, s.InState, s.Transaction = seconds(age), seconds(state), seconds(xact)
	s.AgeMS, s.InStateMS, s.XactMS = s.Age.Milliseconds(), s.InState.Milliseconds(), s.Transaction.Milliseconds()
}

// Sessions lists sessions, the oldest transaction first.
func (a *Admin) Sessions(ctx context.Context, f SessionFilter) ([]Session, error) {
	conn, err := a.connectOrMaintain(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	return sessions(ctx, conn, a.Database(), f)
}

// connectOrMaintain connects to the target's database or, if it does not exist, to another database of its
// server.
func (a *Admin) connectOrMaintain(ctx context.Context) (*pgx.Conn, error) {
	conn, err := a.Connect(ctx)
	if cruddur.KindOf(err) == cruddur.KindNotFound {
		return a.maintain(ctx)
	}
	return conn, err
}

// isClient is the condition for a client's session in pg_stat_activity, which has the name a. What a session is is hidden
// from roles that may not see it; but only a client has a user, and autovacuum's workers, which come to every
// database at any time, leave by themselves when it is dropped.
const isClient = `case when a.backend_type is null then a.usesysid is not null else a.backend_type = 'client backend' end`

func sessions(ctx context.Context, conn *pgx.Conn, database string, f SessionFilter) ([]Session, error) {
	rows, err := conn.Query(ctx, "select "+sessionColumns+`
		from pg_stat_activity a
		where ($1 or a.datname = $2 and (a.backend_type = 'walsender' or `+isClient+`)) and a.pid <> pg_backend_pid()
			and ($3 = '' or a.application_name = $3)
			and ($4::float8 = 0 or a.state like 'idle%' and extract(epoch from clock_timestamp() - a.state_change) > $4::float8)
		order by a.xact_start nulls last, a.backend_start`, f.All, database, f.Application, f.IdleFor.Seconds())
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanSession)
	if err != nil || len(f.PIDs) == 0 {
		return list, err
	}
	chosen := []Session{}
	for _, pid := range f.PIDs {
		found := false
		for _, s := range list {
			if s.PID == pid {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fail(cruddur.KindNotFound, fmt.Sprintf("there is no session %d of database %s", pid, database), nil, "")
		}
	}
	return chosen, nil
}

// EndResult is the outcome for one session that was to be ended.
type EndResult struct {
	Session
	Done  bool   `json:"done"` // also true if it had already ended
	Error string `json:"error"`
}

// End cancels the statements of sessions, or with kill ends the sessions. A session that our role may not end
// is reported; the others are ended all the same.
func (a *Admin) End(ctx context.Context, list []Session, kill bool) ([]EndResult, error) {
	conn, err := a.connectOrMaintain(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	return end(ctx, conn, list, kill)
}

func end(ctx context.Context, conn *pgx.Conn, list []Session, kill bool) ([]EndResult, error) {
	function := "pg_cancel_backend"
	if kill {
		function = "pg_terminate_backend"
	}
	results := []EndResult{}
	for _, s := range list {
		r := EndResult{Session: s}
		err := conn.QueryRow(ctx, "select "+function+"($1)", s.PID).Scan(new(bool))
		if err != nil {
			if ctx.Err() != nil {
				return results, err
			}
			r.Error = explain(err)
		}
		r.Done = err == nil
		results = append(results, r)
	}
	return results, nil
}

// InUseError lists what keeps a database from being dropped.
type InUseError struct {
	Database string
	Sessions []Session
	Prepared []string // prepared transactions
	Slots    []string // logical replication slots
	Subs     []string // subscriptions
	Next     string
}

// onlyOurs reports whether only sessions of this tool are in the way.
func (e *InUseError) onlyOurs() bool {
	return len(e.Prepared)+len(e.Slots)+len(e.Subs) == 0 && len(e.Sessions) > 0 &&
		!slices.ContainsFunc(e.Sessions, func(s Session) bool { return s.Application != application })
}

// Error lists all of them.
func (e *InUseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "database %s is in use", e.Database)
	for _, s := range e.Sessions {
		fmt.Fprintf(&b, "\n  pid %d, user %s, application %q, from %s, %s, connected for %s", s.PID, s.User, s.Application, s.Client, s.State, s.Age.Round(time.Second))
		if s.Superuser {
			b.WriteString(", a superuser")
		}
	}
	for _, more := range []struct {
		what string
		list []string
	}{{"prepared transaction", e.Prepared}, {"logical replication slot", e.Slots}, {"subscription", e.Subs}} {
		for _, one := range more.list {
			fmt.Fprintf(&b, "\n  %s %s", more.what, one)
		}
	}
	if e.Next != "" {
		b.WriteString("\n" + e.Next)
	}
	return b.String()
}
