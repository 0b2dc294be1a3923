// Package e2e drives the pages in a real Chromium, as a person would: by keyboard, with and without
// JavaScript, on a desk and on a phone, in the light and in the dark. It holds tests and what they
// need, and nothing imports it.
package e2e
