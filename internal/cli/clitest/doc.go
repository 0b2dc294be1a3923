// Package clitest is for tests of commands: a fake Amazon with the environment of a command, and a database that
// checks tokens as RDS does. It runs the whole command tree, so a test that uses it stands outside its package.
package clitest
