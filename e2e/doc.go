// Package e2e drives the pages in a real Chromium, as a person would: by keyboard, with and without JavaScript, on a
// desktop and on a phone, in the light and in the dark theme. It has only tests and their helpers, and nothing
// imports it.
package e2e
