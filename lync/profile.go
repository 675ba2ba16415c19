package lync

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"fedge/sip/raw"
)

// variants is how many forms of the same message a profile holds.
const variants = 8

// Profile is how one organisation's messages look: the generations of its Edge
// and clients, and a few variants of what traces and standards leave open.
// Everything is rendered beforehand, so that a call costs little, and a Profile
// is safe for concurrent use.
type Profile struct {
	edge     edgeGeneration
	client   clientGeneration
	domain   string
	host     string
	variants [variants]variant
	audio    *raw.Template // descriptions by themselves, for re-INVITE and answer
	video    *raw.Template
}

// variant is one form of the messages.
type variant struct {
	traits
	inviteAudio *raw.Template
	inviteVideo *raw.Template
	routes      []string // our Record-Route values, as sent
	viaTail     string   // of the Edge's Via, after the branch
	inner       string   // Via lines below the Edge's, with line breaks
	vias        []string // their values
}

// traits are what varies. The first variant of a profile is the form of the
// traces; the others draw from the seed.
type traits struct {
	display   string // when the caller gives none
	tel       string // a second identity: ",<tel:+1…>"
	keyInfo   int    // length of ms-key-info
	hops      int    // proxies between client and Edge
	route     string // where lr stands in the Edge's route: "mid", "end"
	epidFirst bool   // ;epid=…;tag=…
	toEpid    string // To carries an epid but no tag
	location  string
	forwards  int // Max-Forwards
}

// NewProfile renders the messages of an organisation. Generations may be "" for
// the defaults. The same seed gives the same variants.
func NewProfile(edgeGen, clientGen, domain, edgeHost string, seed int64) (*Profile, error) {
	edge, err := findEdge(edgeGen)
	if err != nil {
		return nil, err
	}
	client, err := findClient(clientGen)
	if err != nil {
		return nil, err
	}
	p := &Profile{edge: edge, client: client, domain: strings.ToLower(domain), host: strings.ToLower(edgeHost)}
	slots := append(append([]string{}, offerSlots[:]...), identitySlots[:]...)
	if p.audio, err = newTemplate(sdpText(client, false), slots); err != nil {
		return nil, err
	}
	if p.video, err = newTemplate(sdpText(client, true), slots); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(uint64(seed), 0x6c796e63))
	for i := range p.variants {
		t := traced
		if i > 0 {
			t = drawTraits(random)
		}
		if p.variants[i], err = p.render(t, random); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// traced are the traits of the messages in traces.
var traced = traits{
	display: `"Anna"`, tel: ",<tel:+15551230001>", keyInfo: 328, hops: 1, route: "mid",
	location: "Intranet", forwards: 67,
}

func drawTraits(r *rand.Rand) traits {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	return traits{
		display:   pick("", `"Anna"`, `"Åsa Öberg"`, `"Lindqvist, Anna \(Contoso\)"`, "Anna"),
		tel:       pick("", ",<tel:+15551230001>", ",<tel:+15551230001;ext=0001>"),
		keyInfo:   []int{0, 128, 328, 344}[r.IntN(4)],
		hops:      1 + r.IntN(3),
		route:     pick("mid", "end"),
		epidFirst: r.IntN(2) == 1,
		toEpid:    pick("", "", ";epid=01ab23cd45"),
		location:  pick("Intranet", "Internet"),
		forwards:  65 + r.IntN(5),
	}
}

// render makes one variant of all messages.
func (p *Profile) render(t traits, r *rand.Rand) (variant, error) {
	v := variant{traits: t}
	v.routes = p.routes(t, r)
	v.viaTail = `;branched=FALSE;ms-internal-info="` + letters(r, 46) + `AA"`
	v.inner = inner(t, r)
	for line := range strings.Lines(v.inner) {
		v.vias = append(v.vias, strings.TrimSpace(strings.TrimPrefix(line, "Via:")))
	}
	head := p.inviteHead(v)
	var err error
	if v.inviteAudio, err = p.invite(head, sdpText(p.client, false)); err == nil {
		v.inviteVideo, err = p.invite(head, sdpText(p.client, true))
	}
	return v, err
}

// invite compiles the template of a whole INVITE.
func (p *Profile) invite(head, description string) (*raw.Template, error) {
	body := description
	if p.client.multipart {
		body = strings.ReplaceAll(multipartText(description), "{domain}", p.domain)
	}
	slots := append(append(append([]string{}, offerSlots[:]...), identitySlots[:]...), headSlots[:]...)
	return newTemplate(head+"\n"+body, slots)
}

func newTemplate(text string, slots []string) (*raw.Template, error) {
	t, err := raw.NewTemplate(text, slots...)
	if err != nil {
		return nil, fmt.Errorf("lync: rendering the profile: %w", err)
	}
	return t, nil
}

// routes are the Record-Route values of our side, the Edge's first. The Edge's
// own form is that of [MS-PRES] 4.11; parameters also stand after the bracket,
// and lr is where the proxy put it.
func (p *Profile) routes(t traits, r *rand.Rand) []string {
	edge := "<sip:" + p.host + ":5061;transport=tls"
	key := ""
	if t.keyInfo > 0 {
		key = ";ms-key-info=" + letters(r, t.keyInfo)
	}
	sign := ";ms-route-sig=" + letters(r, 43) + "AA"
	if t.route == "mid" {
		edge += ";lr" + key + sign + ">"
	} else {
		edge += key + sign + ";lr>"
	}
	routes := []string{edge + ";tag=" + digits(r, 32)}
	for hop := range t.hops {
		state := "state:F:Ci.R" + digits(r, 7)
		if hop == t.hops-1 {
			state = "state:T"
		}
		routes = append(routes, fmt.Sprintf("<sip:pool.%s:5061;transport=tls;ms-fe=fe%02d.%s;opaque=%s;lr>;tag=%s",
			p.domain, hop+1, p.domain, state, digits(r, 32)))
	}
	return routes
}

// inner are the Via lines below the Edge's: a proxy each, and the client's,
// which has no branch. Their ports are ephemeral and their addresses private:
// who sends a response there has not understood Via.
func inner(t traits, r *rand.Rand) string {
	var b strings.Builder
	for hop := range t.hops {
		port := 49152 + r.IntN(16000)
		fmt.Fprintf(&b, "Via: SIP/2.0/TLS 10.1.1.%d:%d;branch=z9hG4bK%s.%s;branched=FALSE;ms-received-port=%d;ms-received-cid=%s\r\n",
			10+hop, port, digits(r, 8), digits(r, 16), port, digits(r, 7))
	}
	port := 49152 + r.IntN(16000)
	fmt.Fprintf(&b, "Via: SIP/2.0/TLS 10.1.9.43:%d;ms-received-port=%d;ms-received-cid=%s\r\n", port, port, digits(r, 8))
	return b.String()
}

// letters draws base64url text, digits upper-case hexadecimal.
func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}

func digits(r *rand.Rand, n int) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, n)
	for i := range b {
		b[i] = hex[r.IntN(16)]
	}
	return string(b)
}
