package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// posts stores the cruds that many members post at the same time with one statement and one commit; a single
// crud mostly waits for the commit's fsync. No request gets an answer before the commit.
type posts struct {
	pool    *pool
	lanes   *lanes[*post] // nil: every crud is stored alone
	timeout time.Duration // of a batch
}

// post is one crud that its author waits for.
type post struct {
	waiter
	author cruddur.UUID
	cruddur.Draft
	now    time.Time
	stored cruddur.Activity // set when it is done
}

// newPosts returns a store with count lanes; with 0 every crud is stored alone.
func newPosts(pool *pool, timeout time.Duration, count int) *posts {
	p := &posts{pool: pool, timeout: timeout}
	if count > 0 {
		p.lanes = &lanes[*post]{most: count, send: p.send}
	}
	return p
}

var (
	createOne  = mustStatement("activities/create")
	createMany = mustStatement("activities/create_many")
)

func (p *posts) do(ctx context.Context, author cruddur.UUID, draft cruddur.Draft, now time.Time) (cruddur.Activity, error) {
	c := &post{waiter: newWaiter(ctx), author: author, Draft: draft, now: micro(now)}
	if p.lanes == nil {
		p.one(ctx, c)
	} else {
		p.lanes.add(c)
	}
	if err := c.wait(); err != nil {
		return cruddur.Activity{}, classify(err) // a request that has given up does not know: its crud may be stored all the same
	}
	return c.stored, nil
}

// send stores a batch.
func (p *posts) send(batch []*post) {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	if len(batch) == 1 {
		p.one(ctx, batch[0])
		return
	}
	p.many(ctx, batch)
}

// one stores a crud alone.
func (p *posts) one(ctx context.Context, c *post) {
	c.finish(p.pool.queryRow(ctx, createOne, draftArgs(c.author, &c.Draft, c.now), activityColumns(&c.stored)...))
}

// draftArgs returns the arguments that store a draft, alone or as a reply.
func draftArgs(author cruddur.UUID, draft *cruddur.Draft, now time.Time) args {
	return args{
		"user_uuid": [16]byte(author), "message": draft.Message, "content_warning": nullable(draft.Warning),
		"words": cruddur.WordsOf(draft.Message, draft.Warning), "tags": tagsOf(draft.Message), "mentions": mentionsOf(draft.Message),
		"idempotency_key": nullable(draft.Key), "ttl": lifeOf(draft.TTL), "now": now,
	}
}

// tagsOf returns the tags of a message; never nil, which would be null.
func tagsOf(message string) []string { return append([]string{}, cruddur.Hashtags(message)...) }

// mentionsOf returns the handles that a message mentions; never nil.
func mentionsOf(message string) []string { return append([]string{}, cruddur.Mentions(message)...) }

// nullable returns nil for "", which stores null.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// attempt identifies a post by its author and key: of two in a batch with the same key one is stored, and
// both get it.
type attempt struct {
	author cruddur.UUID
	key    string
}

// many stores cruds together. If the server refuses them, it has stored none, and each is tried alone: the
// faulty one does not affect the others.
func (p *posts) many(ctx context.Context, batch []*post) {
	err := p.storeMany(ctx, batch)
	if refused(err) {
		for _, c := range batch {
			go p.again(c)
		}
		return
	}
	for _, c := range batch {
		if err == nil && c.stored.UUID.IsZero() {
			c.finish(createMany.wrap(pgx.ErrNoRows)) // the author does not exist
			continue
		}
		c.finish(createMany.wrap(err))
	}
}

func (p *posts) again(c *post) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), p.timeout)
	defer cancel()
	p.one(ctx, c)
}

func (p *posts) storeMany(ctx context.Context, batch []*post) error {
	authors, messages, keys := make([][16]byte, 0, len(batch)), make([]string, 0, len(batch)), make([]*string, 0, len(batch))
	warnings := make([]*string, 0, len(batch))
	lives, nows := make([]*time.Duration, 0, len(batch)), make([]time.Time, 0, len(batch))
	words, tagPlaces, tags := make([]string, 0, len(batch)), []int64{}, []string{}
	mentionPlaces, mentions := []int64{}, []string{}
	places := make([]int, len(batch)) // the row of each post
	named := map[attempt]int{}
	for i, c := range batch {
		name := attempt{c.author, c.Key}
		if place, twice := named[name]; twice {
			places[i] = place
			continue
		}
		if c.Key != "" {
			named[name] = len(authors)
		}
		places[i] = len(authors)
		authors, messages, keys = append(authors, c.author), append(messages, c.Message), append(keys, nullable(c.Key))
		lives, nows = append(lives, lifeOf(c.TTL)), append(nows, c.now)
		warnings, words = append(warnings, nullable(c.Warning)), append(words, cruddur.WordsOf(c.Message, c.Warning))
		for _, tag := range cruddur.Hashtags(c.Message) {
			tagPlaces, tags = append(tagPlaces, int64(len(authors))), append(tags, tag)
		}
		for _, handle := range cruddur.Mentions(c.Message) {
			mentionPlaces, mentions = append(mentionPlaces, int64(len(authors))), append(mentions, handle)
		}
	}
	values, err := createMany.bind(args{
		"user_uuids": authors, "messages": messages, "content_warnings": warnings, "idempotency_keys": keys, "ttls": lives, "nows": nows,
		"words": words, "tag_places": tagPlaces, "tags": tags,
		"mention_places": mentionPlaces, "mentions": mentions,
	})
	if err != nil {
		return err
	}
	rows, err := p.pool.Query(ctx, createMany.text, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var row cruddur.Activity
	var place int
	columns := append([]any{&place}, activityColumns(&row)...)
	stored := make([]cruddur.Activity, len(authors))
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return err
		}
		stored[place-1] = row
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	for i, c := range batch {
		c.stored = stored[places[i]]
	}
	return nil
}

// refused reports whether a statement that failed with err has certainly changed nothing. An error that ends
// the session (FATAL) does not tell whether it was committed: a pooler may have lost the server during the
// commit.
func refused(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.SeverityUnlocalized == "ERROR" || pgconn.SafeToRetry(err)
}
