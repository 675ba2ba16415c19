package raw

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// lengthSlot is the slot that a Template fills by itself.
const lengthSlot = "content-length"

// Template is a message with slots: cut once, rendered many times. It is safe
// for concurrent use.
type Template struct {
	slots []string
	parts []part
	body  int // the first part of the body
	fixed int // bytes outside slots
}

// part is a piece of text and the slot after it: an index, or one of these.
type part struct {
	text string
	slot int
}

const (
	slotNone   = -1
	slotLength = -2
)

// NewTemplate compiles text in which {name} stands for one of the slots.
// {content-length} is filled with the length of what follows the first blank
// line. Line breaks in text may be LF or CRLF; CRLF is written.
//
// A slot may occur any number of times, or not at all. It is an error if a name
// in braces is not one of the slots.
func NewTemplate(text string, slots ...string) (*Template, error) {
	t := &Template{slots: slots}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	head, body, found := strings.Cut(text, "\r\n\r\n")
	if found {
		head += "\r\n\r\n"
	}
	if err := t.compile(head); err != nil {
		return nil, err
	}
	t.body = len(t.parts)
	if err := t.compile(body); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Template) compile(text string) error {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		t.fixed += len(before)
		if !found {
			t.parts = append(t.parts, part{text: before, slot: slotNone})
			return nil
		}
		name, after, closed := strings.Cut(rest, "}")
		slot := slices.Index(t.slots, name)
		if name == lengthSlot {
			slot = slotLength
		}
		if !closed || slot == -1 {
			return fmt.Errorf("raw: template: unknown slot {%.40s", rest)
		}
		t.parts = append(t.parts, part{text: before, slot: slot})
		text = after
	}
	return nil
}

// Slots are the names of the slots in the order Append takes their values.
func (t *Template) Slots() []string { return slices.Clone(t.slots) }

// Append renders the message to dst. There must be a value for every slot; it
// panics otherwise, as that is an error of the program.
func (t *Template) Append(dst []byte, values ...string) []byte {
	length := 0
	for _, p := range t.parts[t.body:] {
		length += len(p.text)
		if p.slot >= 0 {
			length += len(values[p.slot])
		}
	}
	dst = slices.Grow(dst, t.size(values))
	for _, p := range t.parts {
		dst = append(dst, p.text...)
		switch {
		case p.slot == slotLength:
			dst = strconv.AppendInt(dst, int64(length), 10)
		case p.slot >= 0:
			dst = append(dst, values[p.slot]...)
		}
	}
	return dst
}

// size is an upper bound of what Append writes.
func (t *Template) size(values []string) int {
	n := t.fixed
	for _, p := range t.parts {
		switch {
		case p.slot == slotLength:
			n += 10
		case p.slot >= 0:
			n += len(values[p.slot])
		}
	}
	return n
}
