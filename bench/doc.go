// Command bench measures Cruddur on the machine it runs on, side by side with its limits: the database
// alone, an HTTP server that writes constant bytes, and a peer of the original's kind. It runs the real
// binary; it must not know how that works inside, and the figures of two runs must not be compared, only
// the ratios within one.
//
//	go run ./bench [-duration 3s] [-rounds 3] [-connections 16]
//
// It wants bin/cruddur, which "make bench" builds first.
package main
