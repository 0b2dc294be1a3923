// Package picture turns bytes from members into pictures that can be shown: it reads the header, refuses what would
// take too much memory, decodes, turns upright, scales, and encodes again, so that no byte of the original is kept.
// It must not know where pictures are stored, nor whose they are.
package picture
