package scenario

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"fedge/loadtest"
)

// What the calls of a scenario carry.
const (
	MediaNone  = "none"  // signalling only: the node reserves, nobody sends
	MediaAudio = "audio" // a tone each, measured where it comes back
)

// How much a scenario may ask for.
const (
	mostTrunks     = 64
	mostAudioCalls = 64      // at once: each has sockets and keys of its own
	mostCalls      = 100_000 // at once
)

// Scenario is the calls to make.
type Scenario struct {
	Name     string
	Rate     float64          // calls a second
	Duration time.Duration    // of starting calls
	Arrival  loadtest.Arrival // "" is poisson
	Trunks   int              // links to spread the calls over; 0 is 1
	Hold     time.Duration    // from the answer to the BYE
	Media    string           // "" is none
	Room     string           // user@domain; "" is the plan's first that fits media
}

// file is a scenario as it is written; times are like 1m30s.
type file struct {
	Name     string           `yaml:"name"`
	Rate     float64          `yaml:"rate"`
	Duration string           `yaml:"duration"`
	Arrival  loadtest.Arrival `yaml:"arrival"`
	Trunks   int              `yaml:"trunks"`
	Hold     string           `yaml:"hold"`
	Media    string           `yaml:"media"`
	Room     string           `yaml:"room"`
}

// Plan is the scenario's start times.
func (s Scenario) Plan(seed int64) loadtest.Plan {
	return loadtest.Plan{Rate: s.Rate, Duration: s.Duration, Arrival: s.Arrival, Seed: seed}
}

// Erlangs is how many calls are up at once, on average.
func (s Scenario) Erlangs() float64 { return s.Rate * s.Hold.Seconds() }

// Check fills in what was left out and tells all that is wrong, together.
func (s *Scenario) Check() error {
	if s.Arrival == "" {
		s.Arrival = loadtest.Poisson
	}
	if s.Media == "" {
		s.Media = MediaNone
	}
	if s.Trunks == 0 {
		s.Trunks = 1
	}
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("scenario: "+format, args...))
	}
	if s.Name == "" {
		wrong("name is missing: give the scenario one, reports use it")
	}
	if err := s.Plan(0).Check(); err != nil {
		problems = append(problems, err)
	}
	if s.Trunks < 1 || s.Trunks > mostTrunks {
		wrong("trunks %d: want 1 to %d", s.Trunks, mostTrunks)
	}
	if s.Hold < 0 || s.Hold > 24*time.Hour {
		wrong("hold %v: want 0s to 24h", s.Hold)
	}
	switch s.Media {
	case MediaNone:
		if s.Erlangs() > mostCalls/2 {
			wrong("rate × hold is %.0f calls at once: want at most %d", s.Erlangs(), mostCalls/2)
		}
	case MediaAudio:
		if s.Erlangs() > mostAudioCalls/2 {
			wrong("rate × hold is %.0f calls with media at once: want at most %d, or media: none", s.Erlangs(), mostAudioCalls/2)
		}
	default:
		wrong("media %q: want %s or %s", s.Media, MediaNone, MediaAudio)
	}
	if user, host, ok := strings.Cut(s.Room, "@"); s.Room != "" && (!ok || user == "" || host == "") {
		wrong("room %q: want user@domain", s.Room)
	}
	return errors.Join(problems...)
}

// Parse reads a scenario file; name is for its errors. Unknown and repeated
// keys are refused.
func Parse(name string, data []byte) (Scenario, error) {
	var f file
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f)
	if err != nil && !errors.Is(err, io.EOF) { // an empty file lacks everything, which Check says
		return Scenario{}, fmt.Errorf("scenario: %s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	s := Scenario{
		Name: f.Name, Rate: f.Rate, Arrival: f.Arrival, Trunks: f.Trunks, Media: f.Media,
		Room: strings.TrimPrefix(f.Room, "sip:"),
	}
	var duration, hold error
	s.Duration, duration = parseTime("duration", f.Duration)
	s.Hold, hold = parseTime("hold", f.Hold)
	if err := errors.Join(duration, hold, s.Check()); err != nil {
		return Scenario{}, fmt.Errorf("scenario: %s:\n%w", name, err)
	}
	return s, nil
}

func parseTime(key, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("scenario: %s %q: want a time such as 30s or 1m30s", key, text)
	}
	return d, nil
}

// Load reads a scenario file.
func Load(path string) (Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	return Parse(path, data)
}

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtin is one of the scenarios that come with the program: "L1", "L4".
func Builtin(name string) (Scenario, error) {
	file := "builtin/" + name + ".yaml"
	data, err := builtin.ReadFile(file)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario: there is no built-in scenario %q; there are %s", name, strings.Join(Builtins(), ", "))
	}
	return Parse(file, data)
}

// Builtins are the names of the built-in scenarios.
func Builtins() []string {
	var names []string
	files, _ := fs.Glob(builtin, "builtin/*.yaml") // the pattern is right
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "builtin/"), ".yaml"))
	}
	slices.Sort(names)
	return names
}
