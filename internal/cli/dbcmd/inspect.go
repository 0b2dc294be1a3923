package dbcmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

func (p *group) slow() action {
	var n int
	var by string
	var reset bool
	return action{
		use: "slow", short: "The most expensive statements (pg_stat_statements)", heading: "db-slow",
		flags: func(f *pflag.FlagSet) {
			f.IntVarP(&n, "number", "n", 10, "how many statements")
			f.StringVar(&by, "by", "total", "sort by total, mean, calls or io")
			f.BoolVar(&reset, "reset", false, "reset the statistics")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			if reset {
				if err := r.admin.SlowReset(ctx); err != nil {
					return err
				}
				r.note("reset", true)
				r.Say("the statistics were reset")
				return nil
			}
			list, err := r.admin.Slow(ctx, n, by)
			if err != nil {
				return err
			}
			t := &terminal.Table{Empty: "no statements yet", Columns: []terminal.Column{
				{Title: "TOTAL", Right: true},
				{Title: "SHARE", Right: true},
				{Title: "CALLS", Right: true},
				{Title: "MEAN", Right: true},
				{Title: "MAX", Right: true, Drop: 2},
				{Title: "ROWS", Right: true, Drop: 3},
				{Title: "IO", Right: true, Drop: 1},
				{Title: "HIT", Right: true, Drop: 4},
				{Title: "USER", Least: 8, Drop: 5},
				{Title: "QUERY", Least: 30},
			}}
			for _, s := range list {
				t.Add(msText(s.Total), percent(&s.Share), terminal.NumberText(s.Calls), msText(s.Mean), msText(s.Max), terminal.NumberText(s.Rows), msText(s.IO), percent(&s.Cached), s.User, s.Query)
			}
			return r.Print(map[string]any{"statements": list}, t)
		},
	}
}

func msText(ms float64) string {
	switch {
	case ms >= 60_000:
		return terminal.AgeText(time.Duration(ms) * time.Millisecond)
	case ms >= 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

func percent(ratio *float64) string {
	if ratio == nil {
		return ""
	}
	return fmt.Sprintf("%.1f%%", *ratio*100)
}

func (p *group) size() action {
	return action{
		use: "size [tables|indexes|database]", short: "Disk space of each table, index or database", heading: "db-size", most: 1,
		run: func(ctx context.Context, r *run, args []string) error {
			what := "tables"
			if len(args) > 0 {
				what = args[0]
			}
			switch what {
			case "tables", "table":
				return r.tableSizes(ctx)
			case "indexes", "index":
				return r.indexes(ctx, false)
			case "database", "databases":
				return r.databaseSizes(ctx)
			}
			return command.Exit(command.ExitUsage, fmt.Errorf("size of %q: want tables, indexes or database", what))
		},
	}
}

func (r *run) tableSizes(ctx context.Context) error {
	list, err := r.admin.TableSizes(ctx)
	if err != nil {
		return err
	}
	t := &terminal.Table{Empty: "no tables", Columns: []terminal.Column{
		{Title: "TABLE", Least: 16}, {Title: "ROWS", Right: true}, {Title: "TABLE SIZE", Right: true}, {Title: "INDEXES", Right: true}, {Title: "TOAST", Right: true, Drop: 1}, {Title: "TOTAL", Right: true},
	}}
	for _, s := range list {
		t.Add(s.Table, "~"+terminal.NumberText(s.Rows), terminal.ByteText(s.Heap), terminal.ByteText(s.Indexes), terminal.ByteText(s.Toast), terminal.ByteText(s.Total))
	}
	return r.Print(map[string]any{"tables": list}, t)
}

func (r *run) databaseSizes(ctx context.Context) error {
	list, err := r.admin.DatabaseSizes(ctx)
	if err != nil {
		return err
	}
	t := &terminal.Table{Columns: []terminal.Column{{Title: "DATABASE", Least: 16}, {Title: "SIZE", Right: true}}}
	for _, s := range list {
		size := terminal.ByteText(s.Bytes)
		if s.Bytes < 0 {
			size = dbadmin.Hidden
		}
		t.Add(s.Database, size)
	}
	return r.Print(map[string]any{"databases": list}, t)
}

func (p *group) bloat() action {
	return action{
		use: "bloat", short: "Estimated unused space in tables and indexes", heading: "db-bloat",
		long: "An estimate from the planner's statistics; no table is read. Values that this role may not see are shown as hidden.",
		run: func(ctx context.Context, r *run, _ []string) error {
			list, err := r.admin.Bloat(ctx)
			if err != nil {
				return err
			}
			t := &terminal.Table{Empty: "no tables", Columns: []terminal.Column{
				{Title: "NAME", Least: 20}, {Title: "KIND"}, {Title: "SIZE", Right: true}, {Title: "WASTED", Right: true}, {Title: "RATIO", Right: true}, {Title: "DEAD ROWS", Right: true},
			}}
			for _, b := range list {
				wasted := "unknown" // not analysed yet, or an index on an expression
				if b.Hidden {
					wasted = dbadmin.Hidden
				} else if b.Wasted != nil {
					wasted = terminal.ByteText(*b.Wasted)
				}
				t.Add(b.Name, b.Kind, terminal.ByteText(b.Bytes), wasted, percent(b.Ratio), terminal.NumberText(b.Dead))
			}
			return r.Print(map[string]any{"bloat": list}, t)
		},
	}
}

func (p *group) indexes() action {
	var unused, missing bool
	return action{
		use: "indexes", short: "Every index: size, scans and whether it is valid", heading: "db-indexes",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&unused, "unused", false, "list only indexes that were never used and that no constraint needs")
			f.BoolVar(&missing, "missing", false, "list large tables that are read without an index instead")
		},
		run: func(ctx context.Context, r *run, _ []string) error {
			if !missing {
				return r.indexes(ctx, unused)
			}
			list, err := r.admin.Scans(ctx, true)
			if err != nil {
				return err
			}
			t := &terminal.Table{Empty: "no large table is read without an index", Columns: []terminal.Column{
				{Title: "TABLE", Least: 16}, {Title: "ROWS", Right: true}, {Title: "SEQ SCANS", Right: true}, {Title: "ROWS EACH", Right: true}, {Title: "INDEX SCANS", Right: true},
			}}
			for _, s := range list {
				t.Add(s.Table, "~"+terminal.NumberText(s.Rows), terminal.NumberText(s.Seq), terminal.NumberText(s.SeqRows), terminal.NumberText(s.Idx))
			}
			return r.Print(map[string]any{"tables": list}, t)
		},
	}
}

func (r *run) indexes(ctx context.Context, unused bool) error {
	list, err := r.admin.Indexes(ctx, unused)
	if err != nil {
		return err
	}
	t := &terminal.Table{Empty: "no such index", Columns: []terminal.Column{
		{Title: "INDEX", Least: 20}, {Title: "TABLE", Least: 10, Drop: 2}, {Title: "SIZE", Right: true}, {Title: "SCANS", Right: true}, {Title: "LAST USED", Drop: 3, Blank: true}, {Title: "STATE", Paint: indexPaint}, {Title: "ON", Least: 14, Drop: 1},
	}}
	for _, i := range list {
		state, last := "", "" // a server before version 16 does not record when
		switch {
		case !i.Valid:
			state = "invalid"
		case i.Unused:
			state = "unused"
		case i.Unique:
			state = "unique"
		}
		if i.LastUsed != nil {
			last = i.LastUsed.UTC().Format(time.DateTime)
		}
		t.Add(i.Index, i.Table, terminal.ByteText(i.Bytes), terminal.NumberText(i.Scans), last, state, i.Columns)
	}
	return r.Print(map[string]any{"indexes": list}, t)
}

func indexPaint(state string) string {
	return map[string]string{"invalid": terminal.PaintBad, "unused": terminal.PaintWarn}[state]
}

func (p *group) vacuum() action {
	return action{
		use: "vacuum", short: "Last vacuum and analyze of each table, and its dead rows", heading: "db-vacuum",
		run: func(ctx context.Context, r *run, _ []string) error {
			list, err := r.admin.Vacuum(ctx)
			if err != nil {
				return err
			}
			t := &terminal.Table{Empty: "no tables", Columns: []terminal.Column{
				{Title: "TABLE", Least: 16}, {Title: "LIVE", Right: true}, {Title: "DEAD", Right: true}, {Title: "CLEANED AT", Right: true, Drop: 1}, {Title: "VACUUMED"}, {Title: "ANALYZED", Drop: 3}, {Title: "XID AGE", Right: true, Drop: 2},
			}}
			for _, v := range list {
				t.Add(v.Table, terminal.NumberText(v.Live), terminal.NumberText(v.Dead), terminal.NumberText(v.Threshold), agoText(v.Vacuumed), agoText(v.Analyzed), terminal.NumberText(v.XIDAge))
			}
			return r.Print(map[string]any{"tables": list}, t)
		},
	}
}

func agoText(at *time.Time) string {
	if at == nil {
		return "never"
	}
	if ago := terminal.AgeText(time.Since(*at)); ago != "" {
		return ago + " ago"
	}
	return "now"
}

func (p *group) cache() action {
	return action{
		use: "cache", short: "Cache hit ratio of tables and indexes", heading: "db-cache",
		run: func(ctx context.Context, r *run, _ []string) error {
			list, err := r.admin.Cache(ctx)
			if err != nil {
				return err
			}
			t := &terminal.Table{Empty: "no tables", Columns: []terminal.Column{
				{Title: "NAME", Least: 20}, {Title: "KIND"}, {Title: "HIT", Right: true}, {Title: "READ", Right: true}, {Title: "RATIO", Right: true},
			}}
			for _, c := range list {
				t.Add(c.Name, c.Kind, terminal.NumberText(c.Hit), terminal.NumberText(c.Read), percent(c.Ratio))
			}
			return r.Print(map[string]any{"blocks": list}, t)
		},
	}
}
