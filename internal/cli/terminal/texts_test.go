package terminal

import "testing"

func TestTexts(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1,234,567": NumberText(1234567), "999": NumberText(999), "-1,000": NumberText(-1000), "0": NumberText(0),
		"999 B": ByteText(999), "1.0 kB": ByteText(1024), "117 MB": ByteText(117 << 20), "1.5 GB": ByteText(3 << 29),
		"250ms": AgeText(250e6), "59s": AgeText(59e9), "1m05s": AgeText(65e9), "2h03m": AgeText(123 * 60e9), "3d04h": AgeText(76 * 3600e9),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
