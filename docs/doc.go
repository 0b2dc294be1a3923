// Package docs is the documentation, and its tests run it: every block of commands in a page is run in a sandbox, and
// what a page says that a command prints is compared with what it prints. It holds no code of the product, and
// nothing imports it.
//
//	go test ./docs                       all pages
//	go test ./docs -run Pages/rds        one
//	go test ./docs -run Pages -update    write what is printed into the pages
//
// A block of "console" is a transcript: "$ command", further lines of it "> …", then its output. Its exit code stands
// under it where it is not 0. Durations, sizes, dates, ids, versions and the width of columns are not compared, and
// "…" stands for anything. A block of "sh" holds commands that must succeed. What cannot be run here has its reason
// above it, in a comment that page_test.go explains.
package docs
