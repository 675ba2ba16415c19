// Package scenario makes the calls of a load test: what they are (a file), and
// how thousands of them at once are made on a few links as a Lync or Skype for
// Business Access Edge makes them. When they start, and what may be said of
// the outcome, is package loadtest's.
package scenario
