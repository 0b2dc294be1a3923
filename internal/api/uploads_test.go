package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/api"
)

// Only the routes that take a picture may have a large body, and only by their own method.
func TestUploadRoutes(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, r := range api.Routes() {
		_, path, _ := strings.Cut(r, " ")
		path = strings.NewReplacer("{uuid}", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "{picture}", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "{handle}", "ada", "{name}", "upload", "{tag}", "pictures").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			for _, after := range []string{"", "/", "/x", "%00"} {
				if api.Uploads(httptest.NewRequest(method, path+after, nil)) {
					got[method+" "+path+after] = true
				}
			}
		}
	}
	want := map[string]bool{"POST /api/pictures": true, "PUT /api/me/avatar": true, "PUT /api/me/banner": true, "PUT /avatars/upload": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who may send much (-want +got):\n%s", diff)
	}
}
