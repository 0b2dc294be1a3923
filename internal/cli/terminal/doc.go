// Package terminal is the output and input of a command, for a person or a pipe: tables, JSON documents,
// progress, questions, single keys, and text that is safe to print. It works on streams and knows nothing of
// commands, options or databases; the caller decides what an answer means.
package terminal
