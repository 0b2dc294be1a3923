package main

// codeList drops lines of Go, and changes what gremlins has no operator for.
var codeList = list{
	name: "go: dropped lines",
	repl: []replacement{},
}
