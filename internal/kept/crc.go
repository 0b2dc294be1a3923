package kept

// A CRC-32 is the remainder of the bytes, taken as a polynomial over the field of two elements, by a fixed one (RFC 1952,
// 8). If n more bytes follow, it is multiplied by x^8n and the remainder of those bytes is added. So the checksum of
// an answer comes from those of its pieces, without a look at their bytes. The lowest power is the highest bit here.

// polynomial is that of gzip, without its highest power.
const polynomial = 0xedb88320

// times returns the product of two remainders.
func times(a, b uint32) uint32 {
	product := uint32(0)
	for ; a != 0; a <<= 1 {
		product ^= b & uint32(int32(a)>>31)
		b = b>>1 ^ polynomial&-(b&1)
	}
	return product
}

// squares are x^8, x^16, x^32, and so on.
var squares = func() (list [32]uint32) {
	list[0] = 1 << (31 - 8)
	for i := range list[1:] {
		list[i+1] = times(list[i], list[i])
	}
	return list
}()

// shiftBy returns x^8n.
func shiftBy(n int) uint32 {
	product := uint32(1 << 31) // 1
	for i := 0; n != 0; i, n = i+1, n>>1 {
		if n&1 != 0 {
			product = times(product, squares[i])
		}
	}
	return product
}
