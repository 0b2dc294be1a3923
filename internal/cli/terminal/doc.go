// Package terminal is how a command speaks with a person and with a pipe: tables, JSON documents, progress,
// questions, single keys, and text that cannot disturb a screen. It knows streams and nothing of commands,
// options or databases; whoever asks decides what an answer means.
package terminal
