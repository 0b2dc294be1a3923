package cruddur_test

import (
	"testing"

	"cruddur"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", " !?🙂\x00", ""},
		{"case and places", "The cat, the Dog", "'the':1,3 'cat':2 'dog':4"},
		{"accents", "Café ÉTÉ cafe\u0301", "'cafe':1,3 'ete':2"},
		{"letters that Unicode does not take apart", "Łódź Sørensen Æther", "'lodz':1 'sorensen':2 'aether':3"},
		{"width", "Ｇｏ ｶﾌｪ", "'go':1 'カフ':2 'フェ':3 'ェ':4"},
		{"Japanese", "港の猫", "'港の':1 'の猫':2 '猫':3"},
		{"a mark that makes another letter", "か が", "'か':1 'が':2"},
		{"numbers between", "2026年末に", "'2026':1 '年末':2 '末に':3 'に':4"},
		{"Thai", "แมว", "'แม':1 'มว':2 'ว':3"},
		{"Korean", "고양이 밥", "'고양이':1 '밥':2"},
		{"Arabic with and without vowels", "قِطَّة قطة", "'قطة':1,2"},
		{"Russian", "Ёлка и ёж", "'елка':1 'и':2 'еж':3"},
		{"a tag", "#Hidden_Rivers", "'hidden':1 'rivers':2 '#hidden_rivers'"},
		{"quotation marks", `it's \ 'so'`, "'it':1 's':2 'so':3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := cruddur.Words(tt.in); got != tt.want {
				t.Errorf("Words(%q) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

// The words of a content warning come after those of the text, with a gap, so that no phrase reaches from one into the
// other; a sign in it makes no tag.
func TestWordsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ message, warning, want string }{
		{"the end #go", "", "'the':1 'end':2 'go':3 '#go'"},
		{"the end #go", "the Film", "'the':1,5 'end':2 'go':3 '#go' 'film':6"},
		{"🙂", "#eyes", "'eyes':2"},
	} {
		if got := cruddur.WordsOf(tt.message, tt.warning); got != tt.want {
			t.Errorf("WordsOf(%q, %q) = %s, want %s", tt.message, tt.warning, got, tt.want)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	for name, message := range map[string]string{
		"english":  "Rain gauge number 7 has a tenant: one frog, very small, unimpressed by science. #fieldwork",
		"japanese": "港の猫がまた一匹増えた。名前はまだない。#猫",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if cruddur.Words(message) == "" {
					b.Fatal("no words")
				}
			}
		})
	}
}
