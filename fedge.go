// Package fedge holds nothing but the house rules of this repository, as
// tests: see layout_test.go for its floors, doors and independence.
package fedge
