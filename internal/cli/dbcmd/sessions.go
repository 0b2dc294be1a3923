package dbcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

func sessionTable() *terminal.Table {
	return &terminal.Table{Empty: "no sessions", Columns: []terminal.Column{
		{Title: "PID", Right: true},
		{Title: "USER", Least: 8},
		{Title: "DATABASE", Least: 8, Drop: 3},
		{Title: "CLIENT", Least: 9, Drop: 2},
		{Title: "APPLICATION", Least: 10},
		{Title: "STATE", Least: 11, Paint: sessionPaint},
		{Title: "AGE", Right: true},
		{Title: "IN STATE", Right: true, Drop: 4},
		{Title: "WAIT", Least: 6, Drop: 5},
		{Title: "QUERY", Least: 20},
	}}
}

func sessionPaint(state string) string {
	switch {
	case strings.HasPrefix(state, "idle in transaction"):
		return terminal.PaintWarn
	case state == "active":
		return terminal.PaintGood
	}
	return ""
}

func addSession(t *terminal.Table, s dbadmin.Session) {
	t.Add(fmt.Sprint(s.PID), s.User, s.Database, s.Client, s.Application, s.State, terminal.AgeText(s.Age), terminal.AgeText(s.InState), s.Wait, s.Query)
}

// sessionFlags are the flags of cruddur db sessions.
type sessionFlags struct {
	dbadmin.SessionFilter
	watch                time.Duration
	cancel, kill, others bool
}

func (p *group) sessions() action {
	s := &sessionFlags{}
	return action{
		use: "sessions [PID…]", short: "List the sessions, or end them", heading: "db-sessions", most: 100, destroys: true,
		long: `List the sessions of the database, the oldest transaction first: process id, user, database, client,
application, state, age, what it waits for, and its statement.

--cancel ends the statements of the given sessions, --kill the sessions themselves. Without process ids
choose the sessions with --others, --idle-for or --app. Values that this role may not see are shown as hidden.`,
		example: "  cruddur db sessions --watch\n  cruddur db sessions --kill 4711\n  cruddur db sessions --kill --idle-for 10m",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&s.All, "all", false, "include all databases and the server's own processes")
			f.DurationVar(&s.IdleFor, "idle-for", 0, "only sessions that are idle for longer than this")
			f.StringVar(&s.Application, "app", "", "only sessions of this application")
			f.DurationVar(&s.watch, "watch", 0, "repeat at this interval (default 2s)")
			f.Lookup("watch").NoOptDefVal = "2s"
			f.BoolVar(&s.cancel, "cancel", false, "cancel the statements of the chosen sessions")
			f.BoolVar(&s.kill, "kill", false, "end the chosen sessions")
			f.BoolVar(&s.others, "others", false, "choose all sessions except this one")
		},
		run: func(ctx context.Context, r *run, args []string) error { return r.sessions(ctx, *s, args) },
	}
}

func (r *run) sessions(ctx context.Context, s sessionFlags, args []string) error {
	for _, arg := range args {
		pid, err := strconv.ParseInt(arg, 10, 32)
		if err != nil || pid < 1 {
			return command.Exit(command.ExitUsage, fmt.Errorf("%q is not a process id", arg))
		}
		s.PIDs = append(s.PIDs, int32(pid))
	}
	if s.cancel || s.kill {
		return r.endSessions(ctx, s)
	}
	if s.others {
		return command.Exit(command.ExitUsage, errors.New("--others chooses what --kill or --cancel ends"))
	}
	look := func(ctx context.Context) (map[string]any, *terminal.Table, error) {
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
			r.Say("hidden: this role may not see other roles' sessions; to let it, a superuser runs: grant pg_read_all_stats to it")
		}
		return map[string]any{"sessions": list}, t, nil
	}
	return r.watch(ctx, s.watch, look)
}

func (r *run) endSessions(ctx context.Context, s sessionFlags) error {
	switch {
	case s.cancel && s.kill:
		return command.Exit(command.ExitUsage, errors.New("give --cancel or --kill"))
	case len(s.PIDs) == 0 && !s.others && s.IdleFor == 0 && s.Application == "":
		return command.Exit(command.ExitUsage, errors.New("which sessions? give their process ids, --idle-for, --app or --others"))
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
	t := &terminal.Table{Empty: "no session to end", Columns: []terminal.Column{{Title: "PID", Right: true}, {Title: "USER"}, {Title: "APPLICATION", Least: 10}, {Title: "CLIENT"}, {Title: "RESULT", Least: 20}}}
	failed := 0
	for _, one := range results {
		result := done
		if !one.Done {
			result, failed = one.Error, failed+1
		}
		t.Add(fmt.Sprint(one.PID), one.User, one.Application, one.Client, result)
	}
	if err := r.Print(map[string]any{"results": results}, t); err != nil {
		return err
	}
	if failed > 0 {
		return command.Exit(command.ExitFailed, fmt.Errorf("%d of %d were not %s", failed, len(results), done))
	}
	return nil
}

// watch prints the result of look: once, or repeatedly at this interval until Ctrl-C. A terminal is
// repainted; a pipe gets rows that begin with the time, or one JSON document per line.
func (r *run) watch(ctx context.Context, every time.Duration, look func(context.Context) (map[string]any, *terminal.Table, error)) error {
	if every <= 0 {
		document, t, err := look(ctx)
		if err != nil {
			return err
		}
		return r.Print(document, t)
	}
	var quit <-chan struct{}
	if r.Terminal {
		var restore func()
		quit, restore = terminal.QuitKey(r.Stdin)
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
			return command.Exit(command.ExitInterrupted, nil)
		case <-quit:
			return nil
		case <-time.After(every):
		}
	}
}

func (r *run) tick(document map[string]any, t *terminal.Table, every time.Duration, first bool) error {
	now := time.Now().UTC()
	switch {
	case r.JSON:
		document["schema_version"], document["at"] = 1, now
		b, err := json.Marshal(document)
		if err == nil {
			_, err = fmt.Fprintf(r.Out, "%s\n", b)
		}
		return err
	case r.Terminal:
		r.Clear()
		fmt.Fprintf(r.Out, "%s\n\n", terminal.Paint(r.Color, terminal.PaintDim, fmt.Sprintf("every %s on %s, %s UTC; q quits", every, r.admin.Where(), now.Format(time.TimeOnly))))
		return t.Write(r.Output)
	}
	if first {
		fmt.Fprint(r.Out, "TIME\t")
		head := *t
		head.Rows, head.Empty = nil, ""
		if err := head.Write(r.Output); err != nil {
			return err
		}
	}
	for _, row := range t.Rows {
		if _, err := fmt.Fprintf(r.Out, "%s\t%s\n", now.Format(time.RFC3339), strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return nil
}

func (p *group) locks() action {
	var watch time.Duration
	var blocking bool
	return action{
		use: "locks", short: "Who blocks whom, as a tree", heading: "db-locks",
		flags: func(f *pflag.FlagSet) {
			f.DurationVar(&watch, "watch", 0, "repeat at this interval (default 2s)")
			f.Lookup("watch").NoOptDefVal = "2s"
			f.BoolVar(&blocking, "blocking", false, "only sessions that block others and wait for none")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			return r.watch(ctx, watch, func(ctx context.Context) (map[string]any, *terminal.Table, error) {
				list, err := r.admin.Locks(ctx)
				if err != nil {
					return nil, nil, err
				}
				t := &terminal.Table{Empty: "no session waits for a lock", Columns: []terminal.Column{
					{Title: "PID"},
					{Title: "USER", Least: 8},
					{Title: "APPLICATION", Least: 10, Drop: 2},
					{Title: "CLIENT", Least: 8, Drop: 3},
					{Title: "STATE", Least: 11, Paint: sessionPaint},
					{Title: "WAITS", Right: true},
					{Title: "WANTS", Least: 14},
					{Title: "QUERY", Least: 20},
				}}
				shown := []dbadmin.Lock{}
				for _, l := range list {
					if blocking && l.Depth > 0 {
						continue
					}
					shown = append(shown, l)
					pid := fmt.Sprint(l.PID)
					t.Add("", l.User, l.Application, l.Client, l.State, terminal.AgeText(l.Waits), l.Wants, l.Query)
					if l.Depth > 0 {
						pid = strings.Repeat("   ", l.Depth-1) + "└─ " + pid
					}
					t.Rows[len(t.Rows)-1][0] = pid // the tree's indent must not be trimmed
				}
				return map[string]any{"locks": shown}, t, nil
			})
		},
	}
}
