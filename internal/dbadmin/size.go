package dbadmin

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// TableSize is the disk space of a table, in bytes.
type TableSize struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows_estimated"`
	Heap    int64  `json:"table_bytes"`
	Indexes int64  `json:"index_bytes"`
	Toast   int64  `json:"toast_bytes"`
	Total   int64  `json:"total_bytes"`
}

// DatabaseSize is the disk space of a database, in bytes; -1 means that it is hidden from this role.
type DatabaseSize struct {
	Database string `json:"database"`
	Bytes    int64  `json:"bytes"`
}

// collect connects, runs one statement and scans every row.
func collect[T any](ctx context.Context, a *Admin, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) ([]T, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scan)
	if list == nil {
		list = []T{}
	}
	return list, err
}

// userTables is a condition for tables that users have made.
const userTables = `
	c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_toast%' and n.nspname not like 'pg\_temp%'`

// TableSizes lists the tables, the largest first.
func (a *Admin) TableSizes(ctx context.Context) ([]TableSize, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (s TableSize, err error) {
		err = row.Scan(&s.Table, &s.Rows, &s.Heap, &s.Indexes, &s.Toast, &s.Total)
		return s, err
	}, `
		select c.oid::regclass::text, case when c.reltuples < 0 then pg_stat_get_live_tuples(c.oid) else c.reltuples::bigint end, pg_relation_size(c.oid), pg_indexes_size(c.oid),
			coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0), pg_total_relation_size(c.oid)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where`+userTables+`
		order by 6 desc, 1`)
}

// DatabaseSizes lists the server's databases, the largest first.
func (a *Admin) DatabaseSizes(ctx context.Context) ([]DatabaseSize, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (s DatabaseSize, err error) {
		err = row.Scan(&s.Database, &s.Bytes)
		return s, err
	}, `
		select datname::text, case when has_database_privilege(oid, 'connect') or pg_has_role(session_user, 'pg_read_all_stats', 'usage') then pg_database_size(oid) else -1 end
		from pg_database where datallowconn and not datistemplate
		order by 2 desc, 1`)
}

// IndexInfo is one index and how it is used.
type IndexInfo struct {
	Index    string     `json:"index"`
	Table    string     `json:"table"`
	Bytes    int64      `json:"bytes"`
	Scans    int64      `json:"scans"`
	LastUsed *time.Time `json:"last_used_at"` // null if the server (before 16) does not record it
	Unique   bool       `json:"unique"`
	Valid    bool       `json:"valid"`
	Unused   bool       `json:"unused"` // never scanned since the statistics were reset, and no constraint needs it
	Columns  string     `json:"definition"`
}

// Indexes lists every index, the largest first; with unused only those that were never used.
func (a *Admin) Indexes(ctx context.Context, unused bool) ([]IndexInfo, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	have, err := columnsOf(ctx, conn, "pg_stat_all_indexes")
	closing(ctx, conn)
	if err != nil {
		return nil, err
	}
	last := "null::timestamptz"
	if have["last_idx_scan"] {
		last = "s.last_idx_scan"
	}
	return collect(ctx, a, func(row pgx.CollectableRow) (i IndexInfo, err error) {
		err = row.Scan(&i.Index, &i.Table, &i.Bytes, &i.Scans, &i.LastUsed, &i.Unique, &i.Valid, &i.Unused, &i.Columns)
		return i, err
	}, `
		select * from (
			select i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_relation_size(i.indexrelid) as bytes,
				coalesce(s.idx_scan, 0), `+last+`, i.indisunique, i.indisvalid,
				coalesce(s.idx_scan, 0) = 0 and not i.indisunique
					and not exists (select from pg_constraint k where k.conindid = i.indexrelid) as unused,
				regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')
			from pg_index i
				join pg_class c on c.oid = i.indrelid
				join pg_namespace n on n.oid = c.relnamespace
				left join pg_stat_all_indexes s on s.indexrelid = i.indexrelid
			where`+userTables+`
		) t
		where not $1 or unused
		order by bytes desc, 1`, unused)
}

// TableScans says how a table is read: many rows read by sequential scans suggest an index.
type TableScans struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows_estimated"`
	Seq     int64  `json:"sequential_scans"`
	SeqRows int64  `json:"rows_per_sequential_scan"`
	Idx     int64  `json:"index_scans"`
	Missing bool   `json:"index_missing"` // large, and read more often sequentially than by index
}

// Scans lists tables by how many rows sequential scans have read; with missing only those that seem to need
// an index.
func (a *Admin) Scans(ctx context.Context, missing bool) ([]TableScans, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (s TableScans, err error) {
		err = row.Scan(&s.Table, &s.Rows, &s.Seq, &s.SeqRows, &s.Idx, &s.Missing)
		return s, err
	}, `
		select * from (
			select relid::regclass::text as name, n_live_tup, seq_scan, coalesce(seq_tup_read / nullif(seq_scan, 0), 0) as seq_rows, coalesce(idx_scan, 0),
				n_live_tup > 10000 and seq_scan > coalesce(idx_scan, 0) and seq_scan > 50 as missing
			from pg_stat_user_tables
		) t
		where not $1 or missing
		order by seq_rows * seq_scan desc, name`, missing)
}

// VacuumState is when a table was last vacuumed and analyzed, and how many dead rows it has.
type VacuumState struct {
	Table       string     `json:"table"`
	Live        int64      `json:"live_rows"`
	Dead        int64      `json:"dead_rows"`
	Threshold   int64      `json:"autovacuum_at"` // this many dead rows start the autovacuum
	Inserted    int64      `json:"inserted_since"`
	Vacuumed    *time.Time `json:"vacuumed_at"`
	Analyzed    *time.Time `json:"analyzed_at"`
	XIDAge      int64      `json:"xid_age"` // at 200 million the server forces a vacuum
	Autovacuums int64      `json:"autovacuums"`
}

// Vacuum lists the tables, most dead rows first.
func (a *Admin) Vacuum(ctx context.Context) ([]VacuumState, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (v VacuumState, err error) {
		err = row.Scan(&v.Table, &v.Live, &v.Dead, &v.Threshold, &v.Inserted, &v.Vacuumed, &v.Analyzed, &v.XIDAge, &v.Autovacuums)
		return v, err
	}, `
		select s.relid::regclass::text, s.n_live_tup, s.n_dead_tup,
			(coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
				+ coalesce(o.scale, current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0))::bigint,
			s.n_ins_since_vacuum, greatest(s.last_vacuum, s.last_autovacuum), greatest(s.last_analyze, s.last_autoanalyze),
			age(c.relfrozenxid)::bigint, s.autovacuum_count
		from pg_stat_user_tables s
			join pg_class c on c.oid = s.relid
			left join lateral (
				select max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_threshold') as threshold,
					max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_scale_factor') as scale
				from pg_options_to_table(c.reloptions)
			) o on true
		order by s.n_dead_tup desc, 1`)
}

// CacheUse is how often the blocks of a table or an index were found in memory.
type CacheUse struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"` // table or index
	Hit   int64    `json:"blocks_hit"`
	Read  int64    `json:"blocks_read"`
	Ratio *float64 `json:"hit_ratio"` // null if nothing was read yet
}

// Cache lists tables and indexes, most reads from the disk first.
func (a *Admin) Cache(ctx context.Context) ([]CacheUse, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (c CacheUse, err error) {
		err = row.Scan(&c.Name, &c.Kind, &c.Hit, &c.Read, &c.Ratio)
		return c, err
	}, `
		select name, kind, hit, read, hit / nullif((hit + read)::float8, 0)
		from (
			select relid::regclass::text as name, 'table' as kind, heap_blks_hit as hit, heap_blks_read as read from pg_statio_user_tables
			union all
			select indexrelid::regclass::text, 'index', idx_blks_hit, idx_blks_read from pg_statio_user_indexes
		) t
		order by read desc, hit desc, name`)
}

// Size returns the disk space of the target's database, in bytes.
func (a *Admin) Size(ctx context.Context) (bytes int64, err error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return 0, err
	}
	defer closing(ctx, conn)
	err = conn.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&bytes)
	return bytes, err
}
