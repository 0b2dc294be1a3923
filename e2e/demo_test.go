package e2e

import (
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/postgres"
)

// demo fills a world with people and what they say, so that the pages look lived in.
func (w *world) demo(t testing.TB) {
	t.Helper()
	people := []struct{ handle, name, bio string }{
		{"ada", "Ada Quist", "Ferry pilot, amateur baker. I say it once. More at https://example.org/ada"},
		{"tomas", "Tomás Ibarra", "Sound engineer. Ask me about hum."},
		{"noor", "Noor El-Amin", "نور · translator, tea, trains"},
		{"juno", "Juno Park", "Plants, mostly alive."},
		{"wren", "Wren Halloway", "Teaches chemistry, grades in green ink."},
		{"kofi", "Kofi Mensah", "Runs the harbour cinema."},
		{"mika", "Mika Salonen", "Open water, all year."},
	}
	for _, p := range people {
		u := w.member(t, p.handle, p.name)
		if _, err := w.db.UpdateProfile(t.Context(), u.UUID, postgres.ProfileChange{Bio: &p.bio}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	say := []struct {
		handle, text string
		ttl          cruddur.TTL
		age          time.Duration
	}{
		{"noor", "Everybody at the platform is reading the same paragraph of the same delayed-train notice. We are a book club now.", "30-days", 92 * time.Hour},
		{"wren", "Somebody labelled the spare beakers “not a cup”. Somebody else has added “tested”.", "7-days", 75 * time.Hour},
		{"kofi", "Print of the month is decided. No hints. All right, one: there is a lighthouse in it. #harbourcinema", "30-days", 60 * time.Hour},
		{"juno", "Repotted the monstera. It has more of a plan for this room than I do.", "7-days", 51 * time.Hour},
		{"mika", "4° in the water, 2° in the air. The water is the warm part. #winterswimming", "3-days", 47 * time.Hour},
		{"tomas", "Found the hum. It was the fridge in the flat below. We are friends now, the fridge and I.", "7-days", 40 * time.Hour},
		{"ada", "Second sailing is full, third has room. If you have a bicycle, come early.", "3-days", 30 * time.Hour},
		{"noor", "كل شيء له نهاية، حتى قائمة المهام.", "7-days", 27 * time.Hour},
		{"wren", "Lab moved to room 214 this week. The fume cupboard in 210 is singing again.", "3-days", 23 * time.Hour},
		{"kofi", "Two seats left for tonight, front row, necks at your own risk.", "1-day", 22 * time.Hour},
		{"juno", "Does anybody want about forty tomato seedlings? I can explain.", "3-days", 20 * time.Hour},
		{"mika", "Lost: one left glove, blue, on the jetty. Found: that the right one alone is no use.", "1-day", 16 * time.Hour},
		{"tomas", "@ada the recording of the fog horn is astonishing. Do you know it is a perfect B flat?", "7-days", 9 * time.Hour},
		{"ada", "@tomas I do now, and I shall hear it every morning at six, thank you.", "7-days", 8 * time.Hour},
		{"wren", "Sourdough question for the thread that will not exist tomorrow: how sour is too sour?", "12-hours", 6 * time.Hour},
		{"noor", "Working title for the translation: “It sounds better in the original, and other confessions”. Draft at https://example.org/confessions", "30-days", 5 * time.Hour},
		{"kofi", "Projector bulb has arrived. It came in a box in which one could live.", "3-days", 170 * time.Minute},
		{"juno", "Free soup at the allotment until the pot is empty. It is a large pot.", "3-hours", 165 * time.Minute},
		{"mika", "Sauna is hot. Door code is on the board. Bring your own towel and somebody who tells jokes.", "3-hours", 100 * time.Minute},
		{"tomas", "Soundcheck open to anybody who can clap in time. Standards are low.", "1-hour", 57*time.Minute + 12*time.Second},
		{"ada", "Fog has lifted. First boat at 06:40 after all. Coffee on deck for whoever comes on foot.", "12-hours", 25 * time.Minute},
		{"wren", "Reminder to my future self, who will never read this: the good chalk is behind the periodic table.", "1-day", 6 * time.Minute},
		{"juno", "One of the seedlings has a name now. This was a mistake. Meet Gerald.", "7-days", 90 * time.Second},
	}
	at := map[string]cruddur.Activity{} // by author and first word
	for _, s := range say {
		word, _, _ := strings.Cut(s.text, " ")
		at[s.handle+" "+word] = w.crud(t, s.handle, s.text, s.ttl, s.age)
	}
	w.talk(t, at)
}

// talk lets the people of the demo answer, like, repost and follow each other.
func (w *world) talk(t testing.TB, at map[string]cruddur.Activity) {
	t.Helper()
	for _, s := range []struct {
		name, to, handle, text string
		ttl                    cruddur.TTL
		age                    time.Duration
	}{
		{"1", "juno One", "mika", "Does Gerald like cold water?", "", 80 * time.Second},
		{"2", "1", "juno", "Gerald likes rain, at room temperature, and to be asked first.", "", 70 * time.Second},
		{"3", "2", "mika", "A plant after my own heart, apart from the temperature.", "1-hour", 60 * time.Second},
		{"4", "3", "juno", "He says you may visit. Bring the other glove.", "", 50 * time.Second},
		{"5", "4", "mika", "There is no other glove. That was the point of the glove.", "", 40 * time.Second},
		{"6", "5", "juno", "Then bring the point.", "", 30 * time.Second},
		{"7", "juno One", "ada", "I name the winches. It starts like this, and it ends in a christening.", "", 45 * time.Second},
		{"8", "ada Fog", "tomas", "On my way, with a microphone and without a breakfast.", "", 20 * time.Minute},
		{"9", "8", "ada", "@tomas the horn is at eight. Stand behind it, not in front.", "", 18 * time.Minute},
		{"10", "wren Sourdough", "kofi", "If the jar opens itself, it is done.", "", 5 * time.Hour},
	} {
		at[s.name] = w.reply(t, s.handle, at[s.to], s.text, s.ttl, s.age)
	}
	must := func(_ cruddur.Activity, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for what, handles := range map[string][]string{
		"juno One": {"ada", "mika", "wren", "noor"}, "ada Fog": {"tomas", "kofi", "noor"}, "2": {"ada", "mika"}, "6": {"wren"},
		"wren Reminder": {"juno"}, "noor Working": {"ada", "kofi"},
	} {
		for _, handle := range handles {
			must(w.db.Like(t.Context(), w.users[handle].UUID, at[what].UUID, true, now))
		}
	}
	for what, handles := range map[string][]string{"ada Fog": {"kofi", "mika"}, "juno One": {"ada"}, "noor Working": {"wren"}} {
		for _, handle := range handles {
			must(w.db.Repost(t.Context(), w.users[handle].UUID, at[what].UUID, true, now))
		}
	}
	for follower, followed := range map[string][]string{
		"ada": {"tomas", "mika", "wren"}, "tomas": {"ada", "juno"}, "mika": {"ada", "kofi", "juno"}, "wren": {"noor", "ada"},
		"kofi": {"ada", "mika"}, "juno": {"ada"},
	} {
		for _, handle := range followed {
			must(cruddur.Activity{}, w.db.Follow(t.Context(), w.users[follower].UUID, w.users[handle].UUID, true, now))
		}
	}
}
