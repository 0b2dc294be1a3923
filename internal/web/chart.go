package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
)

// The charts are SVG with attributes only, because the policy of the pages admits no style inside them. Colours come
// from classes of the style sheet, and what a chart shows stands below it as a table.

// daysChart draws a column for each day, and writes the same as a table.
func daysChart(l *lang.Language, days []cruddur.DayCount) template.HTML {
	const width, height, foot = 600.0, 120.0, 4.0
	most, total := int64(1), int64(0)
	for _, d := range days {
		most, total = max(most, d.Count), total+d.Count
	}
	var b strings.Builder
	summary := l.Count("{n} new members in {days} days.", int(total), "days", l.Number(len(days)))
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(summary))
	step := width / float64(max(1, len(days)))
	for i, d := range days {
		h := max(1, (height-foot)*float64(d.Count)/float64(most))
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"><title>%s: %s</title></rect>`,
			float64(i)*step+1, height-h, step-2, h, template.HTMLEscapeString(l.Day(d.Day)), l.Number(int(d.Count)))
	}
	b.WriteString(`</svg>`)
	var rows [][2]string
	for _, d := range days {
		if d.Count > 0 {
			rows = append(rows, [2]string{l.Day(d.Day), l.Number(int(d.Count))})
		}
	}
	fmt.Fprintf(&b, `<p class="dim">%s</p>`, template.HTMLEscapeString(summary))
	writeTable(&b, l, l.Text("Day"), l.Text("New members"), rows)
	return template.HTML(b.String())
}

// tablesChart draws a bar for each table.
func tablesChart(l *lang.Language, tables []cruddur.TableSize) template.HTML {
	var b strings.Builder
	b.WriteString(`<dl class="bars">`)
	most := int64(1)
	for _, t := range tables {
		most = max(most, t.Bytes)
	}
	for _, t := range tables {
		fmt.Fprintf(&b, `<div><dt>%s</dt><dd><svg class="chart" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="%.2f" height="8" rx="1"></rect></svg><span>%s</span></dd></div>`,
			template.HTMLEscapeString(t.Name), max(0.5, 100*float64(t.Bytes)/float64(most)), bytesText(l, t.Bytes))
	}
	b.WriteString(`</dl>`)
	return template.HTML(b.String())
}

func writeTable(b *strings.Builder, l *lang.Language, first, second string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, `<details class="chart-table"><summary>%s</summary><table><thead><tr><th scope="col">%s</th><th scope="col">%s</th></tr></thead><tbody>`,
		template.HTMLEscapeString(l.Text("As a table")), template.HTMLEscapeString(first), template.HTMLEscapeString(second))
	for _, r := range rows {
		fmt.Fprintf(b, `<tr><td>%s</td><td>%s</td></tr>`, template.HTMLEscapeString(r[0]), template.HTMLEscapeString(r[1]))
	}
	b.WriteString(`</tbody></table></details>`)
}

// bytesText writes a size with a unit of the SI: "14 kB", "1.2 GB".
func bytesText(l *lang.Language, n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 999.5 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	if unit > 0 && size < 10 {
		return strconv.FormatFloat(size, 'f', 1, 64) + " " + units[unit]
	}
	return l.Number(int(size+0.5)) + " " + units[unit]
}
