package e2e

import (
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
)

// TestTheFuseBurns checks that each card has one animation of its whole life, which stands where the time left says,
// warms in its last hour, and moves once a minute for readers who want less motion.
func TestTheFuseBurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "ada", "Ada")
	w.crud(t, "ada", "half burnt", "1-day", 12*time.Hour)
	w.crud(t, "ada", "nearly over", "1-hour", 45*time.Minute)
	b := newTab(t, w.url)
	const fuses = `[...document.querySelectorAll(".crud .fuse-left")]`
	for _, reduced := range []bool{true, false} {
		motion := "no-preference"
		if reduced {
			motion = "reduce"
		}
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: motion}}})
		b.open("/")
		b.until(fuses + `.length === 2 && ` + fuses + `.every((f) => f.getAnimations().length === 1)`)
		parts := eval[[]float64](b, fuses+`.map((f) => f.getBoundingClientRect().width / f.closest(".crud").getBoundingClientRect().width)`)
		for i, want := range []float64{0.25, 0.5} {
			if math.Abs(parts[i]-want) > 0.02 {
				t.Errorf("reduced %v: fuse %d is %.3f of its card, want %.2f", reduced, i, parts[i], want)
			}
		}
		steps := eval[[]string](b, fuses+`.map((f) => f.getAnimations()[0].effect.getTiming().easing)`)
		if reduced && (steps[0] != "steps(60)" || steps[1] != "steps(1440)") {
			t.Errorf("with reduced motion: %v, want a step a minute", steps)
		}
		if !reduced && steps[0] != steps[1] {
			t.Errorf("steps = %v, want one for each pixel of both", steps)
		}
		fills := eval[[]string](b, fuses+`.map((f) => getComputedStyle(f).fill)`)
		if fills[0] == fills[1] {
			t.Errorf("both fuses are %s, want the one in its last hour warmer", fills[0])
		}
	}
	if height := eval[float64](b, `document.querySelector(".fuse").getBoundingClientRect().height`); height != 2 {
		t.Errorf("the fuse is %v pixels high, want 2", height)
	}
}
