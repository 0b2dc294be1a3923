package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
)

// mostPictures is how many pictures are asked for: they all fit into PostgreSQL's memory, as what is new does.
const mostPictures = 50

// pictures adds the targets that show a picture by its address: to a browser that has not seen it, and to one that asks
// whether it is still what it has.
func (b *bench) pictures(host string, t talker) error {
	file, err := photograph()
	if err != nil {
		return err
	}
	var large, small, known [][]byte
	for range mostPictures {
		var p struct {
			UUID, URL  string
			PreviewURL string `json:"preview_url"`
		}
		if err := ask(host, "/api/pictures", "image/jpeg", t, file, &p); err != nil {
			return err
		}
		var crud struct{ UUID string }
		body := fmt.Sprintf(`{"message":"A crud with a picture.","ttl":"30-days","pictures":[%q]}`, p.UUID)
		if err := ask(host, "/api/activities", "application/json", t, []byte(body), &crud); err != nil {
			return err
		}
		resp, err := http.Get("http://" + host + p.URL)
		if err != nil {
			return err
		}
		resp.Body.Close()
		tag := resp.Header.Get("Etag")
		if resp.StatusCode != http.StatusOK || tag == "" {
			return fmt.Errorf("%s: %s, tag %q", p.URL, resp.Status, tag)
		}
		large, small = append(large, get(host, p.URL)), append(small, get(host, p.PreviewURL))
		known = append(known, with(get(host, p.URL), "If-None-Match: "+tag))
	}
	any := func(requests [][]byte) func(int, int) []byte {
		return func(int, int) []byte { return requests[rand.N(len(requests))] }
	}
	b.http("picture, large", b.cruddur, any(large))
	b.http("picture, small", b.cruddur, any(small))
	b.http("picture, cached", b.cruddur, any(known))
	return nil
}

// photograph is a JPEG of 1200 × 800 with as much detail as a photograph has.
func photograph() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	for i := range img.Pix {
		x, y := i/4%1200, i/4800
		img.Pix[i] = uint8(x/5 + y/4 + i%4*40 + rand.N(10))
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, nil)
	return b.Bytes(), err
}

// ask sends a member's POST and reads the answer.
func ask(host, path, kind string, t talker, body []byte, answer any) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+t.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", path, resp.Status, b)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, answer)
}
