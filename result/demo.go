package result

// DemoSchema names the JSON of `simulator demo`.
const DemoSchema = "fedge.demo/1"

// Step is one thing that a ladder or a demo did.
type Step struct {
	Name        string  `json:"name"`
	Verdict     Verdict `json:"verdict"`
	Detail      string  `json:"detail"`
	TookSeconds float64 `json:"took_seconds"`
}

// CallSchema names the JSON of `simulator call`.
const CallSchema = "fedge.call/1"

// OneCall is the result of `simulator call`.
type OneCall struct {
	Run
	Call Call `json:"call"`
}

// Call is one call that was placed, with its ladder and what was heard.
type Call struct {
	Name      string  `json:"name"`
	Direction string  `json:"direction"` // inbound, outbound
	CallID    string  `json:"call_id"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Node      string  `json:"node"`       // the signaling node
	MediaNode string  `json:"media_node"` // who the answer's address belongs to
	Status    int     `json:"status"`
	Verdict   Verdict `json:"verdict"`
	Detail    string  `json:"detail,omitempty"`
	Ladder    []Line  `json:"ladder"`
	Media     []Media `json:"media,omitempty"`
}

// Demo is the result of `simulator demo`: everything on the page.
type Demo struct {
	Run
	World   []Host   `json:"world"`
	Faults  []string `json:"faults"`
	Steps   []Step   `json:"steps"`
	Check   *Check   `json:"check"`
	Calls   []Call   `json:"calls"`
	Conform *Conform `json:"conform"`
	Load    *Load    `json:"load"`
}

// Host is one machine of the world.
type Host struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Role    string `json:"role"`
}
