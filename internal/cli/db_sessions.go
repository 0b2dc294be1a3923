package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/dbadmin"
)

func sessionTable() *table {
	return &table{empty: "no sessions", columns: []column{
		{title: "PID", right: true},
		{title: "USER", least: 8},
		{title: "DATABASE", least: 8, drop: 3},
		{title: "CLIENT", least: 9, drop: 2},
		{title: "APPLICATION", least: 10},
		{title: "STATE", least: 11, paint: sessionPaint},
		{title: "AGE", right: true},
		{title: "IN STATE", right: true, drop: 4},
		{title: "WAIT", least: 6, drop: 5},
		{title: "QUERY", least: 20},
	}}
}

func sessionPaint(state string) string {
	switch {
	case strings.HasPrefix(state, "idle in transaction"):
		return paintWarn
	case state == "active":
		return paintGood
	}
	return ""
}

func addSession(t *table, s dbadmin.Session) {
	t.add(fmt.Sprint(s.PID), s.User, s.Database, s.Client, s.Application, s.State, ageText(s.Age), ageText(s.InState), s.Wait, s.Query)
}

// sessionFlags are those of cruddur db sessions.
type sessionFlags struct {
	dbadmin.SessionFilter
	watch                time.Duration
	cancel, kill, others bool
}

func (p *program) dbSessions() dbSpec {
	s := &sessionFlags{}
	return dbSpec{
		use: "sessions [PID…]", short: "Who is connected, and what each of them does", heading: "db-sessions", most: 100, destroys: true,
		long: `Who is connected to the database, the oldest transaction first: process id, user, database, client,
application, state, age, what it waits for, and its statement.

--cancel ends the statements of the given sessions, --kill the sessions themselves. Without process ids
they need --others, --idle-for or --app to choose by. What this role may not see is shown as hidden.`,
		example: "  cruddur db sessions --watch\n  cruddur db sessions --kill 4711\n  cruddur db sessions --kill --idle-for 10m",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&s.All, "all", false, "of every database, and the server's own processes")
			f.DurationVar(&s.IdleFor, "idle-for", 0, "only those idle for longer")
			f.StringVar(&s.Application, "app", "", "only those of this application")
			f.DurationVar(&s.watch, "watch", 0, "again and again, every so often")
			f.Lookup("watch").NoOptDefVal = "2s"
			f.BoolVar(&s.cancel, "cancel", false, "cancel the statements of the chosen sessions")
			f.BoolVar(&s.kill, "kill", false, "end the chosen sessions")
			f.BoolVar(&s.others, "others", false, "choose all but our own")
		},
		run: func(ctx context.Context, r *dbRun, args []string) error { return r.sessions(ctx, *s, args) },
	}
}

func (r *dbRun) sessions(ctx context.Context, s sessionFlags, args []string) error {
	for _, arg := range args {
		pid, err := strconv.ParseInt(arg, 10, 32)
		if err != nil || pid < 1 {
			return exitWith(exitUsage, fmt.Errorf("%q is no process id", arg))
		}
		s.PIDs = append(s.PIDs, int32(pid))
	}
	if s.cancel || s.kill {
		return r.endSessions(ctx, s)
	}
	if s.others {
		return exitWith(exitUsage, errors.New("--others chooses what --kill or --cancel ends"))
	}
	look := func(ctx context.Context) (map[string]any, *table, error) {
		list, err := r.admin.Sessions(ctx, s.SessionFilter)
		if err != nil {
			return nil, nil, err
		}
		t, hidden := sessionTable(), false
		for _, one := range list {
			addSession(t, one)
			hidden = hidden || one.State == dbadmin.Hidden
		}
		if hidden {
			r.say("hidden: this role may not see what others do; a superuser can: grant pg_read_all_stats to it")
		}
		return map[string]any{"sessions": list}, t, nil
	}
	return r.watch(ctx, s.watch, look)
}

func (r *dbRun) endSessions(ctx context.Context, s sessionFlags) error {
	switch {
	case s.cancel && s.kill:
		return exitWith(exitUsage, errors.New("give --cancel or --kill"))
	case len(s.PIDs) == 0 && !s.others && s.IdleFor == 0 && s.Application == "":
		return exitWith(exitUsage, errors.New("which sessions? give their process ids, --idle-for, --app or --others"))
	}
	if s.kill && s.others {
		if _, err := r.consent(ctx, "end every other session of", false); err != nil {
			return err
		}
	}
	list, err := r.admin.Sessions(ctx, s.SessionFilter)
	if err != nil {
		return err
	}
	r.while("some of the %d sessions may have been told to stop already", len(list))
	results, err := r.admin.End(ctx, list, s.kill)
	if err != nil {
		return err
	}
	done := "cancelled"
	if s.kill {
		done = "ended"
	}
	t := &table{empty: "no session to end", columns: []column{{title: "PID", right: true}, {title: "USER"}, {title: "APPLICATION", least: 10}, {title: "CLIENT"}, {title: "RESULT", least: 20}}}
	failed := 0
	for _, one := range results {
		result := done
		if !one.Done {
			result, failed = one.Error, failed+1
		}
		t.add(fmt.Sprint(one.PID), one.User, one.Application, one.Client, result)
	}
	if err := r.print(map[string]any{"results": results}, t); err != nil {
		return err
	}
	if failed > 0 {
		return exitWith(exitFailed, fmt.Errorf("%d of %d were not %s", failed, len(results), done))
	}
	return nil
}

// watch shows what look finds: once, or every so often until Ctrl-C. A terminal is repainted; a pipe
// gets rows with the time in front, or one JSON document a line.
func (r *dbRun) watch(ctx context.Context, every time.Duration, look func(context.Context) (map[string]any, *table, error)) error {
	if every <= 0 {
		document, t, err := look(ctx)
		if err != nil {
			return err
		}
		return r.print(document, t)
	}
	var quit <-chan struct{}
	if r.terminal {
		var restore func()
		quit, restore = quitKey(r.program.stdin)
		defer restore()
	}
	for first := true; ; first = false {
		document, t, err := look(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			if err := r.tick(document, t, every, first); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
			return exitWith(exitInterrupted, nil)
		case <-quit:
			return nil
		case <-time.After(every):
		}
	}
}

func (r *dbRun) tick(document map[string]any, t *table, every time.Duration, first bool) error {
	now := time.Now().UTC()
	switch {
	case r.json:
		document["schema_version"], document["at"] = 1, now
		b, err := json.Marshal(document)
		if err == nil {
			_, err = fmt.Fprintf(r.out, "%s\n", b)
		}
		return err
	case r.terminal:
		r.clear()
		fmt.Fprintf(r.out, "%s\n\n", paint(r.color, paintDim, fmt.Sprintf("every %s on %s, %s UTC; q ends it", every, r.admin.Where(), now.Format(time.TimeOnly))))
		return t.write(r.output)
	}
	if first {
		fmt.Fprint(r.out, "TIME\t")
		head := *t
		head.rows, head.empty = nil, ""
		if err := head.write(r.output); err != nil {
			return err
		}
	}
	for _, row := range t.rows {
		if _, err := fmt.Fprintf(r.out, "%s\t%s\n", now.Format(time.RFC3339), strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) dbLocks() dbSpec {
	var watch time.Duration
	var blocking bool
	return dbSpec{
		use: "locks", short: "Who blocks whom, as a tree", heading: "db-locks",
		flags: func(f *pflag.FlagSet) {
			f.DurationVar(&watch, "watch", 0, "again and again, every so often")
			f.Lookup("watch").NoOptDefVal = "2s"
			f.BoolVar(&blocking, "blocking", false, "only those that block others and wait for nobody")
		},
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			return r.watch(ctx, watch, func(ctx context.Context) (map[string]any, *table, error) {
				list, err := r.admin.Locks(ctx)
				if err != nil {
					return nil, nil, err
				}
				t := &table{empty: "nobody waits for a lock", columns: []column{
					{title: "PID"},
					{title: "USER", least: 8},
					{title: "APPLICATION", least: 10, drop: 2},
					{title: "CLIENT", least: 8, drop: 3},
					{title: "STATE", least: 11, paint: sessionPaint},
					{title: "WAITS", right: true},
					{title: "WANTS", least: 14},
					{title: "QUERY", least: 20},
				}}
				shown := []dbadmin.Lock{}
				for _, l := range list {
					if blocking && l.Depth > 0 {
						continue
					}
					shown = append(shown, l)
					pid := fmt.Sprint(l.PID)
					t.add("", l.User, l.Application, l.Client, l.State, ageText(l.Waits), l.Wants, l.Query)
					if l.Depth > 0 {
						pid = strings.Repeat("   ", l.Depth-1) + "└─ " + pid
					}
					t.rows[len(t.rows)-1][0] = pid // a tree's indent is not to be cleaned away
				}
				return map[string]any{"locks": shown}, t, nil
			})
		},
	}
}
