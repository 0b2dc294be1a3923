package web

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Only the forms that take pictures may be large, if they come with files; all of them are routes of ours.
func TestUploadForms(t *testing.T) {
	t.Parallel()
	var got []string
	for _, rt := range newWorld(t).site.routes() {
		path := strings.NewReplacer("{$}", "", "{at}", "@ada", "{uuid}", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "{file}", "large.jpg").Replace(rt.pattern)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			for _, after := range []string{"", "/", "/x"} {
				for _, media := range []string{"multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "image/jpeg", "", "multipart/form-data; boundary"} {
					r := httptest.NewRequest(method, path+after, nil)
					r.Header.Set("Content-Type", media)
					if Uploads(r) {
						got = append(got, method+" "+rt.pattern+after+" "+media)
					}
				}
			}
		}
	}
	slices.Sort(got)
	var want []string
	for _, path := range []string{"/compose", "/pictures", "/settings/avatar", "/settings/banner", "/{at}/status/{uuid}/reply"} {
		want = append(want, "POST "+path+" multipart/form-data; boundary=x")
	}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("who may send much (-want +got):\n%s", diff)
	}
}
