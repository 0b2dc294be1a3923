// Package clitest helps the tests of commands: a fake Amazon with the environment of a command, and a
// database that checks tokens as RDS does. It runs the whole command tree, so a test that uses it belongs to
// an external test package.
package clitest
