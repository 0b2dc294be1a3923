package dbadmin

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Bloat is the estimated unused space of a table or an index.
type Bloat struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"` // table or index
	Bytes  int64    `json:"bytes"`
	Wasted *int64   `json:"wasted_bytes"` // null: the statistics of its columns are hidden or do not exist yet
	Ratio  *float64 `json:"wasted_ratio"`
	Dead   int64    `json:"dead_rows"` // 0 for an index
	Hidden bool     `json:"hidden"`    // this role may not read the table's statistics
}

// Bloat estimates the unused space from the planner's statistics, without reading any table. The estimate
// takes the existing rows, each of average width, packed into pages of the fill factor; the rest is unused. A
// page's header is 24 bytes, a row's is 24 and its pointer 4, an index entry's is 8 and its pointer 4
// (PostgreSQL manual, Database Page Layout); an index is filled to 90 %.
func (a *Admin) Bloat(ctx context.Context) ([]Bloat, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (b Bloat, err error) {
		err = row.Scan(&b.Name, &b.Kind, &b.Bytes, &b.Wasted, &b.Ratio, &b.Dead, &b.Hidden)
		return b, err
	}, `
		with page as (
			select current_setting('block_size')::float8 as size
		), things as (
			select c.oid, c.oid as table_oid, 'table' as kind, c.reltuples, c.relpages,
				coalesce((select option_value::float8 from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'), 100) / 100 as fill,
				28 as row_header, array(select attnum::int from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
			from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where`+userTables+`
			union all
			select i.indexrelid, i.indrelid, 'index', x.reltuples, x.relpages, 0.9, 12, array(select unnest(i.indkey)::int)
			from pg_index i
				join pg_class c on c.oid = i.indrelid
				join pg_namespace n on n.oid = c.relnamespace
				join pg_class x on x.oid = i.indexrelid
				join pg_am m on m.oid = x.relam and m.amname = 'btree'
			where`+userTables+` and 0 <> all (i.indkey::int2[])
		), measured as (
			select t.*, w.width, w.known,
				ceil(greatest(t.reltuples, 0) / greatest(1, floor((p.size - 24) * t.fill / (t.row_header + ceil(w.width / 8) * 8)))) as pages, p.size,
				has_table_privilege(t.table_oid, 'select') as readable
			from things t cross join page p
				cross join lateral (
					select coalesce(sum(s.avg_width * (1 - s.null_frac)), 0) as width, count(s.attname) = cardinality(t.columns) as known
					from pg_attribute a
						join pg_class c on c.oid = a.attrelid
						join pg_namespace n on n.oid = c.relnamespace
						left join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
					where a.attrelid = t.table_oid and a.attnum = any (t.columns)
				) w
		)
		select m.oid::regclass::text, m.kind, pg_relation_size(m.oid),
			case when m.known then greatest(0, (m.relpages - m.pages - case when m.kind = 'index' then 1 else 0 end) * m.size)::bigint end as wasted,
			case when m.known then coalesce(greatest(0, m.relpages - m.pages - case when m.kind = 'index' then 1 else 0 end) / nullif(m.relpages, 0), 0)::float8 end,
			case when m.kind = 'table' then coalesce((select n_dead_tup from pg_stat_user_tables u where u.relid = m.oid), 0) else 0 end,
			not m.readable
		from measured m
		order by wasted desc nulls last, 1`)
}
