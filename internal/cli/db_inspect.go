package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"cruddur/internal/dbadmin"
)

func (p *program) dbSlow() dbSpec {
	var n int
	var by string
	var reset bool
	return dbSpec{
		use: "slow", short: "The statements that cost most (pg_stat_statements)", heading: "db-slow",
		flags: func(f *pflag.FlagSet) {
			f.IntVarP(&n, "number", "n", 10, "how many")
			f.StringVar(&by, "by", "total", "total, mean, calls or io")
			f.BoolVar(&reset, "reset", false, "forget the statistics, to begin anew")
		},
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			if reset {
				if err := r.admin.SlowReset(ctx); err != nil {
					return err
				}
				r.note("reset", true)
				r.say("forgotten; the statistics begin anew")
				return nil
			}
			list, err := r.admin.Slow(ctx, n, by)
			if err != nil {
				return err
			}
			t := &table{empty: "no statements yet", columns: []column{
				{title: "TOTAL", right: true},
				{title: "SHARE", right: true},
				{title: "CALLS", right: true},
				{title: "MEAN", right: true},
				{title: "MAX", right: true, drop: 2},
				{title: "ROWS", right: true, drop: 3},
				{title: "IO", right: true, drop: 1},
				{title: "HIT", right: true, drop: 4},
				{title: "USER", least: 8, drop: 5},
				{title: "QUERY", least: 30},
			}}
			for _, s := range list {
				t.add(msText(s.Total), percent(&s.Share), numberText(s.Calls), msText(s.Mean), msText(s.Max), numberText(s.Rows), msText(s.IO), percent(&s.Cached), s.User, s.Query)
			}
			return r.print(map[string]any{"statements": list}, t)
		},
	}
}

func msText(ms float64) string {
	switch {
	case ms >= 60_000:
		return ageText(time.Duration(ms) * time.Millisecond)
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

func (p *program) dbSize() dbSpec {
	return dbSpec{
		use: "size [tables|indexes|database]", short: "How much of the disk each table, index or database takes", heading: "db-size", most: 1,
		run: func(ctx context.Context, r *dbRun, args []string) error {
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
			return exitWith(exitUsage, fmt.Errorf("size of %q: want tables, indexes or database", what))
		},
	}
}

func (r *dbRun) tableSizes(ctx context.Context) error {
	list, err := r.admin.TableSizes(ctx)
	if err != nil {
		return err
	}
	t := &table{empty: "no tables", columns: []column{
		{title: "TABLE", least: 16}, {title: "ROWS", right: true}, {title: "TABLE SIZE", right: true}, {title: "INDEXES", right: true}, {title: "TOAST", right: true, drop: 1}, {title: "TOTAL", right: true},
	}}
	for _, s := range list {
		t.add(s.Table, "~"+numberText(s.Rows), byteText(s.Heap), byteText(s.Indexes), byteText(s.Toast), byteText(s.Total))
	}
	return r.print(map[string]any{"tables": list}, t)
}

func (r *dbRun) databaseSizes(ctx context.Context) error {
	list, err := r.admin.DatabaseSizes(ctx)
	if err != nil {
		return err
	}
	t := &table{columns: []column{{title: "DATABASE", least: 16}, {title: "SIZE", right: true}}}
	for _, s := range list {
		size := byteText(s.Bytes)
		if s.Bytes < 0 {
			size = dbadmin.Hidden
		}
		t.add(s.Database, size)
	}
	return r.print(map[string]any{"databases": list}, t)
}

func (p *program) dbBloat() dbSpec {
	return dbSpec{
		use: "bloat", short: "How much of tables and indexes is estimated to be empty", heading: "db-bloat",
		long: "An estimate from the planner's statistics; it reads no table. What this role may not see is shown as hidden.",
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			list, err := r.admin.Bloat(ctx)
			if err != nil {
				return err
			}
			t := &table{empty: "no tables", columns: []column{
				{title: "NAME", least: 20}, {title: "KIND"}, {title: "SIZE", right: true}, {title: "WASTED", right: true}, {title: "RATIO", right: true}, {title: "DEAD ROWS", right: true},
			}}
			for _, b := range list {
				wasted := "unknown" // not analysed yet, or an expression
				if b.Hidden {
					wasted = dbadmin.Hidden
				} else if b.Wasted != nil {
					wasted = byteText(*b.Wasted)
				}
				t.add(b.Name, b.Kind, byteText(b.Bytes), wasted, percent(b.Ratio), numberText(b.Dead))
			}
			return r.print(map[string]any{"bloat": list}, t)
		},
	}
}

func (p *program) dbIndexes() dbSpec {
	var unused, missing bool
	return dbSpec{
		use: "indexes", short: "Every index: size, use, and whether it is valid", heading: "db-indexes",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&unused, "unused", false, "only those that nothing has ever used and no constraint needs")
			f.BoolVar(&missing, "missing", false, "instead: large tables that are read without an index")
		},
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			if !missing {
				return r.indexes(ctx, unused)
			}
			list, err := r.admin.Scans(ctx, true)
			if err != nil {
				return err
			}
			t := &table{empty: "no large table is read without an index", columns: []column{
				{title: "TABLE", least: 16}, {title: "ROWS", right: true}, {title: "SEQ SCANS", right: true}, {title: "ROWS EACH", right: true}, {title: "INDEX SCANS", right: true},
			}}
			for _, s := range list {
				t.add(s.Table, "~"+numberText(s.Rows), numberText(s.Seq), numberText(s.SeqRows), numberText(s.Idx))
			}
			return r.print(map[string]any{"tables": list}, t)
		},
	}
}

func (r *dbRun) indexes(ctx context.Context, unused bool) error {
	list, err := r.admin.Indexes(ctx, unused)
	if err != nil {
		return err
	}
	t := &table{empty: "no such index", columns: []column{
		{title: "INDEX", least: 20}, {title: "TABLE", least: 10, drop: 2}, {title: "SIZE", right: true}, {title: "SCANS", right: true}, {title: "LAST USED", drop: 3, blank: true}, {title: "STATE", paint: indexPaint}, {title: "ON", least: 14, drop: 1},
	}}
	for _, i := range list {
		state, last := "", "" // before version 16 the server does not say when
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
		t.add(i.Index, i.Table, byteText(i.Bytes), numberText(i.Scans), last, state, i.Columns)
	}
	return r.print(map[string]any{"indexes": list}, t)
}

func indexPaint(state string) string {
	return map[string]string{"invalid": paintBad, "unused": paintWarn}[state]
}

func (p *program) dbVacuum() dbSpec {
	return dbSpec{
		use: "vacuum", short: "When each table was last cleaned, and what is waiting", heading: "db-vacuum",
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			list, err := r.admin.Vacuum(ctx)
			if err != nil {
				return err
			}
			t := &table{empty: "no tables", columns: []column{
				{title: "TABLE", least: 16}, {title: "LIVE", right: true}, {title: "DEAD", right: true}, {title: "CLEANED AT", right: true, drop: 1}, {title: "VACUUMED"}, {title: "ANALYZED", drop: 3}, {title: "XID AGE", right: true, drop: 2},
			}}
			for _, v := range list {
				t.add(v.Table, numberText(v.Live), numberText(v.Dead), numberText(v.Threshold), agoText(v.Vacuumed), agoText(v.Analyzed), numberText(v.XIDAge))
			}
			return r.print(map[string]any{"tables": list}, t)
		},
	}
}

func agoText(at *time.Time) string {
	if at == nil {
		return "never"
	}
	if ago := ageText(time.Since(*at)); ago != "" {
		return ago + " ago"
	}
	return "now"
}

func (p *program) dbCache() dbSpec {
	return dbSpec{
		use: "cache", short: "How often tables and indexes were found in memory", heading: "db-cache",
		run: func(ctx context.Context, r *dbRun, _ []string) error {
			list, err := r.admin.Cache(ctx)
			if err != nil {
				return err
			}
			t := &table{empty: "no tables", columns: []column{
				{title: "NAME", least: 20}, {title: "KIND"}, {title: "HIT", right: true}, {title: "READ", right: true}, {title: "RATIO", right: true},
			}}
			for _, c := range list {
				t.add(c.Name, c.Kind, numberText(c.Hit), numberText(c.Read), percent(c.Ratio))
			}
			return r.print(map[string]any{"blocks": list}, t)
		},
	}
}
