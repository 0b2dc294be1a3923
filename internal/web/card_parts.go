package web

import (
	"bytes"
	"html/template"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/lang"
)

// The parts of a card that not every card has. The methods with a capital letter are for html/template.

// Why returns the line above a crud that says who reposted it.
func (c *card) Why() template.HTML { return written(c.writeWhy) }

// To returns the line that says what a reply answers.
func (c *card) To() template.HTML { return written(c.writeTo) }

// Say returns the text and the pictures of the crud.
func (c *card) Say() template.HTML { return written(c.writeSay) }

// Actions returns what the viewer can do with the crud.
func (c *card) Actions() template.HTML { return written(c.writeActions) }

// Rest returns the link to the replies that the page leaves out.
func (c *card) Rest() template.HTML { return written(c.writeRest) }

func written(write func(*bytes.Buffer)) template.HTML {
	var b bytes.Buffer
	write(&b)
	return template.HTML(b.String())
}

func (c *card) writeWhy(b *bytes.Buffer) {
	if c.By == "" {
		return
	}
	b.WriteString(`<p class="why"><svg class="i" aria-hidden="true"><use href="#i-repost"/></svg><a href="`)
	escapeTo(b, string(c.ByAt))
	b.WriteString(`">`)
	if c.ByMe {
		escapeTo(b, c.lang.Text("You reposted"))
	} else {
		before, after, _ := strings.Cut(c.lang.Text("{name} reposted"), "{name}")
		escapeTo(b, before)
		b.WriteString(`<bdi>`)
		escapeTo(b, c.By)
		b.WriteString(`</bdi>`)
		escapeTo(b, after)
	}
	b.WriteString(`</a></p>`)
}

func (c *card) writeTo(b *bytes.Buffer) {
	if c.Parent == "" {
		return
	}
	b.WriteString(`<p class="to"><a href="`)
	escapeTo(b, string(c.ParentAt))
	b.WriteString(`">`)
	escapeTo(b, c.lang.Text("Replying to @{handle}", "handle", c.Parent))
	b.WriteString(`</a></p>`)
}

// writeSay writes the text and the pictures. If there is a content warning, they are folded below it: the browser opens
// them, so no script is needed. What describes the crud to those who hear the page is then the warning.
func (c *card) writeSay(b *bytes.Buffer) {
	id := "say-" + c.ID
	if c.Warning != "" {
		writeWarning(b, c.lang, id, c.Warning)
		id = ""
	}
	b.WriteString(`<p class="say"`)
	writeID(b, id)
	b.WriteString(` dir="auto">`)
	b.WriteString(string(c.Message))
	b.WriteString("</p>\n")
	c.writePics(b)
	if c.Warning != "" {
		b.WriteString(`</details>`)
	}
}

// writeWarning writes the beginning of what is folded below a content warning.
func writeWarning(b *bytes.Buffer, l *lang.Language, id, warning string) {
	b.WriteString(`<details class="cw"><summary`)
	writeID(b, id)
	b.WriteString(`><span class="cw-text" dir="auto">`)
	escapeTo(b, cruddur.Balance(warning))
	b.WriteString(`</span> <span class="cw-do cw-show">`)
	escapeTo(b, l.Text("Show"))
	b.WriteString(`</span><span class="cw-do cw-hide">`)
	escapeTo(b, l.Text("Hide"))
	b.WriteString(`</span></summary>`)
}

func writeID(b *bytes.Buffer, id string) {
	if id == "" {
		return
	}
	b.WriteString(` id="`)
	escapeTo(b, id)
	b.WriteByte('"')
}

func (c *card) writeRest(b *bytes.Buffer) {
	if c.Onward == "" {
		return
	}
	b.WriteString(`<p class="`)
	escapeTo(b, c.Onward)
	b.WriteString(`"><a href="`)
	escapeTo(b, string(c.Path))
	b.WriteString(`">`)
	escapeTo(b, c.lang.Text("Continue this thread"))
	b.WriteString(`<span class="sr"> `)
	escapeTo(b, c.lang.Text("below the reply of @{handle}", "handle", c.Handle))
	b.WriteString(`</span></a></p>`)
}

func (c *card) writeActions(b *bytes.Buffer) {
	b.WriteString(`<div class="acts"><a class="do reply" href="`)
	escapeTo(b, string(c.Path))
	label := c.lang.Text("Reply")
	b.WriteString(`/reply" title="`)
	escapeTo(b, label)
	b.WriteString(`">`)
	writeDo(b, label, "reply", c.Replies)
	b.WriteString(`</a>`)
	c.writeMark(b, "repost", c.lang.Text("Repost"), "repost", c.Reposted, c.Reposts)
	c.writeMark(b, "like", c.lang.Text("Like"), "like", c.Liked, c.Likes)
	b.WriteString(`<span class="ends"><span class="sr">`)
	escapeTo(b, c.lang.Text("ends in"))
	b.WriteString(` </span><time class="left" datetime="`)
	escapeTo(b, c.Expires)
	b.WriteString(`" data-from="`)
	escapeTo(b, c.Created)
	b.WriteString(`" title="`)
	escapeTo(b, c.lang.Text("until {time}", "time", c.ExpiresText))
	b.WriteString(`">`)
	escapeTo(b, c.LeftText)
	b.WriteString(`</time></span>`)
	c.writeMore(b)
	b.WriteString(`</div>`)
}

// writeMark writes a button that likes or reposts, or takes it back. All buttons of a page belong to one form, which
// stands in the layout. A stranger is led to the sign-in page.
func (c *card) writeMark(b *bytes.Buffer, class, label, verb string, on bool, n int32) {
	if !c.Member {
		b.WriteString(`<a class="do `)
		b.WriteString(class)
		b.WriteString(`" rel="nofollow" title="`)
		escapeTo(b, label)
		b.WriteString(`" href="/signin?return_to=%2F%40`) // the query escaping of crudPath
		escapeTo(b, c.Handle)
		b.WriteString(`%2Fstatus%2F`)
		escapeTo(b, c.ID)
		b.WriteString(`">`)
		writeDo(b, label, class, n)
		b.WriteString(`</a>`)
		return
	}
	b.WriteString(`<button class="do `)
	b.WriteString(class)
	b.WriteString(`" form="marks" title="`)
	escapeTo(b, label)
	b.WriteString(`" formaction="`)
	escapeTo(b, string(c.Path))
	if on {
		verb = "un" + verb
	}
	b.WriteString(`/` + verb + `" aria-pressed="`)
	b.WriteString(strconv.FormatBool(on))
	b.WriteString(`">`)
	writeDo(b, label, class, n)
	b.WriteString(`</button>`)
}

// writeDo writes an icon, its name for those who do not see it, and a number if there is one.
func writeDo(b *bytes.Buffer, label, icon string, n int32) {
	b.WriteString(`<svg class="i" aria-hidden="true"><use href="#i-`)
	b.WriteString(icon)
	b.WriteString(`"/></svg><span class="sr">`)
	escapeTo(b, label)
	b.WriteString(` </span><span class="n">`)
	if n > 0 {
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(n), 10))
	}
	b.WriteString(`</span>`)
}

func (c *card) writeMore(b *bytes.Buffer) {
	link := func(to, text string) {
		b.WriteString(`<a href="`)
		escapeTo(b, string(c.Path))
		b.WriteString(to)
		b.WriteString(`">`)
		escapeTo(b, text)
		b.WriteString(`</a>`)
	}
	more := c.lang.Text("More")
	b.WriteString(`<details class="more"><summary class="do" title="`)
	escapeTo(b, more)
	b.WriteString(`"><svg class="i" aria-hidden="true"><use href="#i-more"/></svg><span class="sr">`)
	escapeTo(b, more)
	b.WriteString(`</span></summary><div class="more-list">`)
	link("", c.lang.Text("Open"))
	if c.Own {
		link("/end", c.lang.Text("Change its end"))
		link("/delete", c.lang.Text("Delete"))
	}
	if c.Member && !c.Own {
		c.writeFollow(b)
		b.WriteString(`<a href="`)
		escapeTo(b, string(c.Author))
		b.WriteString(`/mute">`)
		escapeTo(b, c.lang.Text("Mute or block @{handle}", "handle", c.Handle))
		b.WriteString(`</a>`)
		link("/report", c.lang.Text("Report"))
	}
	b.WriteString(`</div></details>`)
}

// writeFollow writes the button that follows the author, or stops.
func (c *card) writeFollow(b *bytes.Buffer) {
	verb, text := "/follow", c.lang.Text("Follow")
	if c.Following {
		verb, text = "/unfollow", c.lang.Text("button: Following")
	}
	b.WriteString(`<button class="follow" form="marks" formaction="`)
	escapeTo(b, string(c.Author))
	b.WriteString(verb + `" aria-pressed="`)
	b.WriteString(strconv.FormatBool(c.Following))
	b.WriteString(`"><span class="follow-text">`)
	escapeTo(b, text)
	b.WriteString(`</span> <bdi>@`)
	escapeTo(b, c.Handle)
	b.WriteString(`</bdi></button>`)
}
