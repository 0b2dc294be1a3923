package sweep_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
	"cruddur/internal/sweep"
)

const childURL = "CRUDDUR_TEST_SWEEP_URL"

// TestMain is also the sweeper that the kill test starts and kills: the test binary with a URL in its
// environment sweeps until it dies.
func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		sweepForever(url)
	}
	os.Exit(pgtest.Main(m))
}

func sweepForever(url string) {
	db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s := sweep.New(slowly{db}, slog.New(slog.DiscardHandler), sweep.Options{Batch: 20})
	fmt.Println("sweeping")
	s.Run(context.Background())
}

// slowly gives the killer time to hit in the middle.
type slowly struct{ *postgres.DB }

func (s slowly) Sweep(ctx context.Context, now time.Time, batch int) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return s.DB.Sweep(ctx, now, batch)
}

var now = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// fill stores cruds with replies that are over by now, and some that are alive for years.
func fill(t *testing.T, db *postgres.DB, over, alive int) {
	t.Helper()
	u, err := db.UpsertUser(t.Context(), cruddur.User{Handle: "ana", DisplayName: "Ana", Email: "ana@example.com", Subject: "ana"}, now)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `
		with roots as (
			insert into activities (user_uuid, message, created_at, expires_at)
			select $1, 'over', $2::timestamptz, $2::timestamptz + '1 hour'::interval + i * '1 ms'::interval
			from generate_series(1, $3::int / 2) i
			returning uuid, created_at, expires_at
		)
		insert into activities (user_uuid, message, reply_to_activity_uuid, root_uuid, created_at, expires_at)
		select $1, 'over too', uuid, uuid, created_at, expires_at
		from roots`, [16]byte(u.UUID), now, over)
	if err == nil {
		_, err = conn.Exec(t.Context(), `
			insert into activities (user_uuid, message, created_at, expires_at)
			select $1, 'alive', now(), now() + '30 days'::interval
			from generate_series(1, $2::int)`, [16]byte(u.UUID), alive)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *postgres.DB) (over, all int64) {
	t.Helper()
	over, _, err := db.PurgeLag(t.Context(), time.Now())
	if err == nil {
		conn, cerr := db.Direct(t.Context())
		if cerr != nil {
			t.Fatal(cerr)
		}
		defer conn.Close(context.Background())
		err = conn.QueryRow(t.Context(), "select count(*) from activities").Scan(&all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return over, all
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come true: %s", what)
		}
	}
}

// However often a sweeper is killed, the next one takes the lock and finishes: expired rows are deleted, and
// live rows stay.
func TestKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	const over, alive = 10000, 7
	fill(t, db, over, alive)
	left := int64(over)
	for range 4 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childURL+"="+url)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "sweeping\n" {
			t.Errorf("the child said %q, %v", line, err)
		}
		eventually(t, "the child has the lock and deletes", func() bool {
			n, _ := count(t, db)
			return n < left
		})
		time.Sleep(rand.N(50 * time.Millisecond))
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		child.Wait()
		left, _ = count(t, db)
		t.Logf("killed with %d left", left)
	}
	if left == 0 {
		t.Error("the children were done before they were killed; the test proves nothing")
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		sweep.New(db, slog.New(slog.DiscardHandler), sweep.Options{}).Run(ctx)
	}()
	eventually(t, "nothing that is over is left", func() bool { n, _ := count(t, db); return n == 0 })
	stop()
	<-done
	if _, all := count(t, db); all != alive {
		t.Errorf("%d rows are left, want the %d that are alive", all, alive)
	}
}

// Of several servers one sweeps at a time; when it stops, another goes on within seconds.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	fill(t, pgtest.Open(t, url), 0, 0)
	var mu sync.Mutex
	leaders := map[int]bool{}
	stops := make([]context.CancelFunc, 3)
	var wg sync.WaitGroup
	for i := range stops {
		var ctx context.Context
		ctx, stops[i] = context.WithCancel(t.Context())
		db := pgtest.Open(t, url)
		wg.Go(func() {
			sweep.New(db, slog.New(slog.DiscardHandler), sweep.Options{Metrics: leader{metrics: newMetrics(), lead: func(yes bool) {
				mu.Lock()
				defer mu.Unlock()
				if leaders[i] = yes; yes && len(leading(leaders)) > 1 {
					t.Errorf("%v lead at once", leading(leaders))
				}
			}}}).Run(ctx)
		})
	}
	for range stops {
		var who int
		eventually(t, "somebody leads", func() bool {
			mu.Lock()
			defer mu.Unlock()
			list := leading(leaders)
			if len(list) == 1 {
				who = list[0]
			}
			return len(list) == 1
		})
		stops[who]()
		eventually(t, "the leader has stopped", func() bool { mu.Lock(); defer mu.Unlock(); return !leaders[who] })
	}
	wg.Wait()
}

type leader struct {
	*metrics
	lead func(bool)
}

func (l leader) Leading(yes bool) { l.lead(yes) }

func leading(m map[int]bool) (list []int) {
	for i, yes := range m {
		if yes {
			list = append(list, i)
		}
	}
	return list
}
