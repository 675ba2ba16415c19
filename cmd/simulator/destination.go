package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// destination is where a flag lets something be written: "-" is stdout, "" nowhere.
type destination struct {
	flag, name string
	dir        bool // a directory, which is made if it is not there
}

// writable finds destinations that cannot be written to, all of them, before a
// run begins that would have nowhere to leave its result. It leaves nothing
// behind, and nothing that is there is touched.
func writable(list ...destination) error {
	var problems []error
	first := map[string]string{} // by place: the flag
	for _, d := range list {
		if d.name == "" {
			continue
		}
		place := d.place()
		if other, taken := first[place]; taken && place != "" {
			problems = append(problems, fmt.Errorf("%s and %s go to the same place, %s: name another one", other, d.flag, d.name))
			continue
		}
		first[place] = d.flag
		if err := d.check(); err != nil {
			problems = append(problems, fmt.Errorf("%s %s: cannot write the result: %w", d.flag, d.name, err))
		}
	}
	return errors.Join(problems...)
}

// place is a name that is the same however the file is called; "" for what takes
// everything, as /dev/null and a pipe do.
func (d destination) place() string {
	if d.name == "-" {
		return d.name
	}
	if info, err := os.Stat(d.name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return ""
	}
	abs, err := filepath.Abs(d.name)
	if err != nil {
		return d.name
	}
	return abs
}

func (d destination) check() error {
	if d.name == "-" && !d.dir {
		return nil
	}
	info, err := os.Stat(d.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && d.dir:
		return placeIn(nearest(d.name))
	case errors.Is(err, fs.ErrNotExist):
		return placeIn(filepath.Dir(d.name))
	case err != nil:
		return cause(err)
	case d.dir:
		return placeIn(d.name)
	case info.IsDir():
		return errors.New("this is a directory; name a file")
	case !info.Mode().IsRegular(): // a pipe waits for who reads it
		return nil
	}
	f, err := os.OpenFile(d.name, os.O_WRONLY, 0) // what is in it stays
	if err != nil {
		return cause(err)
	}
	return f.Close()
}

// nearest is the directory that is there already of those on the way to one.
func nearest(dir string) string {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return dir
		}
		dir = parent
	}
}

// placeIn tells whether a file can be made in a directory, by making one.
func placeIn(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no directory %s; make it, or name a file elsewhere", dir)
	case err != nil:
		return cause(err)
	case !info.IsDir():
		return fmt.Errorf("%s is no directory", dir)
	}
	f, err := os.CreateTemp(dir, ".simulator-*")
	if err != nil {
		return fmt.Errorf("%s: %w", dir, cause(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// cause is an error without the operation and the name, which are told already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return call.Err
	}
	return err
}
