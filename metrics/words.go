package metrics

import (
	"strings"
	"sync"
)

// other stands for every value that a label does not take.
const other = "other"

// words bounds the values of a label.
type words struct {
	mu   sync.RWMutex
	most int
	seen map[string]bool
}

func newWords(most int) *words { return &words{most: most, seen: map[string]bool{}} }

// limit returns the word itself if it is one, and one of the first that came.
func (w *words) limit(word string) string {
	w.mu.RLock()
	known := w.seen[word]
	w.mu.RUnlock()
	if known {
		return word
	}
	if !isWord(word) {
		return other
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) >= w.most {
		return other
	}
	w.seen[strings.Clone(word)] = true
	return word
}

// isWord keeps out what people write: reasons are words, not sentences.
func isWord(text string) bool {
	if text == "" || len(text) > 253 { // the longest host name
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}
