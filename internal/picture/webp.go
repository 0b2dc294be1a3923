package picture

import (
	"bytes"
	"encoding/binary"
)

// riffChunks calls do with each chunk of a RIFF list until do reports false.
func riffChunks(b []byte, do func(kind string, whole, body []byte) bool) {
	for len(b) >= 8 {
		size := int(binary.LittleEndian.Uint32(b[4:]))
		if size > len(b)-8 {
			return
		}
		end := min(8+size+size&1, len(b))
		if !do(string(b[:4]), b[:end], b[8:8+size]) {
			return
		}
		b = b[end:]
	}
}

// readWebP reads the first frame of a WebP file (RFC 9649).
func (h *header) readWebP(b []byte) bool {
	alpha := false
	ok := false
	riffChunks(stillWebP(b)[12:], func(kind string, _, body []byte) bool {
		switch kind {
		case "ALPH":
			alpha = true
		case "EXIF":
			h.orientation = orientation(bytes.TrimPrefix(body, []byte("Exif\x00\x00")))
		case "VP8 ":
			if ok = len(body) >= 10 && string(body[3:6]) == "\x9d\x01\x2a"; ok {
				h.width = int(binary.LittleEndian.Uint16(body[6:])) & 0x3fff
				h.height = int(binary.LittleEndian.Uint16(body[8:])) & 0x3fff
				h.perPixel, h.fixed = 1.5, 1<<20
				if alpha {
					h.perPixel, h.fixed = 1.5+1+6, 24<<20
				}
			}
		case "VP8L":
			if ok = len(body) >= 5 && body[0] == 0x2f; ok {
				bits := binary.LittleEndian.Uint32(body[1:])
				h.width, h.height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
				// Four bytes, half as much again while a palette is applied, and the code tables.
				h.perPixel, h.fixed = 6, 24<<20
			}
		}
		return true
	})
	return ok
}

// stillWebP returns a WebP file of the first frame of an animated one, and any other file as it is. x/image/webp
// decodes no animation.
func stillWebP(b []byte) []byte {
	if len(b) < 30 || string(b[12:16]) != "VP8X" || b[20]&2 == 0 {
		return b
	}
	var alpha, image []byte
	var size [6]byte // one less than width and height
	riffChunks(b[12:], func(kind string, _, frame []byte) bool {
		if kind != "ANMF" || len(frame) < 16 {
			return true
		}
		copy(size[:], frame[6:12])
		riffChunks(frame[16:], func(kind string, whole, _ []byte) bool {
			switch kind {
			case "ALPH":
				alpha = whole
			case "VP8 ", "VP8L":
				image = whole
			}
			return image == nil
		})
		return false
	})
	if image == nil {
		return b[:12]
	}
	out := append([]byte("RIFF"), 0, 0, 0, 0)
	out = append(out, "WEBP"...)
	if alpha != nil {
		out = append(out, "VP8X\x0a\x00\x00\x00\x10\x00\x00\x00"...)
		out = append(out, size[:]...)
		out = append(out, alpha...)
	}
	out = append(out, image...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}
